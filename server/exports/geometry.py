"""GeoJSON geometries as other formats write them. Longitude first, WGS 84."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

Place = Sequence[float]
Ring = Sequence[Place]
Bounds = tuple[float, float, float, float]
"""Smallest longitude, smallest latitude, largest longitude, largest latitude."""

SRS_ID = 4326
_POINT, _LINE, _POLYGON = 1, 2, 3
# "GP", version 0; little-endian, with an envelope of x and y.
_HEADER = struct.Struct("<2sBBi4d")
_ENVELOPE_XY_LITTLE_ENDIAN = 0b0000_0011


def places_of(geometry: Mapping[str, Any]) -> Iterator[Place]:
    """Every place of a Point, LineString or Polygon."""
    coordinates = geometry["coordinates"]
    if geometry["type"] == "Point":
        yield coordinates
    elif geometry["type"] == "LineString":
        yield from coordinates
    else:
        for ring in coordinates:
            yield from ring


def bounds_of(geometry: Mapping[str, Any]) -> Bounds:
    """The box around a geometry."""
    places = list(places_of(geometry))
    east, north = [place[0] for place in places], [place[1] for place in places]
    return min(east), min(north), max(east), max(north)


def right_handed(geometry: Mapping[str, Any]) -> dict[str, Any]:
    """The geometry with its outer ring against the clock and holes with it, as RFC 7946 asks."""
    if geometry["type"] != "Polygon":
        return dict(geometry)
    rings = [
        ring if (_twice_area(ring) > 0) == (number == 0) else list(reversed(ring))
        for number, ring in enumerate(geometry["coordinates"])
    ]
    return {"type": "Polygon", "coordinates": rings}


def geopackage_blob(geometry: Mapping[str, Any]) -> bytes:
    """The geometry as a GeoPackage stores it: a header with its box, then well-known binary."""
    west, south, east, north = bounds_of(geometry)
    header = _HEADER.pack(b"GP", 0, _ENVELOPE_XY_LITTLE_ENDIAN, SRS_ID, west, east, south, north)
    return header + _well_known_binary(geometry)


def _well_known_binary(geometry: Mapping[str, Any]) -> bytes:
    coordinates = geometry["coordinates"]
    if geometry["type"] == "Point":
        return struct.pack("<BI2d", 1, _POINT, *coordinates[:2])
    if geometry["type"] == "LineString":
        return struct.pack("<BI", 1, _LINE) + _ring(coordinates)
    return struct.pack("<BII", 1, _POLYGON, len(coordinates)) + b"".join(map(_ring, coordinates))


def _ring(ring: Ring) -> bytes:
    numbers = [number for place in ring for number in place[:2]]
    return struct.pack(f"<I{len(numbers)}d", len(ring), *numbers)


def _twice_area(ring: Ring) -> float:
    """Above 0 where the ring runs against the clock."""
    return sum(one[0] * other[1] - other[0] * one[1] for one, other in pairwise(ring))
