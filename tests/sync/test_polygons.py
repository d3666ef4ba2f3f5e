"""Whether a point lies in a shape, how far outside, and how large a shape is."""

from __future__ import annotations

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st

from sync.polygons import Box, area_m2, box_of, contains, distance_to_m

SQUARE = [[112.0, -3.0], [112.1, -3.0], [112.1, -2.9], [112.0, -2.9], [112.0, -3.0]]
HOLE = [[112.04, -2.96], [112.06, -2.96], [112.06, -2.94], [112.04, -2.94], [112.04, -2.96]]
NEIGHBOUR = [[112.1, -3.0], [112.2, -3.0], [112.2, -2.9], [112.1, -2.9], [112.1, -3.0]]
latitudes, longitudes = st.floats(-3.2, -2.7), st.floats(111.8, 112.4)


def test_a_point_lies_in_a_village_and_not_in_its_hole():
    shape = [[SQUARE, HOLE]]

    assert contains(shape, -2.98, 112.02)
    assert not contains(shape, -2.95, 112.05)
    assert not contains(shape, -2.85, 112.05)
    assert contains([[SQUARE], [HOLE]], -2.98, 112.02)


@given(latitudes, longitudes)
def test_of_two_neighbours_a_point_lies_in_one_at_most(lat, lon):
    inside = [contains([[ring]], lat, lon) for ring in (SQUARE, NEIGHBOUR)]

    assert sum(inside) == (-3.0 <= lat < -2.9 and 112.0 <= lon < 112.2)


@given(latitudes, longitudes)
def test_no_point_of_a_shape_lies_outside_its_box(lat, lon):
    box = box_of([[SQUARE], [NEIGHBOUR]])

    assert box == Box(112.0, -3.0, 112.2, -2.9)
    assert not contains([[SQUARE], [NEIGHBOUR]], lat, lon) or box.holds(lat, lon)


@given(st.floats(0.0001, 0.1))
def test_the_distance_to_an_edge_is_the_way_straight_over(away):
    east_m = Geodesic.WGS84.Inverse(-2.95, 112.1, -2.95, 112.1 + away)["s12"]
    north_m = Geodesic.WGS84.Inverse(-2.9, 112.05, -2.9 + away, 112.05)["s12"]

    assert distance_to_m([[SQUARE]], -2.95, 112.1 + away) == pytest.approx(east_m, rel=1e-4, abs=0.02)
    assert distance_to_m([[SQUARE]], -2.9 + away, 112.05) == pytest.approx(north_m, rel=1e-4, abs=0.02)


@given(latitudes, longitudes)
def test_the_nearest_place_is_no_farther_than_any_corner(lat, lon):
    nearest_m = distance_to_m([[SQUARE]], lat, lon)

    for corner_lon, corner_lat in SQUARE:
        corner_m = Geodesic.WGS84.Inverse(lat, lon, corner_lat, corner_lon)["s12"]
        assert nearest_m <= corner_m * 1.001 + 0.02


def test_a_place_written_twice_is_an_edge_without_length():
    doubled = [SQUARE[0], *SQUARE]

    assert distance_to_m([[doubled]], -2.95, 112.2) == distance_to_m([[SQUARE]], -2.95, 112.2)


@given(
    st.floats(-11, 6),
    st.floats(95, 140),
    st.lists(st.tuples(st.floats(0.00002, 0.02), st.floats(0.00002, 0.02)), min_size=4, max_size=4),
)
def test_the_area_of_a_parcel_is_that_on_the_ellipsoid(lat, lon, corners):
    signs = ((1, 1), (1, -1), (-1, -1), (-1, 1))
    ring = [[lon + x * east, lat + y * north] for (x, y), (east, north) in zip(signs, corners, strict=True)]
    ring.append(ring[0])
    exact = Geodesic.WGS84.Polygon()
    for place in ring[:-1]:
        exact.AddPoint(place[1], place[0])

    # Geodesic areas are differences of parts of the earth: good to some tenths of a square metre.
    assert area_m2([ring]) == pytest.approx(abs(exact.Compute()[2]), rel=2e-4, abs=0.5)
    assert area_m2([ring[::-1]]) == pytest.approx(area_m2([ring]))


def test_a_hole_is_no_part_of_an_area():
    assert area_m2([SQUARE, HOLE]) == pytest.approx(area_m2([SQUARE]) - area_m2([HOLE]))
    assert area_m2([HOLE, SQUARE]) == 0
    assert area_m2([]) == 0
