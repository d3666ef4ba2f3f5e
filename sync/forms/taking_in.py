"""Taking in an office's list: the part that a device and a server share. Who stores a row is the caller."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from sync.forms.lists import Cell, Header, Left, Note, Taken, each_row, header_of, is_target
from sync.forms.model import Form
from sync.forms.places import Places

LEFT_OVER_SUFFIX = ".sisa.csv"
"""The file of left-over rows is named like the list, with this behind it."""


class ListProblem(Exception):
    """Why a list cannot be taken in at all; ``key`` names the text that says so.

    ``is_usage``: it was asked for wrongly; else it is the list.
    """

    def __init__(self, key: str, *, is_usage: bool = True, **values: Any) -> None:
        super().__init__(key)
        self.key = key
        self.is_usage = is_usage
        self.values = values


class ColumnsSaid(msgspec.Struct, frozen=True):
    """What a person said of the columns of a form's lists: header -> target, and what tells rows apart."""

    columns: dict[str, str] = {}
    key: tuple[str, ...] = ()


class LeftRow(msgspec.Struct, frozen=True):
    """A row that nobody took in, with its number in the file."""

    number: int
    cells: Sequence[Cell]
    left: Left


class Report(msgspec.Struct):
    """What became of a list."""

    header: Header
    rows: int = 0
    saved: int = 0
    unchanged: int = 0
    left: list[LeftRow] = []
    notes: list[tuple[int, Note]] = []


def columns_said(columns: Iterable[str], key: Iterable[str]) -> ColumnsSaid:
    """What was said as ``HEADER=TARGET``. Raises ListProblem."""
    said: dict[str, str] = {}
    for text in columns:
        header, equals, target = text.rpartition("=")
        if not equals or not header.strip():
            raise ListProblem("import.no-pair", text=text)
        said[header.strip()] = target.strip()
    return ColumnsSaid(said, tuple(key))


def laid_over(form: Form, said: ColumnsSaid, before: ColumnsSaid) -> ColumnsSaid:
    """What is said now over what was remembered; questions that the form no longer has are forgotten.

    Raises ListProblem for a target that no cell can answer.
    """
    for name, target in said.columns.items():
        if not is_target(form, target):
            raise ListProblem("import.target-unknown", column=name, target=target, form=form.id)
    kept = {name: target for name, target in before.columns.items() if is_target(form, target)}
    return ColumnsSaid({**kept, **said.columns}, said.key or before.key)


def take_in(
    form: Form,
    rows: Sequence[Sequence[Cell]],
    said: ColumnsSaid,
    places: Places,
    *,
    store: Callable[[Taken], bool],
) -> Report:
    """Every row goes to ``store``, which says whether it held anything new, or is left over.

    Raises ListProblem where the list has no header, or not the columns that tell rows apart.
    """
    header = header_of(form, rows, said.columns)
    if header is None:
        raise ListProblem("import.no-header", is_usage=False, form=form.id)
    for name in said.key:
        if name not in header.names:
            raise ListProblem("import.key-unknown", name=name, known=", ".join(filter(None, header.names)))
    report = Report(header)
    for number, cells, row in each_row(form, header, places, rows, key=said.key):
        report.rows += 1
        if isinstance(row, Left):
            report.left.append(LeftRow(number, cells, row))
            continue
        report.notes += [(number, note) for note in row.notes]
        if store(row):
            report.saved += 1
        else:
            report.unchanged += 1
    return report


def only_counting(is_news: Callable[[Taken], bool]) -> Callable[[Taken], bool]:
    """A ``store`` that keeps nothing: a row that comes a second time would say nothing new then."""
    told: set[tuple[str, tuple[tuple[str, str], ...]]] = set()

    def store(row: Taken) -> bool:
        said = (row.record, row.pairs)
        is_first = said not in told
        told.add(said)
        return is_first and is_news(row)

    return store


def report_json(report: Report, left_over: str | None, *, dry_run: bool = False) -> dict[str, Any]:
    """The JSON of ``import``, the same on both sides; ``left_over`` is the name of that file.

    ``dry_run``: nothing was kept; ``saved`` would have been.
    """
    return {
        "dry_run": dry_run,
        "rows": report.rows,
        "saved": report.saved,
        "unchanged": report.unchanged,
        "left": [
            {"row": row.number, "reason": row.left.reason, "candidates": list(row.left.candidates)}
            for row in report.left
        ],
        "left_over": left_over,
        "columns": {report.header.names[column]: to for column, to in report.header.targets.items()},
        "unknown_columns": list(report.header.unknown),
        "notes": [{"row": number, "column": note.column, "cell": note.cell} for number, note in report.notes],
    }


def report_texts(
    report: Report, left_over: str | None, *, dry_run: bool = False
) -> list[tuple[str, dict[str, Any]]]:
    """The same for people: keys of texts with their values."""
    said: list[tuple[str, dict[str, Any]]] = []
    if report.header.unknown:
        said.append(("import.unknown-columns", {"columns": ", ".join(report.header.unknown)}))
    for number, note in report.notes:
        said.append(("import.digits-lost", {"row": number, "column": note.column, "cell": note.cell}))
    counts = {"rows": report.rows, "saved": report.saved, "unchanged": report.unchanged}
    said.append(("import.would-be" if dry_run else "import.done", counts))
    if dry_run and report.left:
        numbers = ", ".join(str(row.number) for row in report.left)
        said.append(("import.would-be-left", {"count": len(report.left), "rows": numbers}))
    if left_over is not None:
        said.append(("import.left-over", {"count": len(report.left), "file": left_over}))
    return said
