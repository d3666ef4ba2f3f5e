"""Records as a table: a row a record, a column a question, and what a reader must know of it."""

from collections.abc import Iterator, Sequence
from datetime import tzinfo

import msgspec

from server.hub.cells import FIRST_COLUMNS, LAST_COLUMNS, Cell, Columns, columns_of, other_fields, shown_of
from server.hub.errors import UsageError
from server.hub.forms import FormShelf
from server.hub.records import Seen, rows_of, see
from server.store.base import Unit
from sync.fold import Line, decode_snapshot
from sync.forms.model import Form
from sync.revision import organisation_of
from sync.shown import time_text

DELETED_COLUMN = "deleted"


class Table(msgspec.Struct, frozen=True):
    """Column names, and rows that are made while they are read."""

    columns: tuple[str, ...]
    rows: Iterator[Sequence[Cell]]


def table(
    unit: Unit,
    shelf: FormShelf,
    form_id: str,
    *,
    area: str | None,
    zone: tzinfo,
    with_deleted: bool,
) -> Table:
    """The records of a form inside an area (``None``: all) as this moment of the unit sees them.

    Deleted records are left out unless asked for. Restricted answers are closed. Raises
    UsageError for a form that is not published here.
    """
    form = shelf.current(unit, form_id)
    if form is None:
        raise UsageError("server.error.form-unknown", form=form_id)
    questions = columns_of(form)
    names = [name for question in questions for name in question.names]
    deleted = (DELETED_COLUMN,) if with_deleted else ()
    return Table(
        (*FIRST_COLUMNS, *names, *LAST_COLUMNS, *deleted),
        _rows(unit, shelf, form, questions, area=area, zone=zone, with_deleted=with_deleted),
    )


def _rows(
    unit: Unit,
    shelf: FormShelf,
    form: Form,
    questions: Sequence[Columns],
    *,
    area: str | None,
    zone: tzinfo,
    with_deleted: bool,
) -> Iterator[Sequence[Cell]]:
    names = {row.code: row.name for row in unit.catalogue.areas([f"{n:02}" for n in range(100)])}
    persons = {person.id: person.name for person in unit.people.persons()}
    for row in rows_of(unit, form.id, area):
        seen = see(unit, shelf, row, None)
        if seen.view.deleted and not with_deleted:
            continue
        shown = shown_of(seen.view)
        cells = [cell for question in questions for cell in question.cells(shown)]
        last = [other_fields(form, seen.view), *_saved(unit, seen, persons, zone)]
        deleted = [("ya" if seen.view.deleted else "tidak")] if with_deleted else []
        yield [*_place(seen, names), *cells, *last, *deleted]


def _place(seen: Seen, names: dict[str, str]) -> list[Cell]:
    field = seen.view.fields.get("_area")
    code = field.shown if field is not None and isinstance(field.shown, str) else ""
    above = [names.get(code[:length], "") for length in (5, 8)]
    return [seen.row.id, seen.row.form.partition("/")[2], code, *above, names.get(code, "")]


def _saved(unit: Unit, seen: Seen, persons: dict[str, str], zone: tzinfo) -> list[Cell]:
    newest = _newest(seen)
    stored = unit.log.get(newest.id) if newest else None
    start: list[Cell] = [" ".join(seen.view.conflicts), unit.log.held_of(seen.row.id)]
    if newest is None or stored is None:
        return [*start, "", "", "", "", ""]
    return [
        *start,
        time_text(newest.written_ms, zone),
        persons.get(newest.person, newest.person),
        organisation_of(newest.capacity),
        newest.observed_on or "",
        time_text(stored.received_ms, zone),
    ]


def _newest(seen: Seen) -> Line | None:
    """The live line that was written last."""
    lines = decode_snapshot(seen.row.snapshot).values()
    return max(lines, key=lambda line: (line.written_ms, line.id), default=None)
