"""Whether answers fit the place that their entry names: notes that block nothing.

A point is compared with the boundaries of villages where there are some, a size with what a
parcel can be, and a boundary that somebody walked with the size that was written down.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from sync.area import titled_name
from sync.forms.checks import is_area, is_number, is_point
from sync.forms.document import is_in_deleted_row
from sync.forms.model import Form, Question
from sync.polygons import Box, Shape, area_m2, contains, distance_to_m

POINT_OUTSIDE = "point-outside-village"
FLIPPED = "latitude-flipped"
AREA_IMPLAUSIBLE = "area-implausible"

INDONESIA = Box(west=95.0, south=-11.0, east=141.0, north=6.1)

BOUNDARY_TOLERANCE_M = 50.0
"""Public boundaries of villages are not surveyed to better than this."""

PARCEL_M2_MIN = 20.0
"""A smaller size is a wrong unit, or a number that only filled the field."""

SIZE_DIFFERENCE_MAX = 0.30
"""Part of the size written down by which a walked boundary may differ from it."""


class Atlas(Protocol):
    """The boundaries of villages that this side has."""

    def boundary(self, village: str) -> Shape | None:
        """The boundary of a village; ``None`` where it is not here."""
        ...

    def around(self, lat: float, lon: float) -> Iterable[tuple[str, Shape]]:
        """The few villages that may contain a point, by code."""
        ...


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """One note. ``village``: where the point lies, as far as that is known.

    ``away_m``: how far outside the entry's village. ``size_m2`` was written down, ``drawn_m2``
    lies inside the boundary that was walked.
    """

    field: str
    code: str
    village: str = ""
    away_m: float | None = None
    size_m2: float | None = None
    drawn_m2: float | None = None


class Sought(msgspec.Struct, frozen=True):
    """The questions of a form that have to do with places and sizes, in form order.

    ``outline``: the boundary that ``sizes`` is compared with, where the form has one of each.
    """

    questions: tuple[Question, ...]
    outline: str = ""


def sought_in(form: Form) -> Sought:
    """The questions whose answers :func:`notes` judges."""
    found = tuple(
        question for question in form.questions if question.type == "geopoint" or _is_size(question)
    )
    outlines = [question.name for question in form.questions if _is_single(question, "geoshape")]
    sizes = [question for question in found if _is_size(question) and not question.repeat]
    return Sought(found, outlines[0] if len(outlines) == len(sizes) == 1 else "")


def notes(
    sought: Sought, shown: Mapping[str, Any], villages: Sequence[str], atlas: Atlas | None
) -> Iterator[Note]:
    """The notes on a record's shown values, in form order.

    ``villages``: those that the record belongs to; a point fits that lies in one of them. A
    value that does not fit its question, and a sealed one, are not judged here.
    """
    for question in sought.questions:
        is_plain = not question.repeat and not question.unit
        if is_plain and question.name not in shown:
            continue  # in an export of 100,000, most of what is sought is not there
        found = ((question.name, shown[question.name]),) if is_plain else _answers(question, shown)
        for field, value in found:
            if question.type == "geopoint":
                note = _of_point(field, value, villages, atlas) if is_point(value) else None
            else:
                outline = shown.get(sought.outline) if not question.repeat else None
                note = _of_size(field, value, outline) if is_number(value) else None
            if note is not None:
                yield note


def message(note: Note, name_of: Callable[[str], str | None], say: Callable[..., str], language: str) -> str:
    """What a note says: ``Titik berada di Desa X (Kec. Y), 2,3 km di luar desa entri.``

    ``name_of``: the name that the area list gives a code; ``say``: a text of the catalogue.
    """
    if note.away_m is not None:
        distance = _distance(note.away_m, language)
        if note.village:
            return say(
                "located.point-in-other-village",
                place=titled_name(note.village, name_of, say),
                distance=distance,
            )
        return say("located.point-in-no-village", distance=distance)
    if note.drawn_m2 is not None and note.size_m2 is not None:
        sizes = {"drawn": _number(note.drawn_m2, language), "written": _number(note.size_m2, language)}
        return say("located.area-unlike-boundary", **sizes)
    return say(f"flag.{note.code}")


def _is_size(question: Question) -> bool:
    return question.name.endswith("_m2") and question.type in ("decimal", "integer")


def _is_single(question: Question, type: str) -> bool:
    return question.type == type and not question.repeat and not question.unit


def _answers(question: Question, shown: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Field, or member of a unit group (``ukuran.luas_m2``), and value; in a repeat, of each row."""
    holder = question.unit or question.name
    fields = [holder] if not question.repeat else _fields_of_rows(question.repeat, holder, shown)
    for field in fields:
        value = shown.get(field)
        if not question.unit:
            yield field, value
        elif isinstance(value, dict):
            yield f"{field}.{question.name}", value.get(question.name)


