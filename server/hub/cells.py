"""From shown values to the columns and cells of a table: one place for every export format.

*Not known*, *not applicable*, *cleared* and *never answered* stay four different things.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from server.exports.table import NUMBER, ROWS, Cell, Column
from server.texts import LANGUAGES, text
from sync.forms.model import ATTACHMENTS, WITHOUT_FIELD, Form, Question, field_of
from sync.forms.parse import UNITS
from sync.forms.types import QUESTION_TYPES
from sync.policies import is_point, is_sealed
from sync.revision import NOT_APPLICABLE, UNKNOWN

NOT_KNOWN = "(tidak diketahui)"
APPLIES_NOT = "(tidak berlaku)"
CLEARED = "(kosong)"
CLOSED = "(tertutup)"
NONE_CHOSEN = "(tidak ada)"

FIRST_COLUMNS = ("record", "form_version", "area_code", "regency", "district", "village")
LAST_COLUMNS = (
    "other_fields",
    "conflicts",
    "flags",
    "held",
    "saved_at",
    "saved_by",
    "organisation",
    "observed_on",
    "received_at",
)
DELETED_COLUMN = "deleted"
ROW_COLUMN = "row"

_FIXED = frozenset({*FIRST_COLUMNS, *LAST_COLUMNS, DELETED_COLUMN, ROW_COLUMN})
_ARITHMETIC = frozenset({"+", "-", "*", "div", "mod", "negative", "abs", "int", "floor", "ceiling", "round"})
_TO_NUMBER = frozenset({"number", "sum", "min", "max", "string-length", "count-selected", "count-non-empty"})
_POINT_PARTS = {"lat": "°", "lon": "°", "acc": "m"}


class Answers(msgspec.Struct, frozen=True):
    """Shown values, taken apart once: those of plain fields, and ``{first part: {rest: value}}``.

    Fields of rows whose deletion counts, and the deletions themselves, are not in it.
    ``calculated``: what the form calculates from them, by question or ``pengurus/<row>/name``.
    """

    plain: dict[str, Any]
    parts: dict[str, dict[str, Any]]
    calculated: Mapping[str, Any] = {}


class Columns(msgspec.Struct, frozen=True):
    """The columns that one question takes, and what fills them.

    ``plain``: the field whose value ``cell_of`` makes the only cell, as for most questions.
    """

    question: str
    columns: tuple[Column, ...]
    cells: Callable[[Answers], Sequence[Cell]]
    plain: str = ""


def answers_of(shown: Mapping[str, Any], *, deleted_rows: Sequence[str] = ()) -> Answers:
    """The shown values of a record or of a row, by field name."""
    plain: dict[str, Any] = {}
    parts: dict[str, dict[str, Any]] = {}
    gone = tuple(f"{row}/" for row in deleted_rows)
    for field, value in shown.items():
        if "/" not in field:
            plain[field] = value
        elif not field.endswith("/_deleted") and not (gone and field.startswith(gone)):
            first, _, rest = field.partition("/")
            if first in parts:
                parts[first][rest] = value
            else:
                parts[first] = {rest: value}
    return Answers(plain, parts)


def columns_of(form: Form, *, labels: str = "") -> list[Columns]:
    """The columns of every question that has answers or is calculated, in form order.

    ``labels``: write choices in the words of this language instead of their codes.
    """
    return [
        _columns(form, question, labels)
        for question in form.questions
        if not question.repeat and (question.type == "repeat" or _has_column(question))
    ]


def member_columns(form: Form, repeat: str, *, labels: str = "") -> list[Columns]:
    """The same for the questions of a repeat; they read the answers of one row."""
    return [
        _columns(form, question, labels)
        for question in form.questions
        if question.repeat == repeat and _has_column(question)
    ]


def rows_in(answers: Answers, repeat: str) -> list[tuple[str, Answers]]:
    """The rows of a repeat by id, each with its answers and what is calculated in it."""
    rows: dict[str, dict[str, Any]] = {}
    for path, value in answers.parts.get(repeat, {}).items():
        row, _, name = path.partition("/")
        rows.setdefault(row, {})[name] = value
    of_rows = _calculated_in(answers, repeat) if answers.calculated else {}
    return [
        (row, msgspec.structs.replace(answers_of(rows[row]), calculated=of_rows.get(row, {})))
        for row in sorted(rows)
    ]


def is_calculated(question: Question) -> bool:
    """Whether a question has a value that nobody answers."""
    return question.type == "calculate" and question.calculation is not None


def fixed_column(name: str) -> Column:
    """A column that every form has."""
    about = {language: text(f"server.export.column.{name}", language) for language in LANGUAGES}
    return Column(name=name, kind=NUMBER if name == "held" else "text", about=about)


def other_fields(form: Form, answers: Answers) -> Cell:
    """Answers to questions that this form version does not have, as JSON; empty where there are none."""
    known = form.plain_fields
    others = {name: answers.plain[name] for name in answers.plain.keys() - known.keys() if name[:1] != "_"}
    for first, parts in answers.parts.items():
        question = form.by_name.get(first)
        if question is not None and question.type == "select_multiple" and "/" not in "".join(parts):
            continue  # an option that the form does not know still belongs to its question
        for rest, value in parts.items():
            if first[:1] != "_" and field_of(form, f"{first}/{rest}") is None:
                others[f"{first}/{rest}"] = value
    if not others:
        return None
    return _json({name: CLOSED if is_sealed(others[name]) else others[name] for name in sorted(others)})


def cell_of(value: Any) -> Cell:
    """The cell of a value that is not a choice, a point, or an answer in parts."""
    if isinstance(value, str):
        return value
    if value is None:
        return CLEARED
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    if isinstance(value, (int, float)):
        return value
    if value == UNKNOWN:
        return NOT_KNOWN
    if value == NOT_APPLICABLE:
        return APPLIES_NOT
    return CLOSED if is_sealed(value) else _json(value)


def _has_column(question: Question) -> bool:
    if question.type in WITHOUT_FIELD:
        return is_calculated(question)
    return question.type != "unit"


def _columns(form: Form, question: Question, labels: str) -> Columns:
    name = f"q_{question.name}" if question.name in _FIXED else question.name
    holder = form.by_name[question.unit] if question.unit else question
    if is_calculated(question):
        kind = NUMBER if _gives_number(question.calculation) else "text"
        return Columns(question.name, (_column(question, name, kind=kind),), _calculation(question))
    if "restricted" in (question.security, holder.security):
        return Columns(holder.name, (_column(question, name, kind="text"),), _closed(holder))
    if question.type == "geopoint" and not question.unit:
        columns = tuple(
            msgspec.structs.replace(_column(question, f"{name}_{part}", kind=NUMBER), unit=unit)
            for part, unit in _POINT_PARTS.items()
        )
        return Columns(question.name, columns, _point(question))
    kind = ROWS if question.type == "repeat" else QUESTION_TYPES[question.type].cell
    words = _words_of(form, question, labels)
    fill = _member(question, words) if question.unit else _fill(form, question, words)
    in_parts = question.unit or question.type in {*ATTACHMENTS, "select_multiple", "repeat"}
    plain = "" if in_parts or words else question.name
    return Columns(holder.name, (_column(question, name, kind=kind),), fill, plain)


def _column(question: Question, name: str, *, kind: str) -> Column:
    unit = question.name.rpartition("_")[2]
    return Column(
        name=name,
        kind=kind,
        about=question.labels,
        hint=question.hints,
        unit=unit if unit in UNITS else "",
        code_list=question.list_name,
        security=question.security,
        calculated=is_calculated(question),
    )


Fill = Callable[[Answers], Sequence[Cell]]


def _fill(form: Form, question: Question, words: Mapping[str, str]) -> Fill:
    if question.type == "select_multiple":
        return _options(form, question, words)
    if question.type in ATTACHMENTS:
        return lambda answers: [_attachments(answers.parts.get(question.name))]
    if question.type == "repeat":
        return lambda answers: [_rows(form, answers, question.name)]
    name = question.name
    if words:
        return lambda answers: [_worded(words, answers.plain[name]) if name in answers.plain else None]
    return lambda answers: [cell_of(answers.plain[name]) if name in answers.plain else None]


def _point(question: Question) -> Fill:
    name = question.name

    def fill(answers: Answers) -> Sequence[Cell]:
        if name not in answers.plain:
            return [None, None, None]
        value = answers.plain[name]
        if not is_point(value):
            return [cell_of(value), None, None]
        return [value["lat"], value["lon"], cell_of(value["acc"]) if "acc" in value else None]

    return fill


def _member(question: Question, words: Mapping[str, str]) -> Fill:
    """The answer inside its unit's object; what the whole unit says where it is no object of answers."""

    def fill(answers: Answers) -> Sequence[Cell]:
        if question.unit not in answers.plain:
            return [None]
        value = answers.plain[question.unit]
        if not isinstance(value, dict) or "$" in value or is_sealed(value):
            return [cell_of(value)]
        return [_worded(words, value[question.name]) if question.name in value else None]

    return fill


