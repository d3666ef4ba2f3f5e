"""Answers: what was typed -> the fields of a revision, and whether a value fits its question.

Nothing is refused here. Text that makes no sense for its question is kept as it was typed
and flagged by :func:`check`; so is an answer to a question that the form does not know.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from sync.forms.model import Form, Question, field_of
from sync.forms.parse import measure
from sync.forms.types import QUESTION_TYPES
from sync.revision import NOT_APPLICABLE, UNKNOWN

WRONG_TYPE = ("wrong-type",)
UNKNOWN_CHOICE = ("unknown-choice",)
UNKNOWN_FIELD = ("unknown-field",)

# Choices that mean the same in every list are stored as the same value.
_MEANINGS = {"tidak_tahu": UNKNOWN, "tidak_berlaku": NOT_APPLICABLE}
_TYPED_MEANINGS: dict[str, Any] = {"": None, "?": UNKNOWN, "-": NOT_APPLICABLE}

# pengurus[new].nama, pengurus[<uuid>].nama, ukuran.panjang_m, pengurus[new2].ukuran.lebar_m
_ADDRESS = re.compile(r"(?P<first>[^\[\].]+)(?:\[(?P<row>[^\[\]]+)\])?(?:\.(?P<rest>.+))?", re.DOTALL)
_NEW_ROW = re.compile(r"new\w*")


def answers(
    form: Form,
    pairs: Iterable[tuple[str, str]],
    *,
    new_row: Callable[[], str],
    current: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The fields that the typed ``pairs`` write, in the order of their first mention.

    ``f`` with ``""`` clears, ``?`` is unknown, ``-`` not applicable; ``f:`` takes raw JSON.
    ``pengurus[new].nama`` makes one row per label (``new``, ``new2`` …) and call,
    ``pengurus[<uuid>].nama`` writes into a row. Answers of a unit group (``ukuran.lebar_m``,
    or just ``lebar_m``) are laid over the object that ``current`` shows for it. Raises
    ValueError where raw JSON is no JSON.
    """
    written: dict[str, Any] = {}
    rows: dict[tuple[str, str], str] = {}
    shown = current or {}
    for name, text in pairs:
        field, member = _address(form, name.removesuffix(":"), rows, new_row)
        raw = name.endswith(":")
        values = _raw_fields(form, field, text) if raw else _typed_fields(form, field, text, member)
        if member is None:
            written |= values
        else:
            before = _answers_in(written.get(field, shown.get(field)))
            written[field] = before | {member.name: values[field]}
    return written


def fields_of(form: Form, name: str, text: str) -> dict[str, Any]:
    """The field or fields that one typed answer writes: a ``select_multiple`` writes every option."""
    return _typed_fields(form, name, text, None)


def typed(question: Question, text: str, form: Form) -> Any:
    """The value of a text as this question reads it; unclear text stays text.

    Of a ``select_multiple`` question this is the value of one option.
    """
    text = text.strip()
    if text in _TYPED_MEANINGS:
        return _TYPED_MEANINGS[text]
    if question.type == "select_one":
        name = _choice_named(form, question, text)
        return _MEANINGS.get(name, name)
    kind = QUESTION_TYPES[question.type]
    if kind.value_kind != "number":
        return kind.parse(text)
    value = measure(text, unit=question.name.rpartition("_")[2])
    return value if not isinstance(value, float) or kind.check(value) else text


def check(form: Form, field: str, value: Any) -> tuple[str, ...]:
    """Codes of the flags that a written value earns; ``()`` where it fits its question.

    Cleared, unknown, not applicable and sealed values fit every question. Reserved fields
    are not of the form.
    """
    if _fits_every_question(value) or field[:1] == "_" or field.endswith("/_deleted"):
        return ()
    found = form.plain_fields.get(field) or field_of(form, field)
    if found is None:
        return UNKNOWN_FIELD
    if found.question.type == "unit":
        return _unit_flags(form, found.question, value)
    if found.option and found.option not in form.option_names.get(found.question.list_name, ()):
        return UNKNOWN_CHOICE
    return _value_flags(form, found.question, value)


