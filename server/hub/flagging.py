"""The flags of very many records of one form: those of ``flags_of``, in a fraction of its time.

A form falls into parts: each question by itself, each unit group and each repeat with its
members. The flags of a part follow from its own answers and from those that its expressions
read. Choices, dates and small numbers come again and again over a hundred thousand entries, so
what such answers earned once is remembered; everything else is judged anew by ``flags_of``,
on a form that has only this part and what it reads.
"""

import re
from itertools import groupby
from typing import Any

from server.hub.cells import Answers
from server.hub.excerpts import (
    PLAIN,
    NotRemembered,
    fields_of,
    form_of,
    holder_of,
    members_of,
    only_its_answer,
    read_by,
    reads_accuracy_only,
    remember,
    trees_of,
)
from sync.forms.answers import check
from sync.forms.checks import is_attachment, is_point
from sync.forms.flags import Flag, flags_of
from sync.forms.model import ATTACHMENTS, WITHOUT_FIELD, Form, Question
from sync.revision import NOT_APPLICABLE, UNKNOWN

BLOCK_QUESTIONS = 4
_ABSENT, _FITS = ..., object()
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Flagger:
    """Judges records of one form version on one local date, ``2026-11-23``."""

    def __init__(self, form: Form, *, today: str) -> None:
        holders = [question for question in form.questions if not question.repeat and not question.unit]
        judged = [holder for holder in holders if holder.type not in WITHOUT_FIELD - {"repeat"}]
        self._today = today
        self._parts = _with_blocks(
            [_Unit(form, holder) if holder.type == "unit" else _Part(form, holder) for holder in judged]
        )
        self._known = {holder.name for holder in judged} | {"_area"}
        self._nothing = form_of(form, ())

    def flags(self, answers: Answers) -> list[Flag]:
        """The flags of a record, in form order, those of unknown fields last."""
        found: list[Flag] = []
        plain, parts = answers.plain, answers.parts
        for part in self._parts:
            # Most parts are one question with a text or a number: no call for what is remembered.
            only = part.only_source
            value = plain.get(only) if only is not None else None
            flags = None
            if value.__class__ in PLAIN and only not in parts:
                flags = part.remembered.get(value)
            if flags is None:
                flags = part.flags(answers, self._today)
            if flags:
                found += flags
        if not (answers.plain.keys() <= self._known and answers.parts.keys() <= self._known):
            unknown = (answers.plain.keys() | answers.parts.keys()) - self._known
            found += flags_of(self._nothing, dict(fields_of(answers, sorted(unknown))), today=self._today)
        return found


class _Part:
    """A question, unit group or repeat, with the form that is needed to judge it.

    ``member``: of a unit group only this member.
    """

    def __init__(self, form: Form, holder: Question, *, member: str = "") -> None:
        own = [question for question in members_of(form, holder.name) if member in ("", question.name)]
        read = read_by(form, own)
        kept = [
            question if question in own else only_its_answer(question)
            for question in form.questions
            if question in own or question is holder or holder_of(question) in read
        ]
        self._form = form_of(form, kept)
        self._holder, self._member = holder.name, member
        self.has_few_answers = holder.type == "select_one"
        self._sources = (holder.name, *sorted(read - {holder.name}))
        # An answer that no expression reads matters by whether it is there and fits.
        is_opaque = holder.name not in read and all(
            question.constraint is None and question.choice_filter is None for question in own
        )
        self._is_opaque = is_opaque and holder.type not in ("unit", "repeat")
        self._opaque_text = holder.name if is_opaque and holder.type == "text" else None
        trees = [tree for question in kept for tree in trees_of(question)]
        points = [question.name for question in kept if question.type == "geopoint"]
        self._accuracy_only = {
            name for name in points if all(reads_accuracy_only(tree, name) for tree in trees)
        }
        self._attachments = {q.name for q in form.questions if q.type in ATTACHMENTS}
        # The field whose plain answer is all that this part depends on, if there is one.
        alone = len(self._sources) == 1 and not member and self._opaque_text is None
        self.only_source: str | None = holder.name if alone else None
        self.remembered: dict[Any, list[Flag]] = {}

    def flags(self, answers: Answers, today: str) -> list[Flag]:
        """The flags of this part."""
        try:
            key = self._key(answers)
        except NotRemembered:
            return self._judge(answers, today)
        flags = self.remembered.get(key)
        if flags is None:
            flags = remember(self.remembered, key, self._judge(answers, today))
        return flags

    def _key(self, answers: Answers) -> Any:
        """What the flags of this part depend on. Raises NotRemembered."""
        plain, parts = answers.plain, answers.parts
        if self.only_source is not None and self.only_source not in parts:
            value = plain.get(self.only_source)
            if value.__class__ in PLAIN:
                return value
        pieces: list[Any] = []
        for name in self._sources:
            value = plain.get(name, _ABSENT)
            if self._member and name == self._holder and isinstance(value, dict):
                value = value.get(self._member, _ABSENT)
            if value.__class__ is not str:
                value = self._piece(name, value)
            elif name == self._opaque_text:
                value = bool(value)
            pieces.append(value)
            if name in parts:
                pieces.append(self._piece_of_parts(name, parts[name]))
        return tuple(pieces)

    def _judge(self, answers: Answers, today: str) -> list[Flag]:
        """The flags of this part by their definition."""
        fields = dict(fields_of(answers, self._sources))
        if self._member and self._holder in fields:
            unit = fields[self._holder]
            fields[self._holder] = {name: value for name, value in unit.items() if name == self._member}
        flags = flags_of(self._form, fields, today=today)
        return [flag for flag in flags if _first(flag.field) == self._holder]

    def _piece(self, name: str, value: Any) -> Any:
        if value is _ABSENT or value is None:
            return value
        if isinstance(value, (dict, list)):
            if value in (UNKNOWN, NOT_APPLICABLE):
                return ("$", value["$"])
            if self._is_opaque and name == self._holder and not check(self._form, name, value):
                return _FITS
            if name in self._accuracy_only and is_point(value):
                return ("acc", dict(value).get("acc"))
            raise NotRemembered
        return (value.__class__, value)

    def _piece_of_parts(self, name: str, parts: dict[str, Any]) -> Any:
        if name not in self._attachments:
            # Not the values themselves: as a key of a dictionary, true is 1.
            return repr(parts)
        if self._is_opaque and name == self._holder and all(map(_is_in_order, parts.items())):
            return any(value is not None for value in parts.values())
        raise NotRemembered


