"""Copies of the store, noted in SQLite."""

import sqlite3
from collections.abc import Sequence

from server.store.backups import BackupRow
from sync.chain import Place

ADD = """
INSERT OR REPLACE INTO backup (path, made_ms, sha256, lines, records, offered)
VALUES (?, ?, ?, ?, ?, ?)
"""
FORGET_TIPS = "DELETE FROM backup_tip WHERE backup = :path"
ADD_TIP = "INSERT INTO backup_tip (device, backup, seq, id) VALUES (?, ?, ?, ?)"
ALL = "SELECT path, made_ms, sha256, lines, records, offered FROM backup ORDER BY made_ms DESC, path DESC"
SET_OFFERED = "UPDATE backup SET offered = :offered WHERE path = :path"
FORGET = "DELETE FROM backup WHERE path = :path"
OFFERED = "SELECT path FROM backup WHERE offered = 1 ORDER BY made_ms DESC, path DESC"
TIPS = """
SELECT backup_tip.backup, backup_tip.seq, backup_tip.id
  FROM backup_tip
  JOIN backup ON backup.path = backup_tip.backup
 WHERE backup_tip.device = :device
   AND backup.offered = 1
 ORDER BY backup_tip.backup, backup_tip.seq DESC, backup_tip.id
"""
TIPS_NOW = """
SELECT device, seq, id
  FROM revision
 WHERE complete = 1
   AND NOT EXISTS (SELECT 1
                     FROM revision AS next
                    WHERE next.device = revision.device
                      AND next.seq = revision.seq + 1
                      AND next.complete = 1
                      AND next.previous = revision.id)
 ORDER BY device, seq, id
"""
LINES_AT = """
SELECT id
  FROM revision
 WHERE device = :device
   AND seq = :seq
   AND complete = 1
 ORDER BY id
"""
ANCESTOR = """
WITH RECURSIVE back (id, previous, device, seq) AS (
  SELECT id, previous, device, seq
    FROM revision
   WHERE id = :id
   UNION ALL
  SELECT revision.id, revision.previous, revision.device, revision.seq
    FROM back
    JOIN revision ON revision.id = back.previous
   WHERE back.seq > :seq
     AND revision.device = back.device
)
SELECT id
  FROM back
 WHERE seq = :seq
"""
FIRST_DOUBLE = """
SELECT seq
  FROM revision
 WHERE device = :device
   AND complete = 1
 GROUP BY seq
HAVING COUNT(*) > 1
 ORDER BY seq
 LIMIT 1
"""
COUNTS = "SELECT (SELECT COUNT(*) FROM revision), (SELECT COUNT(*) FROM record)"
CLAIM = """
INSERT INTO job (name, claimed_ms) VALUES (:job, :now_ms)
ON CONFLICT (name) DO UPDATE SET claimed_ms = excluded.claimed_ms
 WHERE (job.done_ms IS NULL OR job.done_ms <= :now_ms - :every_ms)
   AND (job.claimed_ms <= COALESCE(job.done_ms, -1) OR job.claimed_ms <= :now_ms - :lease_ms)
"""
DONE = """
INSERT INTO job (name, claimed_ms, done_ms) VALUES (:job, :now_ms, :now_ms)
ON CONFLICT (name) DO UPDATE SET done_ms = excluded.done_ms
"""
FELL_BEHIND = """
INSERT INTO job (name, claimed_ms) VALUES (:job, :since_ms)
ON CONFLICT (name) DO UPDATE SET claimed_ms = excluded.claimed_ms, done_ms = NULL
 WHERE job.done_ms IS NOT NULL
"""
BEHIND_SINCE = "SELECT claimed_ms FROM job WHERE name = :job AND done_ms IS NULL"


class SqliteBackups:
    """``server.store.backups.Backups`` over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def add(self, row: BackupRow, tips: Sequence[tuple[str, Place]]) -> None:
        """See Backups."""
        values = (row.path, row.made_ms, row.sha256, row.lines, row.records, int(row.offered))
        self._db.execute(FORGET_TIPS, {"path": row.path})
        self._db.execute(ADD, values)
        self._db.executemany(ADD_TIP, [(device, row.path, place.seq, place.id) for device, place in tips])

    def all(self) -> list[BackupRow]:
        """See Backups."""
        return [
            BackupRow(
                path=path, made_ms=made_ms, sha256=sha256, lines=lines, records=records, offered=bool(offered)
            )
            for path, made_ms, sha256, lines, records, offered in self._db.execute(ALL)
        ]

    def set_offered(self, path: str, offered: bool) -> None:
        """See Backups."""
        self._db.execute(SET_OFFERED, {"path": path, "offered": int(offered)})

    def forget(self, path: str) -> None:
        """See Backups."""
        self._db.execute(FORGET_TIPS, {"path": path})
        self._db.execute(FORGET, {"path": path})

    def offered(self) -> list[str]:
        """See Backups."""
        return [path for (path,) in self._db.execute(OFFERED)]

    def tips(self, device: str) -> dict[str, list[Place]]:
        """See Backups."""
        found: dict[str, list[Place]] = {}
        for backup, seq, id in self._db.execute(TIPS, {"device": device}):
            found.setdefault(backup, []).append(Place(seq, id))
        return found

    def tips_now(self) -> list[tuple[str, Place]]:
        """See Backups."""
        return [(device, Place(seq, id)) for device, seq, id in self._db.execute(TIPS_NOW)]

    def lines_at(self, device: str, seq: int) -> list[str]:
        """See Backups."""
        return [id for (id,) in self._db.execute(LINES_AT, {"device": device, "seq": seq})]

    def ancestor(self, id: str, seq: int) -> str | None:
        """See Backups."""
        row = self._db.execute(ANCESTOR, {"id": id, "seq": seq}).fetchone()
        return row[0] if row else None

    def first_double(self, device: str) -> int | None:
        """See Backups."""
        row = self._db.execute(FIRST_DOUBLE, {"device": device}).fetchone()
        return row[0] if row else None

    def counts(self) -> tuple[int, int]:
        """See Backups."""
        lines, records = self._db.execute(COUNTS).fetchone()
        return lines, records

    def claim(self, job: str, *, every_ms: int, lease_ms: int, now_ms: int) -> bool:
        """See Backups."""
        values = {"job": job, "every_ms": every_ms, "lease_ms": lease_ms, "now_ms": now_ms}
        return self._db.execute(CLAIM, values).rowcount == 1

    def done(self, job: str, *, now_ms: int) -> None:
        """See Backups."""
        self._db.execute(DONE, {"job": job, "now_ms": now_ms})

    def fell_behind(self, job: str, *, since_ms: int) -> None:
        """See Backups."""
        self._db.execute(FELL_BEHIND, {"job": job, "since_ms": since_ms})

    def behind_since(self, job: str) -> int | None:
        """See Backups."""
        row = self._db.execute(BEHIND_SINCE, {"job": job}).fetchone()
        return row[0] if row else None
