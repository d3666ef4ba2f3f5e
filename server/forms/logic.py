"""The expression columns of the survey sheet -> trees: relevant, constraint, required and so on."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from server.forms.choices import is_yes
from server.forms.parse_expression import ExpressionProblem, parse_expression
from server.forms.read import Row
from sync.forms.expressions import columns_in, names_in
from sync.forms.model import Choice, Question

_NO = frozenset({"", "no", "tidak", "false", "false()", "0"})
# These have no text of their own: to name one is a slip.
_UNREADABLE = frozenset({"note", "repeat", "unit"})
_TYPES_WITH_FILTER = frozenset({"select_one", "select_multiple"})


class Reading(msgspec.Struct, frozen=True):
    """What the expressions of a form may name: its readable questions, and columns of its choices."""

    questions: tuple[str, ...]
    choice_columns: tuple[str, ...]


def with_logic(
    pairs: Iterable[tuple[Row, Question | None]], *, choice_rows: tuple[Row, ...]
) -> tuple[Question, ...]:
    """The questions with their expressions. A ``None`` stands for a plain group.

    A question is relevant where all groups around it are. Raises FormProblem with row and cell.
    """
    pairs = list(pairs)
    columns = dict.fromkeys(
        ["name", *(name for row in choice_rows for name in row.cells if "::" not in name)]
    )
    reading = Reading(
        tuple(question.name for _, question in pairs if question and question.type not in _UNREADABLE),
        tuple(columns),
    )
    relevance = {
        row["name"]: _tree(row, "relevant", reading) for row, question in pairs if _is_group(question)
    }
    questions = [
        _with_trees(row, question, reading, relevance) for row, question in pairs if question is not None
    ]
    _check_circles([row for row, question in pairs if question is not None], questions)
    return tuple(questions)


def with_columns(
    choices: Mapping[str, tuple[Choice, ...]], questions: Iterable[Question], rows: tuple[Row, ...]
) -> dict[str, tuple[Choice, ...]]:
    """The lists, each choice with the columns that a filter of its list reads."""
    read: dict[str, set[str]] = {}
    for question in questions:
        read.setdefault(question.list_name, set()).update(columns_in(question.choice_filter) - {"name"})
    cells = {(row["list_name"], row["name"]): row.cells for row in rows}
    return {
        list_name: tuple(
            msgspec.structs.replace(
                choice,
                columns={
                    name: cells[list_name, choice.name].get(name, "")
                    for name in sorted(read.get(list_name, ()))
                },
            )
            for choice in listed
        )
        for list_name, listed in choices.items()
    }


def _is_group(question: Question | None) -> bool:
    return question is None or question.type in ("unit", "repeat")


def _with_trees(row: Row, question: Question, reading: Reading, relevance: Mapping[str, Any]) -> Question:
    around = [relevance[name] for name in question.groups if relevance[name] is not None]
    own = _tree(row, "relevant", reading)
    conditions = around if own is None else [*around, own]
    return msgspec.structs.replace(
        question,
        relevant=["and", *conditions] if len(conditions) > 1 else next(iter(conditions), None),
        constraint=_tree(row, "constraint", reading),
        required_if=_required_if(row, reading),
        calculation=_calculation(row, question, reading),
        choice_filter=_choice_filter(row, question, reading),
    )


def _required_if(row: Row, reading: Reading) -> Any:
    if is_yes(row["required"]) or row["required"].lower() in _NO:
        return None
    return _parsed(row, "required", row["required"], reading.questions)


def _calculation(row: Row, question: Question, reading: Reading) -> Any:
    """Of a ``calculate`` question. Elsewhere the column gives a default, which this system has not."""
    return _tree(row, "calculation", reading) if question.type == "calculate" else None


def _choice_filter(row: Row, question: Question, reading: Reading) -> Any:
    if question.type not in _TYPES_WITH_FILTER:
        return None
    return _tree(row, "choice_filter", reading, columns=reading.choice_columns)


def _tree(row: Row, column: str, reading: Reading, *, columns: tuple[str, ...] = ()) -> Any:
    return _parsed(row, column, row[column], reading.questions, columns) if row[column] else None


def _parsed(
    row: Row, column: str, cell: str, questions: tuple[str, ...], columns: tuple[str, ...] = ()
) -> Any:
    try:
        return parse_expression(cell, questions=questions, columns=columns)
    except ExpressionProblem as error:
        stop = "" if str(error)[-1] in ".?" else "."
        raise row.problem(f"'{row['name']}' has {column} '{cell}': {error}{stop}") from error


def _check_circles(rows: list[Row], questions: list[Question]) -> None:
    """Raises FormProblem where a calculation needs its own value."""
    reads = {question.name: names_in(question.calculation) for question in questions}
    for row, question in zip(rows, questions, strict=True):
        seen: set[str] = set()
        ahead = set(reads[question.name])
        while ahead:
            seen |= ahead
            ahead = {name for each in ahead for name in reads[each]} - seen
        if question.name in seen:
            raise row.problem(f"'{question.name}' is calculated from itself. Calculations go one way.")