def check_members(form: Form, unit: Question, value: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(member, code of its flag) of the answers in a unit group's object."""
    flags: list[tuple[str, str]] = []
    if _fits_every_question(value):
        return flags
    for name, answer in value.items():
        member = form.by_name.get(name)
        if member is None or member.unit != unit.name:
            flags += [(name, code) for code in UNKNOWN_FIELD]
        elif not _fits_every_question(answer):
            flags += [(name, code) for code in _value_flags(form, member, answer)]
    return flags


def _value_flags(form: Form, question: Question, value: Any) -> tuple[str, ...]:
    if not QUESTION_TYPES[question.type].check(value):
        return WRONG_TYPE
    if question.type == "select_one" and value not in form.option_names.get(question.list_name, ()):
        return UNKNOWN_CHOICE
    return ()


def _unit_flags(form: Form, unit: Question, value: Any) -> tuple[str, ...]:
    if not isinstance(value, dict):
        return WRONG_TYPE
    return tuple(dict.fromkeys(code for _, code in check_members(form, unit, value)))


def _fits_every_question(value: Any) -> bool:
    if not isinstance(value, dict):
        return value is None
    return "#" in value or value in (UNKNOWN, NOT_APPLICABLE)


def _answers_in(value: Any) -> dict[str, Any]:
    """The answers of a unit's object; none where the whole unit is cleared or unknown."""
    return value if isinstance(value, dict) and not _fits_every_question(value) else {}


def _address(
    form: Form, name: str, rows: dict[tuple[str, str], str], new_row: Callable[[], str]
) -> tuple[str, Question | None]:
    """The field that a typed name means, and the member inside it where it is a unit group."""
    match = _ADDRESS.fullmatch(name)
    if match is None or form.by_name.get(match["first"]) is None:
        return name, None
    prefix, path = "", match["first"]
    if match["row"]:
        if not match["rest"]:
            return name, None
        prefix = f"{path}/{_row(path, match['row'], rows, new_row)}/"
        path = match["rest"]
    elif match["rest"]:
        path = f"{path}.{match['rest']}"
    question = form.by_name.get(path.rpartition(".")[2])
    if question is not None and question.unit and path in (question.name, f"{question.unit}.{question.name}"):
        return prefix + question.unit, question
    return prefix + path, None


def _row(repeat: str, label: str, rows: dict[tuple[str, str], str], new_row: Callable[[], str]) -> str:
    if not _NEW_ROW.fullmatch(label):
        return label
    if (repeat, label) not in rows:
        rows[repeat, label] = new_row()
    return rows[repeat, label]


def _typed_fields(form: Form, field: str, text: str, member: Question | None) -> dict[str, Any]:
    if selection := _selection_of(form, field):
        return _options(form, field, selection, _picked(form, selection, text.strip()))
    found = field_of(form, field)
    if member is None and found is None:
        return {field: _TYPED_MEANINGS.get(text.strip(), text)}
    question = member or found.question  # type: ignore[union-attr]  # one of the two is there
    return {field: typed(question, text, form)}


def _raw_fields(form: Form, field: str, text: str) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise ValueError(
            f"{field}:={text} is no JSON. After ':=' stands a number, a text in double quotes, "
            "true, false, null, a list or an object."
        ) from error
    selection = _selection_of(form, field)
    if selection is None or isinstance(value, str | int | float):
        return {field: value}
    return _options(form, field, selection, value)


def _selection_of(form: Form, field: str) -> Question | None:
    """The ``select_multiple`` question that a field name means as a whole, without an option."""
    head, _, name = field.rpartition("/")
    question = form.by_name.get(name)
    if question is None or question.type != "select_multiple":
        return None
    repeat, _, row = head.partition("/")
    return question if repeat == question.repeat and "/" not in row else None


def _picked(form: Form, question: Question, text: str) -> Any:
    """The names that were picked, or the one value that every option takes."""
    if text in _TYPED_MEANINGS:
        return _TYPED_MEANINGS[text]
    whole = _choice_named(form, question, text)
    # A label may hold a comma itself ("Plafon, listrik, cat"), so the whole text goes first.
    parts = [whole] if whole in form.option_names.get(question.list_name, ()) else text.split(",")
    names = [_choice_named(form, question, part.strip()) for part in parts if part.strip()]
    return _MEANINGS[names[0]] if len(names) == 1 and names[0] in _MEANINGS else names


def _options(form: Form, field: str, question: Question, picked: Any) -> dict[str, Any]:
    """One field per option; a picked name that the list does not have is kept beside them."""
    offered = [choice.name for choice in form.choices.get(question.list_name, ())]
    if not isinstance(picked, list):
        return {f"{field}/{name}": picked for name in offered}
    names = [str(name) for name in picked]
    return {f"{field}/{name}": name in names for name in dict.fromkeys([*offered, *names])}


def _choice_named(form: Form, question: Question, text: str) -> str:
    """The name of the choice with this name or, whatever its case, this label; else the text."""
    if text in form.option_names.get(question.list_name, ()):
        return text
    wanted = text.casefold()
    for choice in form.choices.get(question.list_name, ()):
        if wanted in (label.casefold() for label in choice.labels.values()):
            return choice.name
    return text
