"""Copies of the store, noted in SQLite."""

import sqlite3
from collections.abc import Collection, Sequence

import msgspec

from server.store.backups import BackupRow
from server.store.sqlite.arrays import array
from sync.chain import Place

ADD = """
INSERT OR REPLACE INTO backup (path, made_ms, sha256, lines, records, files, files_missing, offered)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
FORGET_TIPS = "DELETE FROM backup_tip WHERE backup = :path"
ADD_TIP = "INSERT INTO backup_tip (device, backup, seq, id) VALUES (?, ?, ?, ?)"
LACKED = """
UPDATE attachment
   SET backed_ms = :never
 WHERE backed_ms <= :made_ms
   AND sha256 NOT IN (SELECT value FROM json_each(:files))
RETURNING sha256
"""
HELD = """
UPDATE attachment
   SET backed_ms = :made_ms
 WHERE backed_ms = :never
   AND sha256 IN (SELECT value FROM json_each(:files))
   AND NOT EXISTS (SELECT 1 FROM backup WHERE made_ms >= :made_ms AND path <> :path)
RETURNING sha256
"""
MARK_REFS = "UPDATE attachment_ref SET backed_ms = ? WHERE sha256 = ?"
FIRST_NOT_IN = """
SELECT MIN(revision.seq)
  FROM attachment_ref AS ref
  JOIN revision ON revision.id = ref.revision
 WHERE ref.device = :device
   AND ref.backed_ms > (SELECT MIN(made_ms)
                          FROM backup
                         WHERE path IN (SELECT value FROM json_each(:offered)))
   AND ref.missing = 0
   AND revision.seq <= :until
"""
ALL = """
SELECT path, made_ms, sha256, lines, records, files, files_missing, offered
  FROM backup
 ORDER BY made_ms DESC, path DESC
"""
NEVER_MS = 2**53 - 1
"""No copy has a file for sure."""

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

    def add(self, row: BackupRow, tips: Sequence[tuple[str, Place]], files: Collection[str]) -> None:
        """See Backups."""
        values = msgspec.structs.astuple(msgspec.structs.replace(row, offered=int(row.offered)))
        self._db.execute(FORGET_TIPS, {"path": row.path})
        self._db.execute(ADD, values)
        self._db.executemany(ADD_TIP, [(device, row.path, place.seq, place.id) for device, place in tips])
        asked = {"path": row.path, "made_ms": row.made_ms, "files": array(files), "never": NEVER_MS}
        for statement, backed_ms in ((LACKED, NEVER_MS), (HELD, row.made_ms)):
            changed = self._db.execute(statement, asked).fetchall()
            self._db.executemany(MARK_REFS, [(backed_ms, sha256) for (sha256,) in changed])

    def all(self) -> list[BackupRow]:
        """See Backups."""
        return [
            msgspec.convert(dict(zip(BackupRow.__struct_fields__, row, strict=True)), BackupRow, strict=False)
            for row in self._db.execute(ALL)
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

    def first_not_in(self, offered: Collection[str], device: str, *, until: int) -> int | None:
        """See Backups."""
        asked = {"offered": array(offered), "device": device, "until": until}
        (seq,) = self._db.execute(FIRST_NOT_IN, asked).fetchone()
        return None if seq is None else int(seq)

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
