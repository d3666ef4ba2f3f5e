"""The calculated values of very many records of one form: those of ``calculated``.

A form is cut down once to its calculations and the answers that they read, so that a record
hands over only these.
"""

import msgspec

from server.hub.cells import Answers, is_calculated
from server.hub.flagging import fields_of, form_of, holder_of, only_its_answer, read_by
from sync.forms.expressions import names_in
from sync.forms.flags import calculated
from sync.forms.model import Form, Question


class Calculator:
    """Calculates for records of one form version on one local date, ``2026-11-23``.

    What is restricted, or reads a restricted answer, is left out: an answer that a phone sent
    open is as closed as a sealed one.
    """

    def __init__(self, form: Form, *, today: str) -> None:
        own = [q for q in form.questions if is_calculated(q) and not _is_closed(form, q)]
        sources = read_by(form, own) | {holder_of(question) for question in own}
        kept = [
            question if question in own else only_its_answer(question)
            for question in form.questions
            if question in own or (question.type != "calculate" and holder_of(question) in sources)
        ]
        self._form = form_of(form, kept)
        self._sources = sorted(sources)
        self._today = today
        self.is_needed = bool(own)

    def adding_to(self, answers: Answers) -> Answers:
        """The answers together with what the form calculates from them."""
        shown = dict(fields_of(answers, self._sources))
        return msgspec.structs.replace(answers, calculated=calculated(self._form, shown, today=self._today))


def _is_closed(form: Form, question: Question) -> bool:
    """Whether a question or anything that its calculation reads, through others too, is restricted."""
    waiting, seen = {question.name} | names_in(question.relevant), set[str]()
    while waiting:
        name = waiting.pop()
        read = form.by_name.get(name)
        if read is None or name in seen:
            continue
        seen.add(name)
        holders = [form.by_name[holder] for holder in (read.unit, read.repeat) if holder]
        if "restricted" in {each.security for each in (read, *holders)}:
            return True
        waiting |= names_in(read.calculation)
    return False
