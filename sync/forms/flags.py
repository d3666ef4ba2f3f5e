"""Flags: notes on a record that block nothing, computed anew from its shown values."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from sync.forms.answers import check, check_members
from sync.forms.document import Document, is_in_deleted_row
from sync.forms.expressions import Unjudged, Value, evaluate, text_of, truth_of
from sync.forms.model import WITHOUT_FIELD, Choice, Form, Question, field_of
from sync.record import RecordView
from sync.secrets import Opened
from sync.shown import shown_value

REQUIRED_MISSING = "required-missing"
CONSTRAINT = "constraint"
NOT_RELEVANT = "not-relevant"
UNKNOWN_CHOICE = "unknown-choice"
CLOCK = "clock"


class Flag(msgspec.Struct, frozen=True):
    """One note.

    ``field``: the field, the question where a question has several fields (``unit_ada``,
    ``pengurus/<row>/ktp``), or the member of a unit group (``ukuran.luas_m2``); empty where the
    whole record is meant. ``messages``:
    the form's own words by language; without them ``flag.<code>`` of the texts speaks.
    """

    field: str
    code: str
    messages: dict[str, str] = {}

    def own_words(self, language: str) -> str | None:
        """What the form says in this language, else in another; ``None`` where it says nothing."""
        return self.messages.get(language) or next(iter(self.messages.values()), None)


def flags_of(form: Form, shown: Mapping[str, Any], *, today: str) -> list[Flag]:
    """The flags of a record, in form order, those of unknown fields last.

    ``shown``: field -> the value that its policy shows (:func:`values_of`). ``today``: the
    local date, ``2026-11-23``. A sealed answer counts as answered and is not judged, and
    nothing is said where an expression reads one.
    """
    document = Document(form, shown, today=today)
    of_values = _value_flags(form, shown)
    wrong = {flag.field for found in of_values.values() for flag in found}
    flags: list[Flag] = []
    for question in form.questions:
        flags += of_values.pop(question.name, [])
        if question.type not in WITHOUT_FIELD and question.type != "unit":
            for row in document.rows_of(question):
                flags += _question_flags(document, question, row, wrong=wrong)
    return [*flags, *(flag for rest in of_values.values() for flag in rest)]


def values_of(view: RecordView, *, opened: Opened | None = None) -> dict[str, Any]:
    """What a record shows, as flags, calculations and readiness read it.

    ``opened``: the restricted answers that the reader may see. The deletion of a row on which
    people differ does not count.
    """
    rows = {f"{row}/_deleted" for row in view.deleted_rows}
    return {
        name: shown_value(name, field, opened=opened)
        for name, field in view.fields.items()
        if not name.endswith("/_deleted") or name in rows
    }


def clock_flags(view: RecordView) -> list[Flag]:
    """Whether a living answer was saved by a clock that the server did not believe."""
    suspect = any(head.suspect for field in view.fields.values() for head in field.heads)
    return [Flag("", CLOCK)] if suspect else []


def calculated(form: Form, shown: Mapping[str, Any], *, today: str) -> dict[str, Any]:
    """``{name or pengurus/<row>/name: value}`` of the calculations; never fields of a record.

    Left out where it is not relevant, and where an answer that it reads is missing (no number
    comes out) or sealed.
    """
    document = Document(form, shown, today=today)
    values: dict[str, Any] = {}
    for question in form.questions:
        if question.type == "calculate" and question.calculation is not None:
            for row in document.rows_of(question):
                asked = is_relevant(document, question, row)
                value = _calculated(document, question, row) if asked else None
                if value is not None:
                    values[_address(question, row)] = value
    return values


def offered(document: Document, question: Question, row: str = "") -> tuple[Choice, ...]:
    """The choices that a question offers after its filter; all where it cannot be judged."""
    choices = document.form.choices.get(question.list_name, ())
    if question.choice_filter is None:
        return choices
    try:
        return tuple(choice for choice in choices if _passes(document, question, row, choice))
    except Unjudged:
        return choices


def is_relevant(document: Document, question: Question, row: str = "") -> bool:
    """Whether a question is asked; one that cannot be judged is."""
    return question.relevant is None or _judged(document, question.relevant, question, row) is not False


def is_required(document: Document, question: Question, row: str = "") -> bool:
    """Whether an answer is wanted, as long as the question is relevant."""
    if question.required or question.required_if is None:
        return question.required
    return _judged(document, question.required_if, question, row) is True


def _question_flags(document: Document, question: Question, row: str, *, wrong: set[str]) -> Iterator[Flag]:
    address = _address(question, row)
    answered = document.is_answered(question, row)
    if not is_relevant(document, question, row):
        if answered:
            yield Flag(address, NOT_RELEVANT)
        return
    if not answered and is_required(document, question, row):
        yield Flag(address, REQUIRED_MISSING)
    if not answered or address in wrong:
        return
    if _breaks_constraint(document, question, row):
        yield Flag(address, CONSTRAINT, question.constraint_messages)
    if not _is_offered(document, question, row):
        yield Flag(address, UNKNOWN_CHOICE)


def _breaks_constraint(document: Document, question: Question, row: str) -> bool:
    """As in ODK, an answer without a text (unknown, not applicable) breaks nothing."""
    if question.constraint is None:
        return False
    try:
        if not document.text(question.name, row):
            return False
    except Unjudged:
        return False
    return _judged(document, question.constraint, question, row) is False


def _is_offered(document: Document, question: Question, row: str) -> bool:
    """Whether every chosen name passes the choice filter; those not in the list are flagged already."""
    if question.choice_filter is None:
        return True
    try:
        chosen = document.text(question.name, row).split()
    except Unjudged:
        return True
    listed = document.form.option_names.get(question.list_name, frozenset())
    passing = {choice.name for choice in offered(document, question, row)}
    return all(name in passing for name in chosen if name in listed)


def _passes(document: Document, question: Question, row: str, choice: Choice) -> bool:
    columns = {**choice.columns, "name": choice.name}
    context = document.context(row, columns=columns)
    return truth_of(evaluate(question.choice_filter, context))


def _judged(document: Document, tree: Any, question: Question, row: str) -> bool | None:
    """Whether a condition is true; ``None`` where that cannot be said."""
    try:
        return truth_of(document.evaluate(tree, question, row))
    except Unjudged:
        return None


def _calculated(document: Document, question: Question, row: str) -> Any:
    try:
        return _as_json(document.calculated(question, row))
    except Unjudged:
        return None


def _as_json(value: Value) -> Any:
    if not isinstance(value, float):
        return value
    if text_of(value) in ("NaN", "Infinity", "-Infinity"):
        return None
    return int(value) if value.is_integer() else value


def _value_flags(form: Form, shown: Mapping[str, Any]) -> dict[str, list[Flag]]:
    """Question -> flags of values that do not fit it; ``""`` -> those of fields without a question."""
    flags: dict[str, list[Flag]] = {}
    for field in sorted(field for field in shown if not is_in_deleted_row(field, shown)):
        found = field_of(form, field)
        question = found.question.name if found else ""
        if found and found.question.type == "unit" and isinstance(shown[field], dict):
            members = check_members(form, found.question, shown[field])
            pairs = [(f"{field}.{member}", code) for member, code in members]
        else:
            pairs = [(field, code) for code in check(form, field, shown[field])]
        flags.setdefault(question, []).extend(Flag(*pair) for pair in pairs)
    return flags


def _address(question: Question, row: str) -> str:
    name = f"{question.unit}.{question.name}" if question.unit else question.name
    return f"{question.repeat}/{row}/{name}" if row else name
