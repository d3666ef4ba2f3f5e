"""Question types: one row says all that the product knows of a type.

A new type is a new row, a parser and a check; the screen maps ``widget``, the exports map
``cell``. ``docs/reference/question-types.md`` is written from this table.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from sync.forms import checks, parse


class QuestionType(msgspec.Struct, frozen=True):
    """How answers of a type are typed in, checked, asked and exported.

    ``value_kind``: the JSON of an answer. ``parse``: trimmed text that is not empty -> value
    (choices are matched in ``answers.typed``, which knows the form). ``check``: whether a
    value has the right shape. ``widget``: what the screen shows. ``cell``: what an export
    makes of it.
    """

    value_kind: str
    parse: Callable[[str], Any]
    check: Callable[[Any], bool]
    widget: str
    cell: str


QUESTION_TYPES: dict[str, QuestionType] = {
    "text": QuestionType("text", parse.as_typed, checks.is_text, "text", "text"),
    "integer": QuestionType("number", parse.integer, checks.is_integer, "number", "number"),
    "decimal": QuestionType("number", parse.number, checks.is_number, "number", "number"),
    "range": QuestionType("number", parse.number, checks.is_number, "slider", "number"),
    "date": QuestionType("text", parse.iso_date, checks.is_date, "date", "date"),
    "time": QuestionType("text", parse.clock_time, checks.is_time, "time", "time"),
    "datetime": QuestionType("text", parse.date_and_time, checks.is_date_and_time, "datetime", "datetime"),
    "select_one": QuestionType("text", parse.as_typed, checks.is_text, "choice", "choice"),
    "select_one_from_file": QuestionType("text", parse.as_typed, checks.is_text, "choice", "text"),
    "select_multiple": QuestionType("boolean", parse.yes_or_no, checks.is_boolean, "choices", "choices"),
    "acknowledge": QuestionType("boolean", parse.yes_or_no, checks.is_boolean, "confirm", "boolean"),
    "geopoint": QuestionType("object", parse.point, checks.is_point, "point", "point"),
    "geotrace": QuestionType("object", parse.line, checks.is_line, "line", "geometry"),
    "geoshape": QuestionType("object", parse.area, checks.is_area, "area", "geometry"),
    "image": QuestionType("object", parse.as_typed, checks.is_attachment, "photo", "files"),
    "file": QuestionType("object", parse.as_typed, checks.is_attachment, "file", "files"),
    "barcode": QuestionType("text", parse.as_typed, checks.is_text, "scan", "text"),
    "hidden": QuestionType("text", parse.as_typed, checks.is_text, "none", "text"),
    "note": QuestionType("none", parse.as_typed, checks.is_never, "note", "none"),
    "calculate": QuestionType("none", parse.as_typed, checks.is_never, "none", "none"),
    "unit": QuestionType("object", parse.as_typed, checks.is_object, "group", "columns"),
    "repeat": QuestionType("none", parse.as_typed, checks.is_never, "rows", "rows"),
}

METADATA_TYPES = frozenset({"start", "end", "today", "deviceid", "username", "phonenumber", "email", "audit"})
"""Types that describe the filling in of a form and are never fields of a record."""
