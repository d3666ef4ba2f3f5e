"""Caches of records in SQLite."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from server.store.base import RecordRow
from server.store.sqlite.arrays import array, texts_of

LOAD = """
SELECT id, form, snapshot, areas, conflicts, updated_ms
  FROM record
 WHERE id IN (SELECT value FROM json_each(:ids))
"""
PUT = """
INSERT INTO record (id, form, form_id, snapshot, areas, conflicts, updated_ms)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE
   SET form = excluded.form, form_id = excluded.form_id, snapshot = excluded.snapshot,
       areas = excluded.areas, conflicts = excluded.conflicts, updated_ms = excluded.updated_ms
"""
AWAITED = """
SELECT record, base, field
  FROM awaited
 WHERE record IN (SELECT value FROM json_each(:ids))
"""
ADD_AWAITED = "INSERT INTO awaited (record, base, field) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
END_AWAITED = "DELETE FROM awaited WHERE record = ? AND base = ? AND field = ?"
PAGE = """
SELECT id, form, snapshot, areas, conflicts, updated_ms
  FROM record
 WHERE id > :after
   AND (:form_id IS NULL OR form_id = :form_id)
   AND EXISTS (SELECT 1
                 FROM json_each(record.areas) AS area, json_each(:prefixes) AS prefix
                WHERE area.value = prefix.value OR area.value GLOB prefix.value || '.*')
 ORDER BY id
 LIMIT :limit
"""
ORPHANS = """
SELECT id, form, snapshot, areas, conflicts, updated_ms
  FROM record
 WHERE areas = '[]'
 ORDER BY id
"""
IN_CONFLICT = """
SELECT id, form, snapshot, areas, conflicts, updated_ms
  FROM record
 WHERE conflicts <> '[]'
   AND EXISTS (SELECT 1
                 FROM json_each(record.areas) AS area, json_each(:prefixes) AS prefix
                WHERE area.value = prefix.value OR area.value GLOB prefix.value || '.*')
 ORDER BY id
"""
IDS = "SELECT id FROM record ORDER BY id"


class SqliteRecords:
    """``server.store.base.Records`` over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def load(self, ids: Iterable[str]) -> dict[str, RecordRow]:
        """See Records."""
        return {row[0]: _row(row) for row in self._db.execute(LOAD, {"ids": array(ids)})}

    def get(self, id: str) -> RecordRow | None:
        """See Records."""
        return self.load([id]).get(id)

    def put(self, rows: Sequence[RecordRow]) -> None:
        """See Records."""
        self._db.executemany(
            PUT,
            [
                (
                    row.id,
                    row.form,
                    row.form.partition("/")[0],
                    row.snapshot,
                    array(row.areas),
                    array(row.conflicts),
                    row.updated_ms,
                )
                for row in rows
            ],
        )

    def awaited(self, ids: Iterable[str]) -> dict[str, set[tuple[str, str]]]:
        """See Records."""
        found: dict[str, set[tuple[str, str]]] = {}
        for record, base, field in self._db.execute(AWAITED, {"ids": array(ids)}):
            found.setdefault(record, set()).add((base, field))
        return found

    def put_awaited(
        self, record: str, *, added: Iterable[tuple[str, str]], ended: Iterable[tuple[str, str]]
    ) -> None:
        """See Records."""
        self._db.executemany(ADD_AWAITED, [(record, base, field) for base, field in added])
        self._db.executemany(END_AWAITED, [(record, base, field) for base, field in ended])

    def page(
        self, *, form_id: str | None, prefixes: Sequence[str], after: str = "", limit: int = 1000
    ) -> list[RecordRow]:
        """See Records."""
        scope = {"form_id": form_id, "prefixes": array(prefixes), "after": after, "limit": limit}
        return [_row(row) for row in self._db.execute(PAGE, scope)]

    def orphans(self) -> list[RecordRow]:
        """See Records."""
        return [_row(row) for row in self._db.execute(ORPHANS)]

    def in_conflict(self, prefixes: Sequence[str]) -> list[RecordRow]:
        """See Records."""
        return [_row(row) for row in self._db.execute(IN_CONFLICT, {"prefixes": array(prefixes)})]

    def ids(self) -> Iterator[str]:
        """See Records."""
        return (id for (id,) in self._db.execute(IDS))


def _row(row: tuple) -> RecordRow:  # type: ignore[type-arg]
    id, form, snapshot, areas, conflicts, updated_ms = row
    return RecordRow(id, form, snapshot, texts_of(areas), texts_of(conflicts), updated_ms)
