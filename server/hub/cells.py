"""From shown values to cells: one place for every export format.

*Not known*, *not applicable*, *cleared* and *never answered* stay four different things.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from server.exports.table import Cell
from server.hub.taken_apart import Answers, calculated_in
from sync.forms.model import ATTACHMENTS, Form, Question, field_of
from sync.policies import is_point, is_sealed
from sync.revision import NOT_APPLICABLE, UNKNOWN

NOT_KNOWN = "(tidak diketahui)"
APPLIES_NOT = "(tidak berlaku)"
CLEARED = "(kosong)"
CLOSED = "(tertutup)"
NONE_CHOSEN = "(tidak ada)"

Fill = Callable[[Answers], Sequence[Cell]]
"""The cells of a question in one record."""


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


def cells_of(form: Form, question: Question, words: Mapping[str, str]) -> Fill:
    """The cells of a question that is open, calculated by nobody and no member of a unit group."""
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


def point_cells(question: Question) -> Fill:
    """Latitude, longitude and accuracy; what is no point stands in the first."""
    name = question.name

    def fill(answers: Answers) -> Sequence[Cell]:
        if name not in answers.plain:
            return [None, None, None]
        value = answers.plain[name]
        if not is_point(value):
            return [cell_of(value), None, None]
        return [value["lat"], value["lon"], cell_of(value["acc"]) if "acc" in value else None]

    return fill


def member_cells(question: Question, words: Mapping[str, str]) -> Fill:
    """The answer inside its unit's object; what the whole unit says where it is no object of answers."""

    def fill(answers: Answers) -> Sequence[Cell]:
        if question.unit not in answers.plain:
            return [None]
        value = answers.plain[question.unit]
        if not isinstance(value, dict) or "$" in value or is_sealed(value):
            return [cell_of(value)]
        return [_worded(words, value[question.name]) if question.name in value else None]

    return fill


def closed_cells(holder: Question) -> Fill:
    """That there is an answer, not which."""

    def fill(answers: Answers) -> Sequence[Cell]:
        values = [*answers.parts.get(holder.name, {}).values()]
        if holder.name in answers.plain:
            values.append(answers.plain[holder.name])
        if not values:
            return [None]
        return [CLEARED if all(value is None for value in values) else CLOSED]

    return fill


def calculation_cells(question: Question) -> Fill:
    """What came out; an empty text is nothing."""
    name = f"{question.unit}.{question.name}" if question.unit else question.name

    def fill(answers: Answers) -> Sequence[Cell]:
        value = answers.calculated.get(name, "")
        return [None if value == "" else cell_of(value)]

    return fill


def words_of(form: Form, question: Question, labels: str) -> Mapping[str, str]:
    """Choice -> its words; empty where codes are wanted or there are no choices."""
    return _words(form, question.list_name, labels) if labels and question.list_name else {}


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
    of_rows = calculated_in(answers, repeat) if answers.calculated else {}
    for row in rows.keys() & of_rows.keys():
        rows[row] |= of_rows[row]
    return _json([rows[row] for row in sorted(rows)]) if rows else None


def _row_value(form: Form, name: str, value: Any) -> Any:
    member = form.by_name.get(name.partition("/")[0])
    restricted = member is not None and member.security == "restricted"
    return CLOSED if is_sealed(value) or (restricted and value is not None) else value


def _words(form: Form, list_name: str, language: str) -> dict[str, str]:
    return {
        choice.name: choice.labels.get(language) or next(iter(choice.labels.values()), choice.name)
        for choice in form.choices.get(list_name, ())
    }


def _worded(words: Mapping[str, str], value: Any) -> Cell:
    return words[value] if isinstance(value, str) and value in words else cell_of(value)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