class _Unit(_Part):
    """A unit group: its members one by one, where it holds their answers and nothing else."""

    def __init__(self, form: Form, holder: Question) -> None:
        super().__init__(form, holder)
        self.only_source = None
        self._members = {
            question.name: _Part(form, holder, member=question.name)
            for question in members_of(form, holder.name)
            if question is not holder
        }
        # A member that reads the answer of another has to see it.
        members = [form.by_name[name] for name in self._members]
        self._stand_alone = holder.name not in read_by(form, members)

    def flags(self, answers: Answers, today: str) -> list[Flag]:
        """The flags of the group and its members."""
        value = answers.plain.get(self._holder)
        whole = not self._stand_alone or self._holder in answers.parts
        if whole or not isinstance(value, dict) or not value.keys() <= self._members.keys():
            return super().flags(answers, today)
        return [flag for part in self._members.values() for flag in part.flags(answers, today)]


class _Block:
    """Neighbouring questions of few choices, of which nobody reads another: remembered together."""

    only_source = None

    def __init__(self, parts: list[_Part]) -> None:
        self._parts = parts
        self._names = tuple(part.only_source for part in parts if part.only_source is not None)
        self.remembered: dict[Any, list[Flag]] = {}

    def flags(self, answers: Answers, today: str) -> list[Flag]:
        """The flags of these questions, in form order.

        True and 1 make one key, and earn one flag: neither is a choice.
        """
        key = tuple(map(answers.plain.get, self._names))
        try:
            flags = self.remembered.get(key)
        except TypeError:  # an answer such as *unknown*, which is an object
            return self._judge(answers, today)
        if not answers.parts.keys().isdisjoint(self._names):
            return self._judge(answers, today)
        if flags is None:
            flags = remember(self.remembered, key, self._judge(answers, today))
        return flags

    def _judge(self, answers: Answers, today: str) -> list[Flag]:
        return [flag for part in self._parts for flag in part.flags(answers, today)]


def _with_blocks(parts: list[_Part]) -> list[_Part | _Block]:
    """The parts in their order, runs of questions with few answers each made into blocks."""
    found: list[_Part | _Block] = []
    for few, run in groupby(parts, key=lambda part: part.has_few_answers and part.only_source is not None):
        neighbours = list(run)
        if few:
            starts = range(0, len(neighbours), BLOCK_QUESTIONS)
            found += [_Block(neighbours[start : start + BLOCK_QUESTIONS]) for start in starts]
        else:
            found += neighbours
    return found


def _is_in_order(photo: tuple[str, Any]) -> bool:
    """Whether a photo earns no flag by itself: it has a hash for a name, and is one."""
    name, value = photo
    return _SHA256.fullmatch(name) is not None and (value is None or is_attachment(value))


def _first(field: str) -> str:
    return field.partition("/")[0].partition(".")[0]
