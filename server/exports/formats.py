"""The formats of an export. A new format is a module and a row here."""

from collections.abc import Callable, Iterator

import msgspec

from server.exports.csv import csv_file
from server.exports.geojson import geojson_file
from server.exports.gpkg import gpkg_file
from server.exports.table import Table
from server.exports.xlsx import xlsx_file


class Format(msgspec.Struct, frozen=True):
    """How a table is written, and which parts of its rows the format shows; others are not made."""

    write: Callable[[Table], Iterator[bytes]]
    marks: bool = False
    sheets: bool = False
    geometry: bool = False


FORMATS: dict[str, Format] = {
    "csv": Format(csv_file),
    "xlsx": Format(xlsx_file, marks=True, sheets=True),
    "geojson": Format(geojson_file, geometry=True),
    "gpkg": Format(gpkg_file, geometry=True),
}
