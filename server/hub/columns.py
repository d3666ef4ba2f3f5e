"""The columns of a table of records: those that every form has, and those of its questions."""

from collections.abc import Callable, Sequence

import msgspec

from server.exports.table import NUMBER, ROWS, Cell, Column
from server.hub.cells import (
    calculation_cells,
    cell_of,
    cells_of,
    closed_cells,
    member_cells,
    point_cells,
    words_of,
)
from server.hub.taken_apart import Answers
from server.texts import LANGUAGES, text
from sync.forms.expressions import gives_number
from sync.forms.model import ATTACHMENTS, WITHOUT_FIELD, Form, Question
from sync.forms.parse import UNITS
from sync.forms.types import QUESTION_TYPES

FIRST_COLUMNS = ("record", "form_version", "area_code", "regency", "district", "village")
LAST_COLUMNS = (
    "other_fields",
    "conflicts",
    "flags",
    "held",
    "saved_at",
    "saved_by",
    "organisation",
    "observed_on",
    "received_at",
)
DELETED_COLUMN = "deleted"
ROW_COLUMN = "row"

_FIXED = frozenset({*FIRST_COLUMNS, *LAST_COLUMNS, DELETED_COLUMN, ROW_COLUMN})
_AS_THEY_ARE = frozenset({str, int, float, type(None)})
"""Kinds of a plain answer whose cell is the answer itself; ``None`` as long as nobody cleared one."""

_POINT_PARTS = {"lat": "°", "lon": "°", "acc": "m"}


class Columns(msgspec.Struct, frozen=True):
    """The columns that one question takes, and what fills them.

    ``plain``: the field whose value ``cell_of`` makes the only cell, as for most questions.
    """

    question: str
    columns: tuple[Column, ...]
    cells: Callable[[Answers], Sequence[Cell]]
    plain: str = ""


def columns_of(form: Form, *, labels: str = "") -> list[Columns]:
    """The columns of every question that has answers or is calculated, in form order.

    ``labels``: write choices in the words of this language instead of their codes.
    """
    return [
        _columns(form, question, labels)
        for question in form.questions
        if not question.repeat and (question.type == "repeat" or _has_column(question))
    ]


def member_columns(form: Form, repeat: str, *, labels: str = "") -> list[Columns]:
    """The same for the questions of a repeat; they read the answers of one row."""
    return [
        _columns(form, question, labels)
        for question in form.questions
        if question.repeat == repeat and _has_column(question)
    ]


def filling(questions: Sequence[Columns]) -> Callable[[Answers], list[Cell]]:
    """What gives all cells of these questions, without a call for each: most of a form is plain."""
    runs = _runs(questions)

    def filled(answers: Answers) -> list[Cell]:
        plain = answers.plain
        has_cleared = None in plain.values()
        cells: list[Cell] = []
        for names, question in runs:
            values = list(map(plain.get, names))
            if has_cleared or not _AS_THEY_ARE.issuperset(map(type, values)):
                values = [cell_of(plain[name]) if name in plain else None for name in names]
            cells += values
            if question is not None:
                cells += question.cells(answers)
        return cells

    return filled


def is_calculated(question: Question) -> bool:
    """Whether a question has a value that nobody answers."""
    return question.type == "calculate" and question.calculation is not None


def fixed_column(name: str) -> Column:
    """A column that every form has."""
    about = {language: text(f"server.export.column.{name}", language) for language in LANGUAGES}
    return Column(name=name, kind=NUMBER if name == "held" else "text", about=about)


def _runs(questions: Sequence[Columns]) -> list[tuple[tuple[str, ...], Columns | None]]:
    """Plain questions that stand together, by name, each time with the other question behind them."""
    runs: list[tuple[tuple[str, ...], Columns | None]] = []
    names: list[str] = []
    for question in questions:
        if question.plain:
            names.append(question.plain)
        else:
            runs.append((tuple(names), question))
            names = []
    return [*runs, (tuple(names), None)]


def _has_column(question: Question) -> bool:
    if question.type in WITHOUT_FIELD:
        return is_calculated(question)
    return question.type != "unit"


def _columns(form: Form, question: Question, labels: str) -> Columns:
    name = f"q_{question.name}" if question.name in _FIXED else question.name
    holder = form.by_name[question.unit] if question.unit else question
    if is_calculated(question):
        kind = NUMBER if gives_number(question.calculation) else "text"
        return Columns(question.name, (_column(question, name, kind=kind),), calculation_cells(question))
    if "restricted" in (question.security, holder.security):
        return Columns(holder.name, (_column(question, name, kind="text"),), closed_cells(holder))
    if question.type == "geopoint" and not question.unit:
        columns = tuple(
            msgspec.structs.replace(_column(question, f"{name}_{part}", kind=NUMBER), unit=unit)
            for part, unit in _POINT_PARTS.items()
        )
        return Columns(question.name, columns, point_cells(question))
    kind = ROWS if question.type == "repeat" else QUESTION_TYPES[question.type].cell
    words = words_of(form, question, labels)
    fill = member_cells(question, words) if question.unit else cells_of(form, question, words)
    in_parts = question.unit or question.type in {*ATTACHMENTS, "select_multiple", "repeat"}
    plain = "" if in_parts or words else question.name
    return Columns(holder.name, (_column(question, name, kind=kind),), fill, plain)


def _column(question: Question, name: str, *, kind: str) -> Column:
    unit = question.name.rpartition("_")[2]
    return Column(
        name=name,
        kind=kind,
        about=question.labels,
        hint=question.hints,
        unit=unit if unit in UNITS else "",
        code_list=question.list_name,
        security=question.security,
        calculated=is_calculated(question),
    )