def _options(form: Form, question: Question, words: Mapping[str, str]) -> Fill:
    """The chosen codes, joined by spaces; where none is, what the options say together.

    Words are joined by semicolons, for they hold spaces and commas themselves.
    """
    order = {choice.name: place for place, choice in enumerate(form.choices.get(question.list_name, ()))}

    def fill(answers: Answers) -> Sequence[Cell]:
        found = answers.parts.get(question.name)
        if not found:
            return [None]
        chosen = [option for option, value in found.items() if value is True]
        if chosen:
            chosen.sort(key=lambda option: (order.get(option, len(order)), option))
            return ["; ".join(words.get(name, name) for name in chosen) if words else " ".join(chosen)]
        if any(value is False for value in found.values()):
            return [NONE_CHOSEN]
        return [cell_of(next(iter(found.values())))]

    return fill


def _attachments(found: Mapping[str, Any] | None) -> Cell:
    """The SHA-256 of every photo or file that is there, joined by spaces."""
    if not found:
        return None
    return " ".join(sorted(sha256 for sha256, value in found.items() if value is not None)) or CLEARED


def _rows(form: Form, answers: Answers, repeat: str) -> Cell:
    """The rows of a repeat as a JSON array, calculations last; restricted answers closed."""
    found = answers.parts.get(repeat, {})
    rows: dict[str, dict[str, Any]] = {}
    for path in sorted(found):
        row, _, name = path.partition("/")
        rows.setdefault(row, {"row": row})[name] = _row_value(form, name, found[path])
    of_rows = _calculated_in(answers, repeat) if answers.calculated else {}
    for row in rows.keys() & of_rows.keys():
        rows[row] |= of_rows[row]
    return _json([rows[row] for row in sorted(rows)]) if rows else None


