"""A value is judged by its shape alone, whichever client wrote it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.forms import checks
from sync.forms.types import QUESTION_TYPES

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
PLACE, OTHER, THIRD = [112.0, -2.0], [113.0, -2.0], [113.0, -3.0]
RING = [PLACE, OTHER, THIRD, PLACE]


def line(*places: object) -> dict[str, object]:
    return {"type": "LineString", "coordinates": list(places)}


def area(*rings: object) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": list(rings)}


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (checks.is_text, ""),
        (checks.is_boolean, False),
        (checks.is_number, 0),
        (checks.is_number, 1.5),
        (checks.is_integer, 3),
        (checks.is_integer, 3.0),
        (checks.is_date, "2028-02-29"),
        (checks.is_time, "08:30"),
        (checks.is_time, "08:30:15.250+07:00"),
        (checks.is_time, "08:30Z"),
        (checks.is_date_and_time, "2026-11-20T08:30"),
        (checks.is_point, {"lat": -2, "lon": 112.5}),
        (checks.is_point, {"lat": -2, "lon": 112.5, "acc": 0, "src": "gps", "alt": 12}),
        (checks.is_line, line(PLACE, [*OTHER, 17.5])),
        (checks.is_area, area(RING, RING)),
        (checks.is_attachment, {"bytes": 12, "type": "image/jpeg", "lat": None}),
        (checks.is_object, {}),
    ],
)
def test_a_value_of_the_right_shape_fits(check, value):
    assert check(value)


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (checks.is_text, 1),
        (checks.is_boolean, 1),
        (checks.is_number, True),
        (checks.is_number, "1"),
        (checks.is_integer, 3.5),
        (checks.is_integer, float("inf")),
        (checks.is_date, "2026-02-30"),
        (checks.is_date, "20261120"),
        (checks.is_date, 20261120),
        (checks.is_time, "8:30"),
        (checks.is_time, "24:00"),
        (checks.is_time, 830),
        (checks.is_date_and_time, "2026-11-20 08:30"),
        (checks.is_date_and_time, "2026-11-20T"),
        (checks.is_date_and_time, None),
        (checks.is_point, {"lat": 112.5, "lon": -2}),
        (checks.is_point, {"lat": -2}),
        (checks.is_point, {"lat": -2, "lon": "112"}),
        (checks.is_point, {"lat": -2, "lon": 112, "acc": -1}),
        (checks.is_point, {"lat": -2, "lon": 112, "acc": "8"}),
        (checks.is_point, {"lat": -2, "lon": 112, "src": 1}),
        (checks.is_point, [-2, 112]),
        (checks.is_line, area(RING)),
        (checks.is_line, line(PLACE)),
        (checks.is_line, line(PLACE, [1])),
        (checks.is_line, line(PLACE, "x")),
        (checks.is_line, line(PLACE, [181, 0])),
        (checks.is_line, {"type": "LineString"}),
        (checks.is_line, "x"),
        (checks.is_area, line(PLACE, OTHER)),
        (checks.is_area, area()),
        (checks.is_area, area(RING[:3])),
        (checks.is_area, area([PLACE, OTHER, THIRD, OTHER])),
        (checks.is_area, area("x")),
        (checks.is_attachment, {"bytes": "12", "type": "image/jpeg"}),
        (checks.is_attachment, {"bytes": 12}),
        (checks.is_attachment, "x"),
        (checks.is_object, []),
        (checks.is_never, "x"),
    ],
)
def test_a_value_of_another_shape_does_not_fit(check, value):
    assert not check(value)


@given(JSON, st.sampled_from(sorted(QUESTION_TYPES)))
def test_any_json_can_be_judged(value, name):
    assert QUESTION_TYPES[name].check(value) in (True, False)
