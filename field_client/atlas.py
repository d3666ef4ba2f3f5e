"""The boundaries of villages on this device."""

from collections.abc import Iterator

import msgspec
from sqlite_utils import Database

from sync.polygons import Shape

_decode = msgspec.json.Decoder(list[list[list[tuple[float, float]]]]).decode


class DeviceAtlas:
    """``sync.location.Atlas`` over the device's database."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def boundary(self, village: str) -> Shape | None:
        """The boundary of a village."""
        row = self._db.conn.execute(BOUNDARY, {"village": village}).fetchone()
        return _decode(row[0]) if row else None

    def around(self, lat: float, lon: float) -> Iterator[tuple[str, Shape]]:
        """The villages whose box holds a point, by code."""
        for village, shape in self._db.conn.execute(AROUND, {"lat": lat, "lon": lon}).fetchall():
            yield village, _decode(shape)


BOUNDARY = "SELECT shape FROM boundary WHERE village = :village"

AROUND = """
SELECT village, shape
  FROM boundary
 WHERE west <= :lon AND east >= :lon
   AND south <= :lat AND north >= :lat
 ORDER BY village
"""


def has_boundaries(db: Database) -> bool:
    """Whether any were fetched."""
    return db.conn.execute(ANY).fetchone() is not None


ANY = "SELECT 1 FROM boundary LIMIT 1"
