"""GeoPackage 1.3 for QGIS: one layer, written straight into SQLite (GDAL would be 80 MB for it).

A number column holds numbers alone, for a GIS reads a word there as 0. What is said in words
(*tidak diketahui*, *kosong*) stands in a text column beside it, ``luas_m2_text``.
"""

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from server.exports.geometry import SRS_ID, Bounds, bounds_of, geopackage_blob
from server.exports.pieces import pieces_of
from server.exports.table import NUMBER, Cell, Column, Row, Table

APPLICATION_ID, USER_VERSION = 0x47504B47, 10_300
"""``GPKG``, and version 1.3."""

FEATURE_ID, GEOMETRY = "fid", "geom"
WORDS = "_text"

_SYSTEM = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {USER_VERSION};
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT
);
CREATE TABLE gpkg_contents (
  table_name TEXT PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '',
  last_change DATETIME NOT NULL, min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE,
  srs_id INTEGER REFERENCES gpkg_spatial_ref_sys (srs_id)
);
CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL UNIQUE REFERENCES gpkg_contents (table_name), column_name TEXT NOT NULL,
  geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL REFERENCES gpkg_spatial_ref_sys (srs_id),
  z TINYINT NOT NULL, m TINYINT NOT NULL, PRIMARY KEY (table_name, column_name)
);
"""
_SPATIAL_REFERENCES = (
    ("Undefined cartesian", -1, "NONE", -1, "undefined", None),
    ("Undefined geographic", 0, "NONE", 0, "undefined", None),
    (
        "WGS 84 geodetic",
        SRS_ID,
        "EPSG",
        SRS_ID,
        'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],'
        'AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],'
        'UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]]',
        "longitude/latitude coordinates in decimal degrees on the WGS 84 spheroid",
    ),
)


def gpkg_file(table: Table) -> Iterator[bytes]:
    """The file in pieces; it is made on disk first, because SQLite writes back and forth."""
    with tempfile.TemporaryDirectory(prefix="tapak-export-") as folder:
        path = Path(folder) / "export.gpkg"
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            _write(connection, table)
        finally:
            connection.close()
        yield from pieces_of(path)


def _write(db: sqlite3.Connection, table: Table) -> None:
    # Nobody reads this file before it is whole, so a crash may take it.
    db.execute("PRAGMA journal_mode = OFF")
    db.execute("PRAGMA synchronous = OFF")
    db.executescript(_SYSTEM)
    db.execute("BEGIN")
    db.executemany("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)", _SPATIAL_REFERENCES)
    layer, columns = _quoted(table.name), _columns_of(table.columns)
    db.execute(
        f"CREATE TABLE {layer} ({FEATURE_ID} INTEGER PRIMARY KEY AUTOINCREMENT, {GEOMETRY} GEOMETRY, "
        + ", ".join(f"{_quoted(name)} {kind}" for name, kind in columns)
        + ")"
    )
    places = ", ".join("?" for _ in range(len(columns) + 2))
    box = _Box()
    db.executemany(
        f"INSERT INTO {layer} VALUES ({places})",
        (
            (number, box.taking_in(row), *_values(table.columns, row.cells))
            for number, row in enumerate(table.rows, start=1)
        ),
    )
    db.execute(
        "INSERT INTO gpkg_contents VALUES (?, 'features', ?, ?, ?, ?, ?, ?, ?, ?)",
        (table.name, table.name, table.title, _utc(table.as_of), *box.bounds, SRS_ID),
    )
    db.execute(
        "INSERT INTO gpkg_geometry_columns VALUES (?, ?, 'GEOMETRY', ?, 0, 0)", (table.name, GEOMETRY, SRS_ID)
    )
    db.execute("COMMIT")


class _Box:
    """The box around everything that was written."""

    def __init__(self) -> None:
        self.bounds: Bounds | tuple[None, None, None, None] = (None, None, None, None)

    def taking_in(self, row: Row) -> bytes | None:
        """The row's geometry as it is stored; the box grows around it."""
        if row.geometry is None:
            return None
        west, south, east, north = bounds_of(row.geometry)
        if self.bounds[0] is not None:
            before = self.bounds
            west, south = min(west, before[0]), min(south, before[1])
            east, north = max(east, before[2]), max(north, before[3])
        self.bounds = (west, south, east, north)
        return geopackage_blob(row.geometry)


def _columns_of(columns: Sequence[Column]) -> list[tuple[str, str]]:
    """Name and type of every column of the layer."""
    found: list[tuple[str, str]] = []
    for column in columns:
        name = f"q_{column.name}" if column.name in (FEATURE_ID, GEOMETRY) else column.name
        found += [(name, "REAL"), (name + WORDS, "TEXT")] if column.kind == NUMBER else [(name, "TEXT")]
    return found


def _values(columns: Sequence[Column], cells: Sequence[Cell]) -> Iterator[Cell]:
    for column, cell in zip(columns, cells, strict=True):
        if column.kind != NUMBER:
            yield cell if cell is None or isinstance(cell, str) else str(cell)
        else:
            yield from (None, cell) if isinstance(cell, str) else (cell, None)


def _utc(as_of: str) -> str:
    return datetime.fromisoformat(as_of).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
