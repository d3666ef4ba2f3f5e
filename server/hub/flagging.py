"""The flags of very many records of one form: those of ``flags_of``, in a fraction of its time.

A form falls into parts: each question by itself, each unit group and each repeat with its
members. The flags of a part follow from its own answers and from those that its expressions
read. Choices, dates and small numbers come again and again over a hundred thousand entries, so
what such answers earned once is remembered; everything else is judged anew by ``flags_of``,
on a form that has only this part and what it reads.
"""

import re
from collections.abc import Mapping
from typing import Any

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
from server.hub.taken_apart import Answers
from sync.forms.answers import check
from sync.forms.checks import is_attachment, is_point
from sync.forms.flags import Flag, flags_of
from sync.forms.model import ATTACHMENTS, WITHOUT_FIELD, Form, Question
from sync.revision import NOT_APPLICABLE, UNKNOWN

_FITS = object()
_SINGLE = PLAIN | {type(None)}
"""Kinds of a plain answer that is remembered as it is. ``None``: nobody answered, or it was cleared."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


class Flagger:
    """Judges records of one form version on one local date, ``2026-11-23``."""

    def __init__(self, form: Form, *, today: str) -> None:
        holders = [question for question in form.questions if not question.repeat and not question.unit]
        judged = [holder for holder in holders if holder.type not in WITHOUT_FIELD - {"repeat"}]
        self._today = today
        parts = [_Unit(form, holder) if holder.type == "unit" else _Part(form, holder) for holder in judged]
        self._parts = [(part.alone, part.remembered, part) for part in parts]
        self._alone = {part.alone for part in parts if part.alone}
        self._known = {holder.name for holder in judged} | {"_area"}
        self._nothing = form_of(form, ())

    def flags(self, answers: Answers) -> list[Flag]:
        """The flags of a record, in form order, those of unknown fields last."""
        found: list[Flag] = []
        plain, parts = answers.plain, answers.parts
        # Parts of what has none, as titik/x, are odd: nothing is quick for such a record.
        is_odd = not parts.keys().isdisjoint(self._alone)
        for alone, remembered, part in self._parts:
            # Most parts are one question with a text or a number: no call for what is remembered.
            flags = None
            if alone and not is_odd:
                value = plain.get(alone)
                if value.__class__ in _SINGLE:
                    flags = remembered.get(value)
            if flags is None:
                flags = part.flags(answers, self._today)
            if flags:
                found += flags
        if not (plain.keys() <= self._known and parts.keys() <= self._known):
            unknown = (plain.keys() | parts.keys()) - self._known
            found += flags_of(self._nothing, dict(fields_of(answers, sorted(unknown))), today=self._today)
        return found


class _Part:
    """A question, unit group or repeat, with the form that is needed to judge it.

    ``member``: of a unit group only this member. ``alone``: the field whose plain answer is all
    that this part depends on, if there is one.
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
        in_parts = holder.type in ATTACHMENTS or holder.type in ("select_multiple", "repeat")
        is_alone = len(self._sources) == 1 and not in_parts and not member and self._opaque_text is None
        self.alone = holder.name if is_alone else ""
        self.remembered: dict[Any, list[Flag]] = {}

    def flags(self, answers: Answers, today: str) -> list[Flag]:
        """The flags of this part."""
        try:
            key = self._key(answers.plain, answers.parts)
        except NotRemembered:
            return self._judge(answers, today)
        flags = self.remembered.get(key)
        if flags is None:
            flags = remember(self.remembered, key, self._judge(answers, today))
        return flags

    def _key(self, plain: Mapping[str, Any], parts: Mapping[str, Any]) -> Any:
        """What the flags of this part depend on. Raises NotRemembered."""
        if self.alone and self.alone not in parts:
            value = plain.get(self.alone)
            if value.__class__ in _SINGLE:
                return value
        pieces: list[Any] = []
        for name in self._sources:
            value = plain.get(name)
            if self._member and name == self._holder and isinstance(value, dict):
                value = value.get(self._member)
            if value.__class__ is str:
                value = bool(value) if name == self._opaque_text else value
            elif value is not None:
                value = self._piece(name, value)
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
        self.alone = ""
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
        found: list[Flag] = []
        for name, part in self._members.items():
            answer = value.get(name)
            flags = part.remembered.get(answer) if answer.__class__ in _SINGLE else None
            found += part.flags(answers, today) if flags is None else flags
        return found


def _is_in_order(photo: tuple[str, Any]) -> bool:
    """Whether a photo earns no flag by itself: it has a hash for a name, and is one."""
    name, value = photo
    return _SHA256.fullmatch(name) is not None and (value is None or is_attachment(value))


def _first(field: str) -> str:
    return field.partition("/")[0].partition(".")[0]
