"""Shown values, taken apart for the cells of a table: what is plain, and what has parts or rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec


class Answers(msgspec.Struct, frozen=True):
    """Shown values, taken apart once: those of plain fields, and ``{first part: {rest: value}}``.

    Fields of rows whose deletion counts, and the deletions themselves, are not in it.
    ``calculated``: what the form calculates from them, by question or ``pengurus/<row>/name``.
    """

    plain: dict[str, Any]
    parts: dict[str, dict[str, Any]]
    calculated: Mapping[str, Any] = {}


def answers_of(shown: Mapping[str, Any], *, deleted_rows: Sequence[str] = ()) -> Answers:
    """The shown values of a record or of a row, by field name."""
    plain: dict[str, Any] = {}
    parts: dict[str, dict[str, Any]] = {}
    gone = tuple(f"{row}/" for row in deleted_rows)
    for field, value in shown.items():
        if "/" not in field:
            plain[field] = value
        elif not field.endswith("/_deleted") and not (gone and field.startswith(gone)):
            first, _, rest = field.partition("/")
            if first in parts:
                parts[first][rest] = value
            else:
                parts[first] = {rest: value}
    return Answers(plain, parts)


def rows_in(answers: Answers, repeat: str) -> list[tuple[str, Answers]]:
    """The rows of a repeat by id, each with its answers and what is calculated in it."""
    rows: dict[str, dict[str, Any]] = {}
    for path, value in answers.parts.get(repeat, {}).items():
        row, _, name = path.partition("/")
        rows.setdefault(row, {})[name] = value
    of_rows = calculated_in(answers, repeat) if answers.calculated else {}
    return [
        (row, msgspec.structs.replace(answers_of(rows[row]), calculated=of_rows.get(row, {})))
        for row in sorted(rows)
    ]


def calculated_in(answers: Answers, repeat: str) -> dict[str, dict[str, Any]]:
    """Row of a repeat -> what is calculated in it."""
    rows: dict[str, dict[str, Any]] = {}
    for path, value in answers.calculated.items():
        first, _, rest = path.partition("/")
        row, _, name = rest.partition("/")
        if first == repeat and name and value != "":
            rows.setdefault(row, {})[name] = value
    return rows
