"""Which question a column of a list answers: one of the record, or one in a numbered row of a repeat.

``luas_m2`` is a question, ``pengurus[1].nama`` the first row's. The rows of a list have ids that
follow from the record and their number, so the same list meets the rows that it made before, and
never one that somebody made by hand.
"""

import re

from sync.forms.model import ATTACHMENTS, WITHOUT_FIELD, Form, Question
from sync.record_id import listed_row

_IN_ROW = re.compile(r"(?P<repeat>[^\[\].]+)\[(?P<number>[1-9]\d{0,2})\]\.(?P<member>[^\[\].]+)", re.ASCII)


def question_of(form: Form, target: str) -> Question | None:
    """The question that one cell can answer; ``None`` where there is none of this name."""
    match = _IN_ROW.fullmatch(target)
    question = form.by_name.get(match["member"] if match else target)
    if question is None or question.repeat != (match["repeat"] if match else ""):
        return None
    return question if is_asked(question) and not (match and question.unit) else None


def is_in_row(target: str) -> bool:
    """Whether a target names a row of a repeat."""
    return _IN_ROW.fullmatch(target) is not None


def address_of(target: str, record: str) -> str:
    """How ``answers`` calls it: ``pengurus[1].nama`` with the id of the row instead of its number."""
    match = _IN_ROW.fullmatch(target)
    if match is None:
        return target
    row = listed_row(record, match["repeat"], match["number"])
    return f"{match['repeat']}[{row}].{match['member']}"


def is_asked(question: Question) -> bool:
    """Whether one cell can hold the answer."""
    return question.type not in WITHOUT_FIELD and question.type not in ATTACHMENTS and question.type != "unit"
