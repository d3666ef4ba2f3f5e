"""Text as people type it -> the value that is stored. Unclear text stays text.

Numbers are read as they are written in Indonesia: dots group thousands, a comma begins the
decimals. A lone dot is both, so one rule decides: a dot is a thousands separator exactly
where every group after it has three digits and the first group has one to three and no
leading zero. ``1.250`` is 1250 and ``0.250`` is a quarter, in every question, whole or
decimal; ``1250.5`` and ``12.5`` are decimals.
A screen echoes the value it understood. Nothing is guessed beyond that: ``1,250`` is 1.25,
``1.2E+15`` stays the text that was typed and is flagged.

A question whose name ends in a unit (``luas_m2``, ``jarak_km``) also reads measures, in that
unit: ``50 x 70`` and ``10 are`` are 3500 and 1000 m². ``UNITS`` has a row for each unit.

Each parser takes trimmed text that is not empty and never raises.
"""

import re
from decimal import Decimal
from typing import Any

from sync.forms.checks import is_date, is_date_and_time, is_point, is_time
from sync.revision import INTEGER_MAX

POINT_SOURCES = ("gps", "peta", "ketik")
"""``src`` of a point: read by the device, picked on the map, typed from paper or a message."""

_GROUPED = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?")
_GROUPED_ENGLISH = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+\.\d+")
_PLAIN = re.compile(r"\d+(?:[.,]\d+)?")
_DRESSED = re.compile(
    r"(?:rp\.?\s*)?(?P<sign>[-+\u2212]?)\s*(?:rp\.?\s*)?(?P<digits>[\d.,]+)"
    r"\s*(?P<suffix>%|rb|ribu|jt|juta|miliar|milyar)?",
    re.IGNORECASE | re.ASCII,
)
_MAGNITUDES = {"rb": 3, "ribu": 3, "jt": 6, "juta": 6, "miliar": 9, "milyar": 9}

UNITS: dict[str, dict[str, str]] = {
    "m2": {"m2": "1", "m²": "1", "meter persegi": "1", "are": "100", "ha": "10000", "hektar": "10000"},
    "m": {"m": "1", "meter": "1", "km": "1000", "cm": "0.01"},
    "cm": {"cm": "1", "m": "100", "meter": "100"},
    "km": {"km": "1", "m": "0.001", "meter": "0.001"},
    "kg": {"kg": "1", "kuintal": "100", "ton": "1000"},
    "va": {"va": "1", "kva": "1000"},
}
"""Last part of a question's name -> what may stand behind its number, and how many units that is."""

_PRODUCT = re.compile(
    r"(?P<one>[\d.,]+)\s*(?:m|meter)?\s*[x×*]\s*(?P<other>[\d.,]+)\s*(?:m|meter|m2|m²)?", re.I
)
_MEASURE = re.compile(r"(?P<digits>[\d.,]+)\s*(?P<unit>[a-z²][a-z0-9² ]*)", re.IGNORECASE)

_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(Z|[+-]\d{2}:\d{2})?", re.ASCII)
_COORDINATE = re.compile(r"[-+]?\d{1,6}(?:\.\d+)?", re.ASCII)

_YES = frozenset({"ya", "y", "yes", "true", "1", "ok"})
_NO = frozenset({"tidak", "t", "no", "n", "false", "0"})


def number(text: str) -> Any:
    """``1.250,5`` -> 1250.5, ``Rp 1,5 jt`` -> 1500000; whole numbers come back as integers."""
    dressed = _DRESSED.fullmatch(text)
    digits = _plain_digits(dressed["digits"]) if dressed else None
    if dressed is None or digits is None:
        return text
    value = Decimal(digits).scaleb(_MAGNITUDES.get((dressed["suffix"] or "").lower(), 0))
    return _as_number(-value if dressed["sign"] in ("-", "\u2212") else value, text)


def integer(text: str) -> Any:
    """As :func:`number`; a text with a fraction stays text."""
    value = number(text)
    return value if isinstance(value, int) else text


def measure(text: str, *, unit: str) -> Any:
    """As :func:`number`, in the unit of the question: ``10 are`` -> 1000 in m²."""
    value = number(text)
    if not isinstance(value, str) or unit not in UNITS:
        return value
    if unit == "m2" and (product := _PRODUCT.fullmatch(text)):
        sides = [_plain_digits(product["one"]), _plain_digits(product["other"])]
        return text if None in sides else _as_number(Decimal(str(sides[0])) * Decimal(str(sides[1])), text)
    match = _MEASURE.fullmatch(text)
    digits = _plain_digits(match["digits"]) if match else None
    factor = UNITS[unit].get(match["unit"].lower()) if match else None
    if digits is None or factor is None:
        return text
    return _as_number(Decimal(digits) * Decimal(factor), text)


