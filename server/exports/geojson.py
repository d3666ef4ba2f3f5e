"""GeoJSON (RFC 7946): a feature a record, its cells as properties. Written as it is read."""

from collections.abc import Iterator

import msgspec

from server.exports.geometry import right_handed
from server.exports.table import Row, Table

CHUNK_ROWS = 500

_encode = msgspec.json.Encoder().encode


def geojson_file(table: Table) -> Iterator[bytes]:
    """One FeatureCollection. A record without a place has no geometry, and is there."""
    names = [column.name for column in table.columns]
    head = {"type": "FeatureCollection", "name": table.name, "title": table.title, "as_of": table.as_of}
    yield _encode(head)[:-1] + b',"features":['
    pieces: list[bytes] = []
    for count, row in enumerate(table.rows):
        pieces.append(b",\n" if count else b"\n")
        pieces.append(_encode(_feature(names, row)))
        if count % CHUNK_ROWS == CHUNK_ROWS - 1:
            yield b"".join(pieces)
            pieces.clear()
    yield b"".join(pieces) + b"\n]}\n"


def _feature(names: list[str], row: Row) -> dict[str, object]:
    geometry = None if row.geometry is None else right_handed(row.geometry)
    # The first column is the record, which is also what names the feature.
    return {
        "type": "Feature",
        "id": row.cells[0],
        "geometry": geometry,
        "properties": dict(zip(names, row.cells, strict=True)),
    }
