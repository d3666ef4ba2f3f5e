"""A boundary with fewer places, for a phone: what is left lies near what was there."""

import math
from typing import Any

from sync.polygons import Ring

PLACES_MIN = 4
"""A closed ring has at least three corners, and its first place twice."""


def simplified(polygons: list[list[list[Any]]], *, tolerance_degrees: float) -> list[list[list[Any]]]:
    """The same polygons by Ramer, Douglas and Peucker; rings smaller than the tolerance disappear.

    The outer ring of the largest polygon always stays, so that a village never has no boundary.
    """
    kept = [_polygon(polygon, tolerance_degrees) for polygon in polygons]
    found = [polygon for polygon in kept if polygon]
    return found or [max(polygons, key=lambda polygon: len(polygon[0]))[:1]]


def _polygon(rings: list[list[Any]], tolerance: float) -> list[list[Any]]:
    simple = [_ring(ring, tolerance) for ring in rings]
    return [ring for ring in simple if ring] if simple[0] else []


def _ring(ring: list[Any], tolerance: float) -> list[Any]:
    """A closed ring, cut at the place that is farthest from its beginning; nothing if it is tiny."""
    far = max(range(len(ring)), key=lambda number: math.dist(ring[0][:2], ring[number][:2]))
    keep = {0, far, len(ring) - 1}
    open_parts = [(0, far), (far, len(ring) - 1)]
    while open_parts:
        first, last = open_parts.pop()
        worst, distance = _farthest(ring, first, last)
        if distance > tolerance:
            keep.add(worst)
            open_parts += [(first, worst), (worst, last)]
    return [ring[number] for number in sorted(keep)] if len(keep) >= PLACES_MIN else []


def _farthest(ring: Ring, first: int, last: int) -> tuple[int, float]:
    """The place between two others that is farthest from the line between them."""
    (x, y), (east, north) = ring[first], (ring[last][0] - ring[first][0], ring[last][1] - ring[first][1])
    length = math.hypot(east, north)
    worst, distance = first, -1.0
    for number in range(first + 1, last):
        to_x, to_y = ring[number][0] - x, ring[number][1] - y
        away = abs(to_x * north - to_y * east) / length if length else math.hypot(to_x, to_y)
        if away > distance:
            worst, distance = number, away
    return worst, distance
