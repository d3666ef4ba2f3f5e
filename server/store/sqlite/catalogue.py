"""Published forms and the area list in SQLite."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from server.store.catalogue import AreaList, AreaRow, FormRow
from server.store.sqlite.arrays import array, texts_of
from sync.area import minimal

CURRENT_FORMS = """
SELECT form_id, version
  FROM form
 WHERE number IN (SELECT max(number) FROM form GROUP BY form_id)
 ORDER BY form_id
"""
FORM = """
SELECT body
  FROM form
 WHERE form_id = :form_id
   AND (:version IS NULL OR version = :version)
 ORDER BY number DESC
 LIMIT 1
"""
FORMS = """
SELECT form_id, version, title, published_ms, number = max(number) OVER (PARTITION BY form_id)
  FROM form
 ORDER BY form_id, number DESC
"""
PUBLISH = """
INSERT INTO form (form_id, version, title, body, published_ms)
VALUES (:form_id, :version, :title, :body, :now_ms)
"""
LOAD_AREA = """
INSERT INTO area (code, name, level, parent, valid_from, valid_to, successor, aliases)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (code) DO UPDATE
   SET name = excluded.name, level = excluded.level, parent = excluded.parent,
       valid_from = excluded.valid_from, valid_to = excluded.valid_to,
       successor = excluded.successor, aliases = excluded.aliases
"""
AREAS = """
SELECT code, name, level, parent, valid_from, valid_to, successor, aliases
  FROM area
 WHERE EXISTS (SELECT 1
                 FROM json_each(:prefixes) AS prefix
                WHERE area.code = prefix.value OR area.code GLOB prefix.value || '.*')
 ORDER BY code
"""
AREA = """
SELECT code, name, level, parent, valid_from, valid_to, successor, aliases
  FROM area
 WHERE code = :code
"""
AREA_COUNT = "SELECT count(*) FROM area"
AREA_LIST = """
SELECT version, areas, loaded_ms
  FROM area_list
 ORDER BY number DESC
 LIMIT 1
"""
PUT_AREA_LIST = """
INSERT INTO area_list (version, areas, loaded_ms)
VALUES (:version, :areas, :loaded_ms)
"""
VILLAGES = """
SELECT code
  FROM area
 WHERE level = 'village'
   AND (valid_from IS NULL OR valid_from <= :on)
   AND (valid_to IS NULL OR valid_to > :on)
   AND (code = :prefix OR (code >= :prefix || '.' AND code < :prefix || '/'))
 ORDER BY code
"""


class SqliteCatalogue:
    """``server.store.catalogue.Catalogue`` over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def current_forms(self) -> dict[str, str]:
        """See Catalogue."""
        return dict(self._db.execute(CURRENT_FORMS).fetchall())

    def form(self, form_id: str, version: str | None = None) -> bytes | None:
        """See Catalogue."""
        row = self._db.execute(FORM, {"form_id": form_id, "version": version}).fetchone()
        return None if row is None else bytes(row[0])

    def forms(self) -> list[FormRow]:
        """See Catalogue."""
        return [
            FormRow(id=id, version=version, title=title, published_ms=published_ms, current=bool(current))
            for id, version, title, published_ms, current in self._db.execute(FORMS)
        ]

    def publish(self, form_id: str, version: str, *, title: str, body: bytes, now_ms: int) -> None:
        """See Catalogue."""
        self._db.execute(
            PUBLISH,
            {"form_id": form_id, "version": version, "title": title, "body": body, "now_ms": now_ms},
        )

    def load_areas(self, rows: Iterable[AreaRow]) -> int:
        """See Catalogue."""
        batch = [_cells(row) for row in rows]
        self._db.executemany(LOAD_AREA, batch)
        return len(batch)

    def areas(self, prefixes: Sequence[str]) -> Iterator[AreaRow]:
        """See Catalogue."""
        for row in self._db.execute(AREAS, {"prefixes": array(prefixes)}):
            yield _area(row)

    def area(self, code: str) -> AreaRow | None:
        """See Catalogue."""
        row = self._db.execute(AREA, {"code": code}).fetchone()
        return row and _area(row)

    def area_count(self) -> int:
        """See Catalogue."""
        (count,) = self._db.execute(AREA_COUNT).fetchone()
        return int(count)

    def area_list(self) -> AreaList | None:
        """See Catalogue."""
        row = self._db.execute(AREA_LIST).fetchone()
        return AreaList(version=row[0], areas=row[1], loaded_ms=row[2]) if row else None

    def put_area_list(self, loaded: AreaList) -> None:
        """See Catalogue."""
        self._db.execute(PUT_AREA_LIST, msgspec.structs.asdict(loaded))

    def villages(self, prefixes: Iterable[str], *, on: str) -> list[str]:
        """See Catalogue."""
        return [
            code
            for prefix in minimal(prefixes)
            for (code,) in self._db.execute(VILLAGES, {"prefix": prefix, "on": on})
        ]


def _area(row: tuple[Any, ...]) -> AreaRow:
    code, name, level, parent, valid_from, valid_to, successor, aliases = row
    return AreaRow(
        code=code,
        name=name,
        level=level,
        parent=parent,
        valid_from=valid_from,
        valid_to=valid_to,
        successor=successor,
        aliases=texts_of(aliases),
    )


def _cells(row: AreaRow) -> tuple[str | None, ...]:
    aliases = array(row.aliases)
    place = (row.code, row.name, row.level, row.parent)
    return (*place, row.valid_from, row.valid_to, row.successor, aliases)
