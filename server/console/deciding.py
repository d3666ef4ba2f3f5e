"""Deciding on a field: which other value may be given, and how the form's answer is read."""

from collections.abc import Mapping
from typing import Any

import msgspec

from server.console.fields import FieldRow, Reading, label_of
from server.console.naming import Names
from server.console.words import Words
from server.hub.console import Choice, mark_of
from server.hub.errors import UsageError
from server.hub.listing import title_of
from server.hub.records import Seen
from sync.forms.answers import typed
from sync.forms.model import ATTACHMENTS, Form, Question, field_of
from sync.record import AREA, DELETED

TYPED = "typed"
KEEP, DELETE = "keep", "delete"
MEMBER = "typed."

_WITHOUT_OTHER_VALUE = ATTACHMENTS | {"geoshape", "geotrace"}


class Other(msgspec.Struct, frozen=True, kw_only=True):
    """How another value is given: ``text``, one of ``options``, ``members`` of a unit, or not at all."""

    kind: str
    options: tuple[tuple[str, str], ...] = ()
    members: tuple[tuple[str, str], ...] = ()


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """A field on which somebody may decide, as its form shows it."""

    record: str
    form_id: str
    title: str
    place: str
    row: FieldRow
    mark: str
    other: Other
    deletion: bool


def decision_on(seen: Seen, name: str, names: Names, words: Words) -> Decision:
    """The decision on one field of a record."""
    return Decision(
        record=seen.row.id,
        form_id=seen.row.form.partition("/")[0],
        title=title_in(seen, words),
        place=" / ".join(names.place(area) for area in seen.view.areas),
        row=Reading(seen, names, words).row(name),
        mark=mark_of(seen.view, name),
        other=_other(seen.form, name, words),
        deletion=name == DELETED,
    )


def title_in(seen: Seen, words: Words) -> str:
    """What kind of record it is and what people call it, ``Verifikasi lahan: Lapangan RT 3``."""
    form = label_of(seen.form.titles, words.language) if seen.form else seen.row.form
    called = title_of({name: field.shown for name, field in seen.view.fields.items()}, seen.form)
    return f"{form}: {called}" if called else form


def chosen(form: Form | None, name: str, sent: Mapping[str, str]) -> tuple[str, Choice]:
    """The field to write and what was chosen, from the fields of a sent form.

    Raises UsageError where another value was to be stored and none was given: an empty one would
    clear the answer.
    """
    pressed = sent.get("choice", "")
    if pressed in (KEEP, DELETE):
        return name, Choice(typed="null" if pressed == KEEP else DELETE)
    if pressed != TYPED:
        return name, Choice(head=pressed)
    if not any(text.strip() for field, text in sent.items() if field.startswith(TYPED)):
        raise UsageError("console.error.value-missing")
    found = field_of(form, name) if form else None
    if form is not None and found is not None and found.question.type == "unit":
        return f"{name}:", Choice(typed=_unit_json(form, found.question, sent))
    # The value of one option of a choice is a yes or no, which nobody types.
    return (f"{name}:" if found and found.option else name), Choice(typed=sent.get(TYPED, ""))


def _other(form: Form | None, name: str, words: Words) -> Other:
    if name == AREA:
        return Other(kind="text")
    found = field_of(form, name) if form else None
    if form is None or found is None or found.question.type in _WITHOUT_OTHER_VALUE:
        return Other(kind="none")
    question = found.question
    if found.option:
        return Other(
            kind="options",
            options=(("true", words("console.value.yes")), ("false", words("console.value.no"))),
        )
    if question.type == "select_one":
        choices = form.choices.get(question.list_name, ())
        return Other(
            kind="options",
            options=tuple(
                (each.name, label_of(each.labels, words.language) or each.name) for each in choices
            ),
        )
    if question.type == "unit":
        members = [each for each in form.questions if each.unit == question.name]
        return Other(
            kind="members",
            members=tuple((each.name, label_of(each.labels, words.language)) for each in members),
        )
    return Other(kind="text")


def _unit_json(form: Form, unit: Question, sent: Mapping[str, str]) -> str:
    values: dict[str, Any] = {
        each.name: typed(each, sent[MEMBER + each.name], form)
        for each in form.questions
        if each.unit == unit.name and sent.get(MEMBER + each.name, "").strip()
    }
    return msgspec.json.encode(values).decode()
