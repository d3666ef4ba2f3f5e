"""What people type is read as they mean it, or kept as they typed it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.forms import parse
from sync.forms.types import METADATA_TYPES, QUESTION_TYPES

PARSERS = [question_type.parse for question_type in QUESTION_TYPES.values()]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.250,5", 1250.5),
        ("1,250.5", 1250.5),
        ("1250.5", 1250.5),
        ("1250,5", 1250.5),
        ("1250", 1250),
        ("1.250", 1250),
        ("1.250.000", 1250000),
        ("12.5", 12.5),
        ("0.250", 0.25),
        ("1250.500", 1250.5),
        ("1,250", 1.25),
        ("25,61", 25.61),
        ("25,00", 25),
        ("-7", -7),
        ("\u22127,5", -7.5),
        ("+7", 7),
        ("007", 7),
        ("Rp 1.500.000", 1500000),
        ("-Rp 1.500", -1500),
        ("Rp -1.500", -1500),
        ("1,5 jt", 1500000),
        ("rp1,5juta", 1500000),
        ("750 rb", 750000),
        ("2 ribu", 2000),
        ("1,2 miliar", 1200000000),
        ("25,61 %", 25.61),
    ],
)
def test_a_number_is_read_as_it_is_written_in_indonesia(text, value):
    parsed = parse.number(text)

    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("1.250,5", "m2", 1250.5),
        ("50 x 70", "m2", 3500),
        ("50,5 m × 70 m", "m2", 3535),
        ("10 are", "m2", 1000),
        ("0,35 ha", "m2", 3500),
        ("2 km", "m", 2000),
        ("1,2 km", "km", 1.2),
        ("500 m", "km", 0.5),
        ("1,5 ton", "kg", 1500),
        ("1,3 kVA", "va", 1300),
        ("1,5 jt", "rp", 1500000),
    ],
)
def test_a_measure_is_read_in_the_unit_of_its_question(text, unit, value):
    assert parse.measure(text, unit=unit) == value


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("50 x 70", "m"),
        ("50 x 70 x 2", "m2"),
        ("1.2.3 x 5", "m2"),
        ("10 are", "m"),
        ("10 are", "rp"),
        ("1.2.3 ha", "m2"),
        ("kira-kira", "m2"),
        ("999999999999 ha", "m2"),
    ],
)
def test_a_measure_that_does_not_fit_its_question_stays_text(text, unit):
    assert parse.measure(text, unit=unit) == text


@pytest.mark.parametrize(
    "text",
    [
        "kira-kira 5",
        "50 x 70",
        "1.2E+15",
        "1.2.3",
        "1,2,3",
        "1.25.000",
        "12.",
        ",5",
        ".",
        "10 are",
        "nan",
        "inf",
        "9007199254740993",
        "9.007.199 miliar jt",
        "99999999999 juta",
    ],
)
def test_a_text_that_is_no_clear_number_stays_text(text):
    assert parse.number(text) == text


def test_a_whole_number_has_no_fraction():
    assert parse.integer("1.250") == 1250
    assert parse.integer("3,0") == 3
    assert parse.integer("3,5") == "3,5"
    assert parse.integer("banyak") == "banyak"


@given(st.integers(-(2**53) + 1, 2**53 - 1))
def test_a_whole_number_is_read_back_with_and_without_dots(value):
    grouped = f"{value:,}".replace(",", ".")

    assert parse.integer(str(value)) == value
    assert parse.integer(grouped) == value


@given(st.decimals(-1000000, 1000000, places=2))
def test_a_decimal_written_the_indonesian_way_is_read_back(value):
    text = f"{value:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")

    assert parse.number(text) == float(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20/11/2026", "2026-11-20"),
        ("2026-11-20", "2026-11-20"),
        ("2026/1/5", "2026-01-05"),
        ("5-1-2026", "2026-01-05"),
        ("5.1.2026", "2026-01-05"),
        ("31/02/2026", "31/02/2026"),
        ("11/20/2026", "11/20/2026"),
        ("20/11/26", "20/11/26"),
        ("kemarin", "kemarin"),
    ],
)
def test_a_date_has_the_day_first_or_the_year(text, value):
    assert parse.iso_date(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("8.30", "08:30"),
        ("08:30:00", "08:30"),
        ("08:30:15", "08:30:15"),
        ("8:30+07:00", "08:30+07:00"),
        ("24:00", "24:00"),
        ("8:75", "8:75"),
        ("pagi", "pagi"),
    ],
)
def test_a_time_of_day(text, value):
    assert parse.clock_time(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20/11/2026 8.30", "2026-11-20T08:30"),
        ("2026-11-20T08:30:15+07:00", "2026-11-20T08:30:15+07:00"),
        ("20/11/2026", "20/11/2026"),
        ("20/11/2026 pagi", "20/11/2026 pagi"),
    ],
)
def test_a_date_and_a_time(text, value):
    assert parse.date_and_time(text) == value


@pytest.mark.parametrize(
    ("text", "value"), [("Ya", True), ("1", True), ("tidak", False), ("mungkin", "mungkin")]
)
def test_yes_or_no(text, value):
    assert parse.yes_or_no(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-2.53,112.95,8", {"lat": -2.53, "lon": 112.95, "acc": 8, "src": "ketik"}),
        ("-2.53, 112.95", {"lat": -2.53, "lon": 112.95, "src": "ketik"}),
        ("-2.53 112.95 8", {"lat": -2.53, "lon": 112.95, "acc": 8, "src": "ketik"}),
        ("-2,53; 112,95; 8", {"lat": -2.53, "lon": 112.95, "acc": 8, "src": "ketik"}),
    ],
)
def test_a_point_is_typed_as_latitude_longitude_accuracy(text, value):
    assert parse.point(text) == value


@pytest.mark.parametrize("text", ["-2.53", "91,112", "-2,181", "1,2,3,4", "di sini", "-2,x", "-2.5,112,-8"])
def test_a_text_that_is_no_place_stays_text(text):
    assert parse.point(text) == text


def test_a_line_and_an_area_become_geojson():
    ring = [[112.0, -2.0], [113.0, -2.0], [113.0, -3.0], [112.0, -2.0]]

    assert parse.line("-2 112; -2 113;") == {"type": "LineString", "coordinates": ring[:2]}
    assert parse.area("-2 112 0 5; -2 113; -3 113") == {"type": "Polygon", "coordinates": [ring]}
    assert parse.area("-2 112; -2 113; -3 113; -2 112") == {"type": "Polygon", "coordinates": [ring]}


@pytest.mark.parametrize("text", ["-2 112", "-2 112; -2", "-2 112; x y", "-2 112; 95 112", ";"])
def test_places_that_make_no_line_stay_text(text):
    assert parse.line(text) == text
    assert parse.area(text) == text


def test_two_places_make_no_area():
    assert parse.area("-2 112; -2 113") == "-2 112; -2 113"


@given(st.text(min_size=1).map(str.strip).filter(bool), st.sampled_from(PARSERS))
def test_no_text_is_refused(text, parser):
    value = parser(text)

    assert value == text or not isinstance(value, str) or value
    assert not isinstance(value, float) or math.isfinite(value)


@given(
    st.one_of(
        st.from_regex(r"[-+]?(Rp ?)?[\d.,]{1,25} ?(jt|miliar|%)?", fullmatch=True),
        st.from_regex(r"[\d/.-]{8,10}[ T][\d:.]{4,8}", fullmatch=True),
        st.from_regex(r"[-\d., ;]{3,40}", fullmatch=True),
    )
    .map(str.strip)
    .filter(bool),
    st.sampled_from([name for name in QUESTION_TYPES if QUESTION_TYPES[name].value_kind != "none"]),
)
def test_what_is_understood_passes_the_check_of_its_type(text, name):
    question_type = QUESTION_TYPES[name]
    value = question_type.parse(text)

    assert value == text or question_type.check(value)


def test_metadata_types_are_no_question_types():
    assert not METADATA_TYPES & QUESTION_TYPES.keys()
