"""Bundles in PostgreSQL."""

from collections.abc import Iterable, Sequence

import msgspec
from psycopg import Connection

from server.store.bundles import BundleRow

_ROW = "sha256, device, announced_ms, imported_ms, report, files"
ANNOUNCE = """
INSERT INTO bundle (sha256, device, announced_ms, report, files)
VALUES (%(sha256)s, %(device)s, %(now_ms)s, '{}', '[]')
ON CONFLICT (sha256) DO NOTHING
"""
PUT = f"""
INSERT INTO bundle ({_ROW})
VALUES (%(sha256)s, %(device)s, %(announced_ms)s, %(imported_ms)s, %(report)s, %(files)s)
ON CONFLICT (sha256) DO UPDATE
   SET device = excluded.device, announced_ms = excluded.announced_ms,
       imported_ms = excluded.imported_ms, report = excluded.report, files = excluded.files
"""
LOAD = f"SELECT {_ROW} FROM bundle WHERE sha256 = ANY(%(sha256s)s)"
IMPORTED = f"""
SELECT {_ROW}
  FROM bundle
 WHERE imported_ms IS NOT NULL
 ORDER BY imported_ms DESC, sha256
"""
# What is noted of copies that nobody knows of any more goes at this moment.
UNNOTE = """
DELETE FROM backup_bundle
 WHERE backup = %(backup)s
    OR backup NOT IN (SELECT path FROM backup)
"""
NOTE = "INSERT INTO backup_bundle (backup, sha256) VALUES (%s, %s)"
IN_ALL = """
SELECT sha256
  FROM backup_bundle
 WHERE backup = ANY(%(backups)s)
 GROUP BY sha256
HAVING COUNT(*) = %(count)s
"""


class PostgresBundles:
    """``server.store.bundles.Bundles`` over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def announce(self, sha256: str, *, device: str, now_ms: int) -> None:
        """See Bundles."""
        self._db.execute(ANNOUNCE, {"sha256": sha256, "device": device, "now_ms": now_ms})

    def put(self, row: BundleRow) -> None:
        """See Bundles."""
        self._db.execute(
            PUT,
            {
                "sha256": row.sha256,
                "device": row.device,
                "announced_ms": row.announced_ms,
                "imported_ms": row.imported_ms,
                "report": row.report,
                "files": msgspec.json.encode(row.files).decode(),
            },
        )

    def load(self, sha256s: Iterable[str]) -> dict[str, BundleRow]:
        """See Bundles."""
        rows = self._db.execute(LOAD, {"sha256s": list(sha256s)})
        return {row[0]: _row(row) for row in rows}

    def imported(self) -> list[BundleRow]:
        """See Bundles."""
        return [_row(row) for row in self._db.execute(IMPORTED)]

    def note_in(self, backup: str, sha256s: Iterable[str]) -> None:
        """See Bundles."""
        self._db.execute(UNNOTE, {"backup": backup})
        rows = [(backup, sha256) for sha256 in sha256s]
        with self._db.cursor() as cursor:
            cursor.executemany(NOTE, rows)

    def in_all(self, backups: Sequence[str]) -> set[str]:
        """See Bundles."""
        rows = self._db.execute(IN_ALL, {"backups": list(backups), "count": len(set(backups))})
        return {sha256 for (sha256,) in rows}


def _row(row: tuple) -> BundleRow:  # type: ignore[type-arg]
    sha256, device, announced_ms, imported_ms, report, files = row
    return BundleRow(
        sha256=sha256,
        device=device,
        announced_ms=announced_ms,
        imported_ms=imported_ms,
        report=report,
        files=msgspec.json.decode(files, type=tuple[str, ...]),
    )