def _calculated_in(answers: Answers, repeat: str) -> dict[str, dict[str, Any]]:
    """Row of a repeat -> what is calculated in it."""
    rows: dict[str, dict[str, Any]] = {}
    for path, value in answers.calculated.items():
        first, _, rest = path.partition("/")
        row, _, name = rest.partition("/")
        if first == repeat and name and value != "":
            rows.setdefault(row, {})[name] = value
    return rows


def _row_value(form: Form, name: str, value: Any) -> Any:
    member = form.by_name.get(name.partition("/")[0])
    restricted = member is not None and member.security == "restricted"
    return CLOSED if is_sealed(value) or (restricted and value is not None) else value


def _calculation(question: Question) -> Fill:
    """What came out; an empty text is nothing."""
    name = f"{question.unit}.{question.name}" if question.unit else question.name

    def fill(answers: Answers) -> Sequence[Cell]:
        value = answers.calculated.get(name, "")
        return [None if value == "" else cell_of(value)]

    return fill


def _gives_number(tree: Any) -> bool:
    """Whether a number comes out of an expression, whatever the answers are."""
    if not isinstance(tree, list):
        return not isinstance(tree, str)
    if tree[0] == "if":
        return all(map(_gives_number, tree[2:]))
    return tree[0] in _ARITHMETIC | _TO_NUMBER


def _closed(holder: Question) -> Fill:
    """That there is an answer, not which."""

    def fill(answers: Answers) -> Sequence[Cell]:
        values = [*answers.parts.get(holder.name, {}).values()]
        if holder.name in answers.plain:
            values.append(answers.plain[holder.name])
        if not values:
            return [None]
        return [CLEARED if all(value is None for value in values) else CLOSED]

    return fill


def _words_of(form: Form, question: Question, labels: str) -> Mapping[str, str]:
    """Choice -> its words; empty where codes are wanted or there are no choices."""
    return _words(form, question.list_name, labels) if labels and question.list_name else {}


def _words(form: Form, list_name: str, language: str) -> dict[str, str]:
    return {
        choice.name: choice.labels.get(language) or next(iter(choice.labels.values()), choice.name)
        for choice in form.choices.get(list_name, ())
    }


def _worded(words: Mapping[str, str], value: Any) -> Cell:
    return words[value] if isinstance(value, str) and value in words else cell_of(value)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