def iso_date(text: str) -> Any:
    """``20/11/2026``, ``20-11-2026`` or ``2026-11-20`` -> ``2026-11-20``."""
    if match := _YEAR_FIRST.fullmatch(text):
        year, month, day = match.groups()
    elif match := _DAY_FIRST.fullmatch(text):
        day, month, year = match.groups()
    else:
        return text
    value = f"{year}-{int(month):02}-{int(day):02}"
    return value if is_date(value) else text


def clock_time(text: str) -> Any:
    """``8.30`` or ``08:30:00`` -> ``08:30``; seconds stay only where there are some."""
    match = _CLOCK.fullmatch(text)
    if match is None:
        return text
    hour, minute, second, offset = match.groups()
    seconds = f":{second}" if second not in (None, "00") else ""
    clock = f"{int(hour):02}:{minute}{seconds}{offset or ''}"
    return clock if is_time(clock) else text


def date_and_time(text: str) -> Any:
    """``20/11/2026 8.30`` -> ``2026-11-20T08:30``; an offset that was given stays."""
    day, _, clock = text.replace("T", " ", 1).partition(" ")
    value = f"{iso_date(day)}T{clock_time(clock.strip())}"
    return value if is_date_and_time(value) else text


def yes_or_no(text: str) -> Any:
    """``ya`` -> true, ``tidak`` -> false."""
    word = text.lower()
    if word in _YES:
        return True
    return False if word in _NO else text


def point(text: str) -> Any:
    """``-2.53,112.95,8`` (latitude, longitude, accuracy in metres) -> a point that was typed.

    With semicolons between the parts a comma may begin the decimals: ``-2,53; 112,95; 8``.
    """
    numbers = _coordinates(text)
    if numbers is None or len(numbers) not in (2, 3):
        return text
    value = dict(zip(("lat", "lon", "acc"), numbers, strict=False)) | {"src": "ketik"}
    return value if is_point(value) else text


def line(text: str) -> Any:
    """``lat lon; lat lon; …`` -> a GeoJSON LineString."""
    places = _places(text)
    if places is None or len(places) < 2:
        return text
    return {"type": "LineString", "coordinates": places}


def area(text: str) -> Any:
    """``lat lon; lat lon; lat lon; …`` -> a GeoJSON Polygon, its ring closed."""
    places = _places(text)
    if places is None:
        return text
    ring = places if places[0] == places[-1] else [*places, places[0]]
    if len(ring) < 4:
        return text
    return {"type": "Polygon", "coordinates": [ring]}


def as_typed(text: str) -> Any:
    """The text itself."""
    return text


def _as_number(value: Decimal, text: str) -> Any:
    """A whole number as an integer; the text where no JSON number holds it exactly enough."""
    if abs(value) > INTEGER_MAX:
        return text
    return int(value) if value == value.to_integral_value() else float(value)


def _plain_digits(digits: str) -> str | None:
    """Digits with at most a decimal dot, or ``None`` where the separators make no number."""
    if _GROUPED.fullmatch(digits):
        return digits.replace(".", "").replace(",", ".")
    if _GROUPED_ENGLISH.fullmatch(digits):
        return digits.replace(",", "")
    return digits.replace(",", ".") if _PLAIN.fullmatch(digits) else None


def _coordinates(text: str) -> list[float] | None:
    """The numbers of one place, parted by semicolons, commas or spaces."""
    if ";" in text:
        parts = [part.replace(",", ".") for part in text.split(";")]
    else:
        parts = text.replace(",", " ").split()
    parts = [part.strip() for part in parts]
    if not all(_COORDINATE.fullmatch(part) for part in parts):
        return None
    return [float(part) for part in parts]


def _places(text: str) -> list[list[float]] | None:
    """``[[lon, lat], …]`` of places parted by semicolons, whatever follows lat and lon left out."""
    places = [_coordinates(place) for place in text.rstrip("; ").split(";")]
    if any(place is None or len(place) < 2 or not _on_earth(place) for place in places):
        return None
    return [[place[1], place[0]] for place in places if place is not None]


def _on_earth(numbers: list[float]) -> bool:
    return abs(numbers[0]) <= 90 and abs(numbers[1]) <= 180
