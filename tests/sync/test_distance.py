"""Metres between two points."""

from __future__ import annotations

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st

from sync.distance import distance_m

near = st.floats(-0.01, 0.01)


@given(st.floats(-60, 60), st.floats(-180, 180), near, near)
def test_a_kilometre_is_exact_to_two_centimetres(lat, lon, north, east):
    exact_m = Geodesic.WGS84.Inverse(lat, lon, lat + north, lon + east)["s12"]

    assert distance_m(lat, lon, lat + north, lon + east) == pytest.approx(exact_m, abs=0.02)


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180))
def test_the_way_back_is_as_long(lat, lon, other_lat, other_lon):
    assert distance_m(lat, lon, other_lat, other_lon) == distance_m(other_lat, other_lon, lat, lon)


def test_the_date_line_is_no_distance():
    assert distance_m(0, 179.9999, 0, -179.9999) == pytest.approx(22.26, abs=0.01)
