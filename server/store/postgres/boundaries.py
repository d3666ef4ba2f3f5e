"""Boundaries of villages in PostgreSQL."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from psycopg import Connection

from server.store.boundaries import BoundaryLoad, BoundaryRow
from sync.area import minimal
from sync.polygons import Box

PUT = """
INSERT INTO boundary (village, west, south, east, north, shape, simplified)
VALUES (%(village)s, %(west)s, %(south)s, %(east)s, %(north)s, %(shape)s, %(simplified)s)
ON CONFLICT (village) DO UPDATE
   SET west = excluded.west, south = excluded.south, east = excluded.east, north = excluded.north,
       shape = excluded.shape, simplified = excluded.simplified
"""
FORGET = """
DELETE FROM boundary
 WHERE village = %(prefix)s OR (village >= %(prefix)s || '.' AND village < %(prefix)s || '/')
"""
GET = """
SELECT village, west, south, east, north, shape, simplified
  FROM boundary
 WHERE village = %(village)s
"""
AROUND = """
SELECT village, west, south, east, north, shape, simplified
  FROM boundary
 WHERE west <= %(lon)s AND east >= %(lon)s
   AND south <= %(lat)s AND north >= %(lat)s
 ORDER BY village
"""
SIMPLIFIED = """
SELECT village, simplified
  FROM boundary
 WHERE village = %(prefix)s OR (village >= %(prefix)s || '.' AND village < %(prefix)s || '/')
 ORDER BY village
"""
COUNT = "SELECT count(*) FROM boundary"
LAST_LOAD = """
SELECT file, villages, loaded_ms
  FROM boundary_load
 ORDER BY number DESC
 LIMIT 1
"""
NOTE_LOAD = """
INSERT INTO boundary_load (file, villages, loaded_ms)
VALUES (%(file)s, %(villages)s, %(loaded_ms)s)
"""


class PostgresBoundaries:
    """``server.store.boundaries.Boundaries`` over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def put(self, rows: Iterable[BoundaryRow]) -> None:
        """See Boundaries."""
        self._db.cursor().executemany(PUT, (_cells(row) for row in rows))

    def forget(self, prefix: str) -> None:
        """See Boundaries."""
        self._db.execute(FORGET, {"prefix": prefix})

    def get(self, village: str) -> BoundaryRow | None:
        """See Boundaries."""
        row = self._db.execute(GET, {"village": village}).fetchone()
        return _row(row) if row else None

    def around(self, lat: float, lon: float) -> list[BoundaryRow]:
        """See Boundaries."""
        return [_row(row) for row in self._db.execute(AROUND, {"lat": lat, "lon": lon})]

    def simplified(self, prefixes: Sequence[str]) -> Iterator[tuple[str, str]]:
        """See Boundaries."""
        for prefix in minimal(prefixes):
            yield from self._db.execute(SIMPLIFIED, {"prefix": prefix})

    def count(self) -> int:
        """See Boundaries."""
        return sum(count for (count,) in self._db.execute(COUNT))

    def last_load(self) -> BoundaryLoad | None:
        """See Boundaries."""
        row = self._db.execute(LAST_LOAD).fetchone()
        return BoundaryLoad(file=row[0], villages=row[1], loaded_ms=row[2]) if row else None

    def note_load(self, load: BoundaryLoad) -> None:
        """See Boundaries."""
        self._db.execute(NOTE_LOAD, msgspec.structs.asdict(load))


def _cells(row: BoundaryRow) -> dict[str, Any]:
    west, south, east, north = row.box
    sides = {"west": west, "south": south, "east": east, "north": north}
    return {"village": row.village, "shape": row.shape, "simplified": row.simplified, **sides}


def _row(row: tuple[Any, ...]) -> BoundaryRow:
    village, west, south, east, north, shape, simplified = row
    box = Box(west, south, east, north)
    return BoundaryRow(village=village, box=box, shape=shape, simplified=simplified)
