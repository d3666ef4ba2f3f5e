"""Whether a point lies in a shape, how far outside, and how large a shape is.

A shape is GeoJSON's MultiPolygon: polygons, each a list of closed rings (the first outside, the
others holes), each a list of ``[longitude, latitude]``. No shape crosses the 180th meridian.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from sync.distance import distance_m, metres_per_degree

Place = Sequence[float]
Ring = Sequence[Place]
Shape = Sequence[Sequence[Ring]]


class Box(NamedTuple):
    """Two meridians and two parallels, in degrees."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, lat: float, lon: float) -> bool:
        """Whether a point lies in the box or on its edge."""
        return self.west <= lon <= self.east and self.south <= lat <= self.north


def box_of(shape: Shape) -> Box:
    """The smallest box around a shape, which has at least one place."""
    places = [place for polygon in shape for ring in polygon for place in ring]
    longitudes, latitudes = [place[0] for place in places], [place[1] for place in places]
    return Box(min(longitudes), min(latitudes), max(longitudes), max(latitudes))


def contains(shape: Shape, lat: float, lon: float) -> bool:
    """Whether a point lies in a shape and in none of its holes.

    Counts the edges that a ray to the east crosses. Of two shapes with a common border each
    point of it lies in exactly one, wherever both write the border with the same places.
    """
    inside = False
    for (lon_a, lat_a), (lon_b, lat_b) in _edges(shape):
        if (lat_a > lat) != (lat_b > lat) and lon < lon_a + (lat - lat_a) / (lat_b - lat_a) * (lon_b - lon_a):
            inside = not inside
    return inside


def distance_to_m(shape: Shape, lat: float, lon: float) -> float:
    """Metres to the nearest place of a shape's edge, from either side, rounded to 0.01.

    The place is sought on a plane: exact enough over some tens of kilometres; further away
    only "far" matters.
    """
    narrowing = math.cos(math.radians(lat))
    nearest = min((_nearest(a, b, lat, lon, narrowing) for a, b in _edges(shape)), key=lambda found: found[0])
    return distance_m(lat, lon, nearest[1], nearest[2])


def area_m2(polygon: Sequence[Ring]) -> float:
    """Square metres inside a polygon's outer ring and outside its holes.

    On a plane at its middle latitude: for a parcel, up to some kilometres, as on the ellipsoid
    to two ten-thousandths, and 500 times as fast. A ring that crosses itself counts for less.
    """
    if not polygon:
        return 0.0
    outer, *holes = (_ring_area_m2(ring) for ring in polygon)
    return max(0.0, outer - sum(holes))


def _ring_area_m2(ring: Ring) -> float:
    lon_0, lat_0 = ring[0][0], ring[0][1]
    twice, sum_of_lats, east_a, north_a = 0.0, 0.0, 0.0, 0.0
    for place in ring:
        lat = place[1]
        sum_of_lats += lat
        east_b, north_b = place[0] - lon_0, lat - lat_0
        twice += east_a * north_b - east_b * north_a
        east_a, north_a = east_b, north_b
    north_m, east_m = metres_per_degree(sum_of_lats / len(ring))
    return abs(twice) / 2 * north_m * east_m


def _nearest(a: Place, b: Place, lat: float, lon: float, narrowing: float) -> tuple[float, float, float]:
    """The place of an edge that is nearest to a point: distance squared on the plane, lat, lon."""
    east, north = (b[0] - a[0]) * narrowing, b[1] - a[1]
    to_east, to_north = (lon - a[0]) * narrowing, lat - a[1]
    length_squared = east * east + north * north
    along = (to_east * east + to_north * north) / length_squared if length_squared else 0.0
    along = min(1.0, max(0.0, along))
    off_east, off_north = to_east - along * east, to_north - along * north
    place = a[1] + along * (b[1] - a[1]), a[0] + along * (b[0] - a[0])
    return off_east * off_east + off_north * off_north, *place


def _edges(shape: Shape) -> Iterator[tuple[Place, Place]]:
    for polygon in shape:
        for ring in polygon:
            yield from pairwise(ring)
