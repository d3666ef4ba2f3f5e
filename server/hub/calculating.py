"""The calculated values of very many records of one form: those of ``calculated``, in half its time.

What a calculation gives follows from the few answers that it reads, and numbers and choices come
again and again: it is remembered. Everything else is calculated anew, on a form that is cut down
once to the calculations and what they read.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from server.hub.columns import is_calculated
from server.hub.excerpts import (
    PLAIN,
    NotRemembered,
    fields_of,
    form_of,
    holder_of,
    only_its_answer,
    read_by,
    reads_accuracy_only,
    remember,
)
from server.hub.taken_apart import Answers
from sync.forms.expressions import names_in
from sync.forms.flags import calculated
from sync.forms.model import ATTACHMENTS, Form, Question
from sync.policies import is_point

_IN_PARTS = ATTACHMENTS | {"select_multiple", "repeat", "unit"}


class Calculator:
    """Calculates for records of one form version on one local date, ``2026-11-23``.

    What is restricted, or reads a restricted answer, is left out: an answer that a phone sent
    open is as closed as a sealed one.
    """

    def __init__(self, form: Form, *, today: str) -> None:
        own = [q for q in form.questions if is_calculated(q) and not _is_closed(form, q)]
        plain = [question for question in own if _reads_plain(form, question)]
        rest = [question for question in own if question not in plain]
        self._parts = [_Remembering(form, question, today=today) for question in plain]
        self._rest = _Part(form, rest, today=today) if rest else None
        self.is_needed = bool(own)

    def adding_to(self, answers: Answers) -> Answers:
        """The answers together with what the form calculates from them."""
        values = self._rest.values(answers) if self._rest else {}
        for part in self._parts:
            values.update(part.values(answers))
        return Answers(answers.plain, answers.parts, values)


class _Part:
    """Some calculations, with the form that is needed for them."""

    def __init__(self, form: Form, own: list[Question], *, today: str) -> None:
        read = {each.name for question in own for each in _read_through(form, question)}
        sources = read_by(form, own) | {holder_of(question) for question in own}
        self._form = form_of(form, _kept(form, own, read, sources))
        self._sources = sorted(sources)
        self._own = {question.name for question in own}
        self._today = today

    def values(self, answers: Answers) -> dict[str, Any]:
        """What comes out, by question or ``pengurus/<row>/name``; not of what is only read."""
        values = calculated(self._form, dict(fields_of(answers, self._sources)), today=self._today)
        return {name: value for name, value in values.items() if _last(name) in self._own}


class _Remembering(_Part):
    """One calculation that reads single answers outside of repeats."""

    def __init__(self, form: Form, question: Question, *, today: str) -> None:
        super().__init__(form, [question], today=today)
        through = _read_through(form, question)
        trees = [question.relevant, *(each.calculation for each in through)]
        self._reads = [
            (each.unit, each.name, all(reads_accuracy_only(tree, each.name) for tree in trees))
            for each in through
            if each.type != "calculate"
        ]
        self._remembered: dict[Any, dict[str, Any]] = {}

    def values(self, answers: Answers) -> dict[str, Any]:
        """What comes out; nobody may change it."""
        try:
            key = tuple([_piece(answers, *each) for each in self._reads])
        except NotRemembered:
            return super().values(answers)
        found = self._remembered.get(key)
        if found is None:
            found = remember(self._remembered, key, super().values(answers))
        return found


def _piece(answers: Answers, unit: str, name: str, accuracy_only: bool) -> Any:
    """What a calculation can see of an answer: equal pieces give equal values."""
    holder = answers.plain
    if unit:
        holder = holder.get(unit) or {}
        if holder.__class__ is not dict or "$" in holder or "#" in holder:
            raise NotRemembered
    value = holder.get(name)
    if value is None or value.__class__ in PLAIN:
        return value
    accuracy = value.get("acc") if accuracy_only and is_point(value) else value
    if accuracy is None or accuracy.__class__ in PLAIN:
        return ("acc", accuracy)
    raise NotRemembered


def _kept(form: Form, own: list[Question], read: set[str], sources: Iterable[str]) -> Iterator[Question]:
    """The calculations, those that they read, and every answer that lies where they read one."""
    for question in form.questions:
        if question in own:
            yield question
        elif question.name in read or (question.type != "calculate" and holder_of(question) in sources):
            yield only_its_answer(question)


def _is_closed(form: Form, question: Question) -> bool:
    """Whether a question or anything that its calculation reads, through others too, is restricted."""
    for read in _read_through(form, question):
        holders = [form.by_name[holder] for holder in (read.unit, read.repeat) if holder]
        if "restricted" in {each.security for each in (read, *holders)}:
            return True
    return False


def _reads_plain(form: Form, question: Question) -> bool:
    """Whether it reads single answers only, outside of repeats."""
    return not any(each.repeat or each.type in _IN_PARTS for each in _read_through(form, question))


def _read_through(form: Form, question: Question) -> list[Question]:
    """The question and everything that it reads, calculations followed."""
    waiting, found = {question.name} | names_in(question.relevant), dict[str, Question]()
    while waiting:
        read = form.by_name.get(waiting.pop())
        if read is not None and read.name not in found:
            found[read.name] = read
            waiting |= names_in(read.calculation)
    return [found[name] for name in sorted(found)]


def _last(address: str) -> str:
    """``inti`` of ``pengurus/<row>/inti`` and of ``ukuran.inti``."""
    return address.rpartition("/")[2].rpartition(".")[2]