def _fields_of_rows(repeat: str, name: str, shown: Mapping[str, Any]) -> list[str]:
    start, end = f"{repeat}/", f"/{name}"
    fields = sorted(field for field in shown if field.startswith(start) and field.endswith(end))
    return [field for field in fields if not is_in_deleted_row(field, shown)]


def _of_point(
    field: str, point: Mapping[str, Any], villages: Sequence[str], atlas: Atlas | None
) -> Note | None:
    lat, lon = point["lat"], point["lon"]
    if atlas is None:
        return Note(field=field, code=FLIPPED) if _is_flipped(lat, lon, (), None) else None
    shapes = [shape for village in villages if (shape := atlas.boundary(village))]
    if any(contains(shape, lat, lon) for shape in shapes):
        return None
    if _is_flipped(lat, lon, shapes, atlas):
        return Note(field=field, code=FLIPPED)
    # A village without a boundary may be a new one, inside the old boundary of its neighbour.
    if not shapes:
        return None
    away_m = min(distance_to_m(shape, lat, lon) for shape in shapes)
    if away_m <= BOUNDARY_TOLERANCE_M + point.get("acc", 0):
        return None
    return Note(field=field, code=POINT_OUTSIDE, village=_village_at(atlas, lat, lon), away_m=away_m)


def _is_flipped(lat: float, lon: float, shapes: Sequence[Shape], atlas: Atlas | None) -> bool:
    """Whether a point would lie where it should with the other sign of its latitude."""
    if not INDONESIA.holds(lat, lon):
        return INDONESIA.holds(-lat, lon)
    if any(contains(shape, -lat, lon) for shape in shapes):
        return True
    return atlas is not None and not _village_at(atlas, lat, lon) and bool(_village_at(atlas, -lat, lon))


def _village_at(atlas: Atlas, lat: float, lon: float) -> str:
    return next((village for village, shape in atlas.around(lat, lon) if contains(shape, lat, lon)), "")


def _of_size(field: str, size_m2: float, outline: Any) -> Note | None:
    if size_m2 < PARCEL_M2_MIN:
        return Note(field=field, code=AREA_IMPLAUSIBLE, size_m2=size_m2)
    if not is_area(outline):
        return None
    drawn_m2 = area_m2(outline["coordinates"])
    if abs(drawn_m2 - size_m2) <= SIZE_DIFFERENCE_MAX * size_m2:
        return None
    return Note(field=field, code=AREA_IMPLAUSIBLE, size_m2=size_m2, drawn_m2=drawn_m2)


def _distance(metres: float, language: str) -> str:
    """``350 m``, ``2,3 km``, ``960 km``."""
    if metres < 950:
        return f"{_number(metres, language)} m"
    return f"{_number(metres / 1000, language, decimals=0 if metres >= 99_950 else 1)} km"


def _number(value: float, language: str, *, decimals: int = 0) -> str:
    written = f"{value:,.{decimals}f}"
    return written if language == "en" else written.translate(str.maketrans(",.", ".,"))
