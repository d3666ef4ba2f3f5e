"""Caches of records in PostgreSQL."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from psycopg import Connection

from server.store.base import RecordRow
from server.store.postgres.streams import stream

LOAD = """
SELECT id, form, snapshot, areas, conflicts, updated_ms
  FROM record
 WHERE id = ANY(%(ids)s)
"""
PUT = """
INSERT INTO record (id, form, form_id, snapshot, areas, conflicts, updated_ms)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (id) DO UPDATE
   SET form = excluded.form, form_id = excluded.form_id, snapshot = excluded.snapshot,
       areas = excluded.areas, conflicts = excluded.conflicts, updated_ms = excluded.updated_ms
"""
AWAITED = """
SELECT record, base, field
  FROM awaited
 WHERE record = ANY(%(ids)s)
"""
ADD_AWAITED = "INSERT INTO awaited (record, base, field) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
END_AWAITED = "DELETE FROM awaited WHERE record = %s AND base = %s AND field = %s"
PAGE = """
SELECT id, form, snapshot, areas, conflicts, updated_ms
  FROM record
 WHERE id > %(after)s
   AND (%(form_id)s::TEXT IS NULL OR form_id = %(form_id)s)
   AND EXISTS (SELECT 1
                 FROM json_array_elements_text(record.areas::JSON) AS area (code),
                      unnest(%(prefixes)s::TEXT[]) AS prefix (code)
                WHERE area.code = prefix.code OR starts_with(area.code, prefix.code || '.'))
 ORDER BY id
 LIMIT %(limit)s
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
                 FROM json_array_elements_text(record.areas::JSON) AS area (code),
                      unnest(%(prefixes)s::TEXT[]) AS prefix (code)
                WHERE area.code = prefix.code OR starts_with(area.code, prefix.code || '.'))
 ORDER BY id
"""
IDS = "SELECT id FROM record ORDER BY id"


class PostgresRecords:
    """``server.store.base.Records`` over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def load(self, ids: Iterable[str]) -> dict[str, RecordRow]:
        """See Records."""
        return {row[0]: _row(row) for row in self._db.execute(LOAD, {"ids": list(ids)})}

    def get(self, id: str) -> RecordRow | None:
        """See Records."""
        return self.load([id]).get(id)

    def put(self, rows: Sequence[RecordRow]) -> None:
        """See Records."""
        with self._db.cursor() as cursor:
            cursor.executemany(PUT, [_values(row) for row in rows])

    def awaited(self, ids: Iterable[str]) -> dict[str, set[tuple[str, str]]]:
        """See Records."""
        found: dict[str, set[tuple[str, str]]] = {}
        for record, base, field in self._db.execute(AWAITED, {"ids": list(ids)}):
            found.setdefault(record, set()).add((base, field))
        return found

    def put_awaited(
        self, record: str, *, added: Iterable[tuple[str, str]], ended: Iterable[tuple[str, str]]
    ) -> None:
        """See Records."""
        with self._db.cursor() as cursor:
            cursor.executemany(ADD_AWAITED, [(record, base, field) for base, field in added])
            cursor.executemany(END_AWAITED, [(record, base, field) for base, field in ended])

    def page(
        self, *, form_id: str | None, prefixes: Sequence[str], after: str = "", limit: int = 1000
    ) -> list[RecordRow]:
        """See Records."""
        scope = {"form_id": form_id, "prefixes": list(prefixes), "after": after, "limit": limit}
        return [_row(row) for row in self._db.execute(PAGE, scope)]

    def orphans(self) -> list[RecordRow]:
        """See Records."""
        return [_row(row) for row in self._db.execute(ORPHANS)]

    def in_conflict(self, prefixes: Sequence[str]) -> list[RecordRow]:
        """See Records."""
        return [_row(row) for row in self._db.execute(IN_CONFLICT, {"prefixes": list(prefixes)})]

    def ids(self) -> Iterator[str]:
        """See Records."""
        return (id for (id,) in stream(self._db, IDS))


def _values(row: RecordRow) -> tuple[object, ...]:
    return (
        row.id,
        row.form,
        row.form.partition("/")[0],
        row.snapshot,
        _texts(row.areas),
        _texts(row.conflicts),
        row.updated_ms,
    )


def _texts(texts: Sequence[str]) -> str:
    return json.dumps(list(texts), ensure_ascii=False) if texts else "[]"


def _row(row: tuple[Any, ...]) -> RecordRow:
    id, form, snapshot, areas, conflicts, updated_ms = row
    return RecordRow(id, form, snapshot, tuple(json.loads(areas)), tuple(json.loads(conflicts)), updated_ms)
