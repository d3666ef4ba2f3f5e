"""A record drawn from its coordinates: its boundary, its point, and the records near it.

No map tiles: nothing is asked of anybody else, and it works where there is no network.
"""

import math
from collections.abc import Iterable

import msgspec

from server.console.fields import point_of, shapes_of
from server.hub.records import Seen

WIDTH, HEIGHT = 640, 400
MARGIN = 36
NEAR_MAX_M = 2000.0
"""Records farther away are not drawn: they would make the record itself a dot."""

RADIUS_MIN_M = 30.0
"""Half of the least that is shown, so that a point alone has ground around it."""

_METRES_PER_DEGREE = 111_320.0

Place = tuple[float, float]
"""Latitude and longitude."""


class Dot(msgspec.Struct, frozen=True, kw_only=True):
    """Another record on the map."""

    record: str
    x: float
    y: float
    metres: int


class Drawing(msgspec.Struct, frozen=True, kw_only=True):
    """Everything in the units of the picture. ``scale_m`` is as long as ``scale_px``."""

    width: int
    height: int
    point: tuple[float, float] | None
    shapes: tuple[str, ...]
    near: tuple[Dot, ...]
    scale_m: int
    scale_px: float
    latitude: float
    longitude: float


def drawing_of(seen: Seen, others: Iterable[Seen]) -> Drawing | None:
    """The drawing; ``None`` for a record without a point or boundary."""
    point, shapes = point_of(seen), shapes_of(seen)
    own = [*([point] if point else []), *(corner for shape in shapes for corner in shape)]
    if not own:
        return None
    centre = point or _middle(own)
    near = [
        (other.row.id, place, distance)
        for other in others
        if (place := _place_of(other)) and (distance := _metres(centre, place)) <= NEAR_MAX_M
    ]
    extent = max([RADIUS_MIN_M, *(max(map(abs, _offset(centre, p))) for p in own)])
    shown = sorted(near, key=lambda each: each[2])[:40]
    extent = max([extent, *(max(map(abs, _offset(centre, place))) for _, place, _ in shown)])
    scale = (HEIGHT / 2 - MARGIN) / extent

    def put(place: Place) -> tuple[float, float]:
        east, north = _offset(centre, place)
        return round(WIDTH / 2 + east * scale, 1), round(HEIGHT / 2 - north * scale, 1)

    scale_m = _round_length(WIDTH / 5 / scale)
    return Drawing(
        width=WIDTH,
        height=HEIGHT,
        point=put(point) if point else None,
        shapes=tuple(" ".join(f"{x},{y}" for x, y in map(put, shape)) for shape in shapes),
        near=tuple(
            Dot(record=id, x=put(place)[0], y=put(place)[1], metres=round(distance))
            for id, place, distance in shown
        ),
        scale_m=scale_m,
        scale_px=round(scale_m * scale, 1),
        latitude=round(centre[0], 6),
        longitude=round(centre[1], 6),
    )


def _place_of(seen: Seen) -> Place | None:
    shapes = shapes_of(seen)
    return point_of(seen) or (_middle(shapes[0]) if shapes else None)


def _middle(places: list[Place]) -> Place:
    return sum(p[0] for p in places) / len(places), sum(p[1] for p in places) / len(places)


def _offset(centre: Place, place: Place) -> tuple[float, float]:
    """Metres to the east and to the north; flat, which is right to the metre over some kilometres."""
    east = (place[1] - centre[1]) * _METRES_PER_DEGREE * math.cos(math.radians(centre[0]))
    return east, (place[0] - centre[0]) * _METRES_PER_DEGREE


def _metres(one: Place, other: Place) -> float:
    return math.hypot(*_offset(one, other))


def _round_length(metres: float) -> int:
    """1, 2 or 5 times a power of ten, at most the given length."""
    power = 10 ** math.floor(math.log10(max(metres, 1)))
    return int(max(step * power for step in (1, 2, 5) if step * power <= max(metres, 1)))
