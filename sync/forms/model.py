"""A compiled form: what both sides know of an XLSForm once it is published.

``form.json`` is one :class:`Form`. A record's field names are built from its question
names (docs/reference/question-types.md); :func:`field_of` takes such a
name apart again. It runs for every field of every revision that a server folds, so plain
names and options are one look into a dictionary that each form builds once.
"""

import re
from functools import cached_property
from typing import Any

import msgspec

from sync.policies import Policy

SECURITY_CLASSES = ("public", "internal", "personal", "restricted")

TOPICS = ("lahan", "kelembagaan", "gerai", "operasional")
"""Readiness topics: what a question is mandatory for, what a choice blocks."""

# Shown, computed or only there to hold others: no answer of a record is named like these.
WITHOUT_FIELD = frozenset({"note", "calculate", "repeat"})
ATTACHMENTS = frozenset({"image", "file"})

_SHA256 = re.compile(r"[0-9a-f]{64}")


class Choice(msgspec.Struct, frozen=True):
    """One answer that a choices list offers.

    ``rank`` ties the organisations of an ``authority`` list (1 is best). An ``exclusive``
    choice ("tidak ada") cannot be true beside another of its list. ``topic``: the readiness
    topic that this choice blocks. ``columns``: what choice filters read of it.
    """

    name: str
    labels: dict[str, str]
    rank: int | None = None
    exclusive: bool = False
    topic: str = ""
    columns: dict[str, str] = {}


class Question(msgspec.Struct, frozen=True):
    """One question, ``unit`` group or repeat, where it starts in the form.

    ``repeat`` and ``unit`` name the repeat or unit group that holds it; ``groups`` are all
    groups around it, outermost first. ``required`` is an unconditional yes.

    ``relevant`` (with that of all groups around it), ``constraint``, ``required_if``,
    ``calculation`` and ``choice_filter`` are trees of ``sync.forms.expressions``; all of them
    only flag. ``topic``: the readiness topic for which an answer, or for a ``calculate`` that
    it comes out true, is mandatory where it is relevant.
    """

    name: str
    type: str
    labels: dict[str, str]
    hints: dict[str, str] = {}
    policy: Policy = Policy("manual")
    security: str = "internal"
    list_name: str = ""
    required: bool = False
    repeat: str = ""
    unit: str = ""
    groups: tuple[str, ...] = ()
    topic: str = ""
    relevant: Any = None
    constraint: Any = None
    required_if: Any = None
    calculation: Any = None
    choice_filter: Any = None
    constraint_messages: dict[str, str] = {}


class Field(msgspec.Struct, frozen=True):
    """The parts of a field name: its question and, where it has one, option, row or photo."""

    question: Question
    option: str = ""
    row: str = ""
    sha256: str = ""


class Form(msgspec.Struct, frozen=True, dict=True):
    """One version of a form, complete and never changed after its publication.

    ``questions`` stand in form order. ``observation_date`` names the question that says when
    the author looked, ``record_key`` is ``""``, ``"_area"`` or ``"_area,periode"``.
    """

    id: str
    version: str
    titles: dict[str, str]
    default_language: str
    observation_date: str = ""
    record_key: str = ""
    questions: tuple[Question, ...] = ()
    choices: dict[str, tuple[Choice, ...]] = {}

    @property
    def key(self) -> str:
        """What a revision calls this form, ``lahan/2026112301``."""
        return f"{self.id}/{self.version}"

    @cached_property
    def by_name(self) -> dict[str, Question]:
        """Every question by its name (names are unique in a form)."""
        return {question.name: question for question in self.questions}

    @cached_property
    def option_names(self) -> dict[str, frozenset[str]]:
        """The choice names of each list."""
        return {
            list_name: frozenset(choice.name for choice in choices)
            for list_name, choices in self.choices.items()
        }

    @cached_property
    def exclusive_options(self) -> dict[str, frozenset[str]]:
        """Question -> its choices that cannot be true beside another, where several answers unite."""
        uniting = [q for q in self.questions if q.type == "select_multiple" and q.policy.kind == "union"]
        exclusive = {
            question.name: frozenset(
                choice.name for choice in self.choices.get(question.list_name, ()) if choice.exclusive
            )
            for question in uniting
        }
        return {name: options for name, options in exclusive.items() if options}

    @cached_property
    def plain_fields(self) -> dict[str, Field]:
        """Every field name that can be known beforehand: questions and options outside repeats."""
        fields: dict[str, Field] = {}
        for question in self.questions:
            if question.repeat or question.unit or question.type in WITHOUT_FIELD:
                continue
            if question.type == "select_multiple":
                for choice in self.choices.get(question.list_name, ()):
                    fields[f"{question.name}/{choice.name}"] = Field(question, option=choice.name)
            elif question.type not in ATTACHMENTS:
                fields[question.name] = Field(question)
        return fields


def field_of(form: Form, name: str) -> Field | None:
    """The parts of a field name, or ``None`` where this form knows no such field.

    Reserved names are of the record and not of a form: ``None``. An option or a row that the
    form cannot know still belongs to its question (``unit_ada/bengkel``), so that its policy
    and class hold for it.
    """
    found = form.plain_fields.get(name)
    if found is not None:
        return found
    first, _, rest = name.partition("/")
    question = form.by_name.get(first)
    if question is None or not rest:
        return None
    if question.type == "repeat":
        return _row_field(form, question, rest)
    if question.repeat or question.unit:
        return None
    return _part_of(question, rest, row="")


def _row_field(form: Form, repeat: Question, rest: str) -> Field | None:
    row, _, name = rest.partition("/")
    member_name, _, part = name.partition("/")
    member = form.by_name.get(member_name)
    if not row or member is None or member.repeat != repeat.name:
        return None
    if member.unit or member.type in WITHOUT_FIELD:
        return None
    if part:
        return _part_of(member, part, row=row)
    if member.type == "select_multiple" or member.type in ATTACHMENTS:
        return None
    return Field(member, row=row)


def _part_of(question: Question, part: str, *, row: str) -> Field | None:
    if question.type == "select_multiple" and "/" not in part:
        return Field(question, option=part, row=row)
    if question.type in ATTACHMENTS and _SHA256.fullmatch(part):
        return Field(question, row=row, sha256=part)
    return None


_decoder = msgspec.json.Decoder(Form)


def encode(form: Form) -> bytes:
    """``form.json``: the same bytes for the same form."""
    return msgspec.json.encode(form)


def decode(data: bytes) -> Form:
    """The form in a ``form.json``; keys of a later version are passed over.

    Raises ``msgspec.DecodeError`` for bytes that are no form.
    """
    return _decoder.decode(data)
