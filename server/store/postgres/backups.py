"""Copies of the store, noted in PostgreSQL."""

from collections.abc import Collection, Sequence

import msgspec
from psycopg import Connection

from server.store.backups import BackupRow
from sync.chain import Place

ADD = """
INSERT INTO backup (path, made_ms, sha256, lines, records, files, files_missing, offered)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (path) DO UPDATE
   SET made_ms = excluded.made_ms, sha256 = excluded.sha256, lines = excluded.lines,
       records = excluded.records, files = excluded.files, files_missing = excluded.files_missing,
       offered = excluded.offered
"""
FORGET_TIPS = "DELETE FROM backup_tip WHERE backup = %(path)s"
ADD_TIP = "INSERT INTO backup_tip (device, backup, seq, id) VALUES (%s, %s, %s, %s)"
LACKED = """
UPDATE attachment
   SET backed_ms = %(never)s
 WHERE backed_ms <= %(made_ms)s
   AND sha256 <> ALL(%(files)s)
RETURNING sha256
"""
HELD = """
UPDATE attachment
   SET backed_ms = %(made_ms)s
 WHERE backed_ms = %(never)s
   AND sha256 = ANY(%(files)s)
   AND NOT EXISTS (SELECT 1 FROM backup WHERE made_ms >= %(made_ms)s AND path <> %(path)s)
RETURNING sha256
"""
MARK_REFS = "UPDATE attachment_ref SET backed_ms = %(backed_ms)s WHERE sha256 = ANY(%(files)s)"
FIRST_NOT_IN = """
SELECT MIN(revision.seq)
  FROM attachment_ref AS ref
  JOIN revision ON revision.id = ref.revision
 WHERE ref.device = %(device)s
   AND ref.backed_ms > (SELECT MIN(made_ms) FROM backup WHERE path = ANY(%(offered)s))
   AND NOT ref.missing
   AND revision.seq <= %(until)s
"""
ALL = """
SELECT path, made_ms, sha256, lines, records, files, files_missing, offered
  FROM backup
 ORDER BY made_ms DESC, path DESC
"""
NEVER_MS = 2**53 - 1
"""No copy has a file for sure."""

SET_OFFERED = "UPDATE backup SET offered = %(offered)s WHERE path = %(path)s"
FORGET = "DELETE FROM backup WHERE path = %(path)s"
OFFERED = "SELECT path FROM backup WHERE offered ORDER BY made_ms DESC, path DESC"
TIPS = """
SELECT backup_tip.backup, backup_tip.seq, backup_tip.id
  FROM backup_tip
  JOIN backup ON backup.path = backup_tip.backup
 WHERE backup_tip.device = %(device)s
   AND backup.offered
 ORDER BY backup_tip.backup, backup_tip.seq DESC, backup_tip.id
"""
TIPS_NOW = """
SELECT device, seq, id
  FROM revision
 WHERE complete
   AND NOT EXISTS (SELECT 1
                     FROM revision AS next
                    WHERE next.device = revision.device
                      AND next.seq = revision.seq + 1
                      AND next.complete
                      AND next.previous = revision.id)
 ORDER BY device, seq, id
"""
LINES_AT = """
SELECT id
  FROM revision
 WHERE device = %(device)s
   AND seq = %(seq)s
   AND complete
 ORDER BY id
"""
ANCESTOR = """
WITH RECURSIVE back (id, previous, device, seq) AS (
  SELECT id, previous, device, seq
    FROM revision
   WHERE id = %(id)s
   UNION ALL
  SELECT revision.id, revision.previous, revision.device, revision.seq
    FROM back
    JOIN revision ON revision.id = back.previous
   WHERE back.seq > %(seq)s
     AND revision.device = back.device
)
SELECT id
  FROM back
 WHERE seq = %(seq)s
"""
FIRST_DOUBLE = """
SELECT seq
  FROM revision
 WHERE device = %(device)s
   AND complete
 GROUP BY seq
HAVING COUNT(*) > 1
 ORDER BY seq
 LIMIT 1
"""
COUNTS = "SELECT (SELECT COUNT(*) FROM revision), (SELECT COUNT(*) FROM record)"
CLAIM = """
INSERT INTO job (name, claimed_ms) VALUES (%(job)s, %(now_ms)s)
ON CONFLICT (name) DO UPDATE SET claimed_ms = excluded.claimed_ms
 WHERE (job.done_ms IS NULL OR job.done_ms <= %(now_ms)s - %(every_ms)s)
   AND (job.claimed_ms <= COALESCE(job.done_ms, -1) OR job.claimed_ms <= %(now_ms)s - %(lease_ms)s)
"""
DONE = """
INSERT INTO job (name, claimed_ms, done_ms) VALUES (%(job)s, %(now_ms)s, %(now_ms)s)
ON CONFLICT (name) DO UPDATE SET done_ms = excluded.done_ms
"""
FELL_BEHIND = """
INSERT INTO job (name, claimed_ms) VALUES (%(job)s, %(since_ms)s)
ON CONFLICT (name) DO UPDATE SET claimed_ms = excluded.claimed_ms, done_ms = NULL
 WHERE job.done_ms IS NOT NULL
"""
BEHIND_SINCE = "SELECT claimed_ms FROM job WHERE name = %(job)s AND done_ms IS NULL"


class PostgresBackups:
    """``server.store.backups.Backups`` over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def add(self, row: BackupRow, tips: Sequence[tuple[str, Place]], files: Collection[str]) -> None:
        """See Backups."""
        self._db.execute(FORGET_TIPS, {"path": row.path})
        self._db.execute(ADD, msgspec.structs.astuple(row))
        with self._db.cursor() as cursor:
            cursor.executemany(ADD_TIP, [(device, row.path, place.seq, place.id) for device, place in tips])
        asked = {"path": row.path, "made_ms": row.made_ms, "files": list(files), "never": NEVER_MS}
        for statement, backed_ms in ((LACKED, NEVER_MS), (HELD, row.made_ms)):
            changed = [sha256 for (sha256,) in self._db.execute(statement, asked)]
            self._db.execute(MARK_REFS, {"backed_ms": backed_ms, "files": changed})

    def all(self) -> list[BackupRow]:
        """See Backups."""
        return [
            BackupRow(**dict(zip(BackupRow.__struct_fields__, row, strict=True)))
            for row in self._db.execute(ALL)
        ]

    def set_offered(self, path: str, offered: bool) -> None:
        """See Backups."""
        self._db.execute(SET_OFFERED, {"path": path, "offered": offered})

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
        asked = {"offered": list(offered), "device": device, "until": until}
        row = self._db.execute(FIRST_NOT_IN, asked).fetchone()
        return row[0] if row else None

    def first_double(self, device: str) -> int | None:
        """See Backups."""
        row = self._db.execute(FIRST_DOUBLE, {"device": device}).fetchone()
        return row[0] if row else None

    def counts(self) -> tuple[int, int]:
        """See Backups."""
        row = self._db.execute(COUNTS).fetchone()
        return (row[0], row[1]) if row else (0, 0)

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
