"""The choices sheet -> the lists of a form, and the organisation ranks of ``authority`` lists."""

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from server.forms.problems import known
from server.forms.read import Row
from sync.forms.model import TOPICS, Choice

ORGANISATIONS = Path(__file__).resolve().parent.parent / "data" / "organisations.csv"

_YES = frozenset({"yes", "ya", "true", "true()", "1"})


def choice_lists(rows: tuple[Row, ...], default_language: str) -> dict[str, tuple[Choice, ...]]:
    """Every list of the choices sheet, its choices in their order."""
    lists: dict[str, list[Choice]] = {}
    for row in rows:
        lists.setdefault(row["list_name"], []).append(_choice(row, default_language))
    return {name: tuple(choices) for name, choices in lists.items()}


def organisation_ranks(rows: tuple[Row, ...], list_name: str) -> dict[str, int]:
    """Organisation code -> rank, 1 best.

    Without a cell ``rank`` an organisation stands one rank behind the row before it.
    """
    ranks: dict[str, int] = {}
    rank = 0
    for row in rows:
        if row["list_name"] == list_name:
            if row["name"] not in organisations():
                raise row.problem(
                    f"'{row['name']}' is no organisation. {known(row['name'], organisations())}"
                )
            rank = _rank(row) or rank + 1
            ranks[row["name"]] = rank
    return ranks


@cache
def organisations() -> Mapping[str, dict[str, str]]:
    """Organisation code -> its name by language code."""
    with ORGANISATIONS.open(encoding="utf-8", newline="") as file:
        return {row["code"]: {"id": row["name_id"], "en": row["name_en"]} for row in csv.DictReader(file)}


def is_yes(cell: str) -> bool:
    """Whether a cell says yes without a condition."""
    return cell.lower() in _YES


def _choice(row: Row, default_language: str) -> Choice:
    if "/" in row["name"]:
        raise row.problem(f"choice '{row['name']}' has a slash in its name, which parts the names of fields.")
    if row["topic"] and row["topic"] not in TOPICS:
        raise row.problem(f"choice '{row['name']}' has topic '{row['topic']}'. {known(row['topic'], TOPICS)}")
    return Choice(
        name=row["name"],
        labels=row.texts("label", default_language),
        rank=_rank(row),
        exclusive=is_yes(row["exclusive"]),
        topic=row["topic"],
    )


def _rank(row: Row) -> int | None:
    if not row["rank"]:
        return None
    if not row["rank"].isdecimal() or int(row["rank"]) < 1:
        raise row.problem(f"rank '{row['rank']}' is no whole number from 1, the best.")
    return int(row["rank"])
