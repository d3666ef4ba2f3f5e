"""GeoJSON and GeoPackage open in GDAL, and so in QGIS, with every cell and every place."""

from __future__ import annotations

import json
import sqlite3
from itertools import pairwise
from pathlib import Path
from typing import Any

from server.exports.geojson import geojson_file
from server.exports.gpkg import gpkg_file
from server.exports.table import NUMBER, Cell
from tests.conftest import Needs
from tests.server.exports.awkward import AS_OF, BOUNDARY, CELLS, COLUMNS, PLACES, RING, awkward
from tests.server.exports.office import layer_in_gdal, summary_in_gdal


def geojson(path: Path) -> Path:
    path.write_bytes(b"".join(geojson_file(awkward())))
    return path


def geopackage(path: Path) -> Path:
    path.write_bytes(b"".join(gpkg_file(awkward())))
    return path


def properties_of(cells: tuple[Cell, ...]) -> dict[str, Cell]:
    """How a GeoPackage holds a row: a number column has its words in another one."""
    found: dict[str, Cell] = {}
    for column, cell in zip(COLUMNS, cells, strict=True):
        if column.kind != NUMBER:
            found[column.name] = cell
        else:
            found |= {column.name: None, f"{column.name}_text": None}
            found[f"{column.name}_text" if isinstance(cell, str) else column.name] = cell
    return found


def oriented(geometry: dict[str, Any] | None) -> dict[str, Any] | None:
    """The geometry with its ring against the clock, as GDAL writes GeoJSON."""
    return geometry if geometry != BOUNDARY else {"type": "Polygon", "coordinates": [RING]}


def as_stored(feature: dict[str, Any]) -> dict[str, Any]:
    """The properties; GDAL writes a text that looks like a JSON array as an array."""
    return {
        name: json.dumps(value, separators=(",", ":")) if isinstance(value, list) else value
        for name, value in feature["properties"].items()
    }


def test_geojson_is_as_rfc_7946_asks(tmp_path: Path) -> None:
    data = json.loads(geojson(tmp_path / "lahan.geojson").read_text(encoding="utf-8"))

    assert (data["type"], data["name"], data["as_of"]) == ("FeatureCollection", "lahan", AS_OF)
    assert "crs" not in data
    assert [feature["id"] for feature in data["features"]] == [cells[0] for cells in CELLS]
    assert [tuple(feature["properties"].values()) for feature in data["features"]] == list(CELLS)
    ring = data["features"][0]["geometry"]["coordinates"][0]
    assert sorted(map(tuple, ring)) == sorted(map(tuple, RING))
    assert sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring)) > 0


def test_an_empty_collection_is_one_too() -> None:
    table = awkward()
    list(table.rows)

    assert json.loads(b"".join(geojson_file(table)))["features"] == []


def test_gdal_reads_geojson_cell_by_cell(tmp_path: Path, needs: Needs) -> None:
    features = layer_in_gdal(needs, geojson(tmp_path / "lahan.geojson"))

    assert [feature["geometry"] for feature in features] == [
        oriented(PLACES.get(n)) for n in range(len(CELLS))
    ]
    for feature, cells in zip(features, CELLS, strict=True):
        for column, cell in zip(COLUMNS, cells, strict=True):
            found = as_stored(feature)[column.name]
            # GDAL gives a column that holds words and numbers as texts.
            assert (found if cell is None or isinstance(cell, str) else float(found)) == cell


def test_gdal_reads_a_geopackage_cell_by_cell(tmp_path: Path, needs: Needs) -> None:
    features = layer_in_gdal(needs, geopackage(tmp_path / "lahan.gpkg"))

    assert [as_stored(feature) for feature in features] == [properties_of(cells) for cells in CELLS]
    assert [feature["geometry"] for feature in features] == [PLACES.get(n) for n in range(len(CELLS))]


def test_gdal_knows_the_layer_its_box_and_its_coordinates(tmp_path: Path, needs: Needs) -> None:
    summary = summary_in_gdal(needs, geopackage(tmp_path / "lahan.gpkg"))

    assert "Layer name: lahan" in summary
    assert f"Feature Count: {len(CELLS)}" in summary
    assert "Extent: (112.900000, -2.530000) - (112.950000, -2.500000)" in summary
    assert 'ID["EPSG",4326]]' in summary
    assert "luas_m2: Real" in summary


def test_a_geopackage_says_what_it_is(tmp_path: Path) -> None:
    db = sqlite3.connect(geopackage(tmp_path / "lahan.gpkg"))

    assert db.execute("PRAGMA application_id").fetchone() == (0x47504B47,)
    assert db.execute("PRAGMA user_version").fetchone() == (10300,)
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    assert db.execute("SELECT srs_id FROM gpkg_spatial_ref_sys ORDER BY 1").fetchall() == [
        (-1,),
        (0,),
        (4326,),
    ]
    assert db.execute(
        "SELECT table_name, data_type, description, last_change FROM gpkg_contents"
    ).fetchall() == [("lahan", "features", "Verifikasi lahan", "2026-11-23T03:00:00.000Z")]
    assert db.execute("SELECT * FROM gpkg_geometry_columns").fetchall() == [
        ("lahan", "geom", "GEOMETRY", 4326, 0, 0)
    ]
