"""Published forms and the area list in SQLite."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from server.store.catalogue import AreaRow, FormRow
from server.store.sqlite.arrays import array

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
INSERT INTO area (code, name, level, parent)
VALUES (?, ?, ?, ?)
ON CONFLICT (code) DO UPDATE
   SET name = excluded.name, level = excluded.level, parent = excluded.parent
"""
AREAS = """
SELECT code, name, level, parent
  FROM area
 WHERE EXISTS (SELECT 1
                 FROM json_each(:prefixes) AS prefix
                WHERE area.code = prefix.value OR area.code GLOB prefix.value || '.*')
 ORDER BY code
"""
AREA = """
SELECT code, name, level, parent
  FROM area
 WHERE code = :code
"""
AREA_COUNT = "SELECT count(*) FROM area"


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
        batch = [(row.code, row.name, row.level, row.parent) for row in rows]
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


def _area(row: tuple[str, str, str, str]) -> AreaRow:
    return AreaRow(code=row[0], name=row[1], level=row[2], parent=row[3])
