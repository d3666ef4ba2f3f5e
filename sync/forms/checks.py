"""Whether a value has the shape of its question type. Values come from any client, so any JSON."""

import re
from datetime import date
from typing import Any

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)


def is_text(value: Any) -> bool:
    """Whether a value is text."""
    return isinstance(value, str)


def is_boolean(value: Any) -> bool:
    """Whether a value is true or false."""
    return isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether a value is a JSON number (true and false are not)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_integer(value: Any) -> bool:
    """Whether a value is a whole number; ``3.0`` is one, as JavaScript has no other."""
    return value.__class__ is int or (is_number(value) and float(value).is_integer())


def is_date(value: Any) -> bool:
    """Whether a value is the text of a calendar date, ``2026-11-20``."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_time(value: Any) -> bool:
    """Whether a value is the text of a time of day, ``08:30``, ``08:30:15``, ``08:30+07:00``."""
    return isinstance(value, str) and _TIME.fullmatch(value) is not None


def is_date_and_time(value: Any) -> bool:
    """Whether a value is the text of a date and a time, ``2026-11-20T08:30``."""
    return isinstance(value, str) and value[10:11] == "T" and is_date(value[:10]) and is_time(value[11:])


def is_point(value: Any) -> bool:
    """Whether a value is a place on Earth, ``{"lat", "lon"}`` and perhaps ``"acc"`` and ``"src"``."""
    if not isinstance(value, dict) or not _is_place(value.get("lon"), value.get("lat")):
        return False
    accuracy_m, source = value.get("acc", 0), value.get("src", "")
    return is_number(accuracy_m) and accuracy_m >= 0 and isinstance(source, str)


def is_line(value: Any) -> bool:
    """Whether a value is a GeoJSON LineString of at least two places."""
    return _is_geometry(value, "LineString") and _are_places(value["coordinates"], places_min=2)


def is_area(value: Any) -> bool:
    """Whether a value is a GeoJSON Polygon whose rings are closed."""
    if not _is_geometry(value, "Polygon"):
        return False
    rings = value["coordinates"]
    return bool(rings) and all(_are_places(ring, places_min=4) and ring[0] == ring[-1] for ring in rings)


def is_attachment(value: Any) -> bool:
    """Whether a value describes an attachment, ``{"bytes", "type", …}``."""
    return isinstance(value, dict) and is_integer(value.get("bytes")) and isinstance(value.get("type"), str)


def is_object(value: Any) -> bool:
    """Whether a value is an object of answers."""
    return isinstance(value, dict)


def is_never(value: Any) -> bool:
    """False: this type has no value of its own."""
    return False


def _is_geometry(value: Any, kind: str) -> bool:
    return (
        isinstance(value, dict) and value.get("type") == kind and isinstance(value.get("coordinates"), list)
    )


def _are_places(places: Any, *, places_min: int) -> bool:
    if not isinstance(places, list) or len(places) < places_min:
        return False
    for place in places:  # without calls: a walked boundary is long, and an export checks 100,000
        if place.__class__ is list and len(place) == 2:
            longitude, latitude = place
            both_plain = longitude.__class__ is float and latitude.__class__ is float
            if both_plain and -180 <= longitude <= 180 and -90 <= latitude <= 90:
                continue
        if not isinstance(place, list) or len(place) < 2 or not _is_place(place[0], place[1]):
            return False
    return True


def _is_place(longitude: Any, latitude: Any) -> bool:
    both_plain = longitude.__class__ is float and latitude.__class__ is float  # as nearly all are
    if not both_plain and not (is_number(longitude) and is_number(latitude)):
        return False
    return bool(-180 <= longitude <= 180 and -90 <= latitude <= 90)
