"""Records as a table: a row a record, a column a question, and what a reader must know of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import tzinfo
from functools import lru_cache
from typing import Any

import msgspec

from server.exports.formats import Format
from server.exports.table import ROWS, Cell, Column, Row, Sheet, Table
from server.hub.calculating import Calculator
from server.hub.cells import cell_of, other_fields
from server.hub.columns import (
    DELETED_COLUMN,
    FIRST_COLUMNS,
    LAST_COLUMNS,
    ROW_COLUMN,
    Columns,
    columns_of,
    filling,
    fixed_column,
    member_columns,
)
from server.hub.errors import UsageError
from server.hub.flagging import Flagger
from server.hub.forms import FormShelf
from server.hub.locating import Locator
from server.hub.records import batches_of
from server.hub.taken_apart import Answers, answers_of, rows_in
from server.store.base import RecordRow, Unit
from sync.fold import Line, Snapshot, decode_snapshot
from sync.forms.checks import is_area, is_line
from sync.forms.checks import is_point as is_place
from sync.forms.flags import CLOCK, Flag
from sync.forms.model import Form, field_of
from sync.location import Note
from sync.policies import Head
from sync.record import DELETED, Glance, glance, heads_by_field
from sync.revision import organisation_of
from sync.shown import time_text

DELETION = DELETED.encode()
"""What the bytes of a snapshot have where it, or a row of a repeat, was deleted or brought back."""

TIMES_KEPT = 1_000
"""Times of receipt whose text is remembered: the lines of one body came together."""

PROVINCES = tuple(f"{number:02}" for number in range(100))


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to have.

    ``area``: ``None`` takes all, orphans too. ``labels``: the language in whose words choices
    are written; empty: their codes.
    """

    area: str | None
    with_deleted: bool = False
    labels: str = ""


def table(
    unit: Unit, shelf: FormShelf, form_id: str, asked: Asked, into: Format, *, zone: tzinfo, now_ms: int
) -> Table:
    """The records of a form as this moment of the unit sees them, with what the format shows.

    Deleted records are left out unless asked for. Restricted answers are closed. Raises
    UsageError for a form that is not published here.
    """
    form = shelf.current(unit, form_id)
    if form is None:
        raise UsageError("server.error.form-unknown", form=form_id)
    made = _Maker(unit, form, asked, into, zone=zone, now_ms=now_ms)
    return Table(
        name=form.id,
        title=form.titles.get(asked.labels or form.default_language, form.id),
        as_of=time_text(now_ms, zone),
        columns=made.columns,
        sheets=made.sheets,
        rows=made.rows(),
    )


class _Maker:
    """Makes the rows of one export."""

    def __init__(
        self, unit: Unit, form: Form, asked: Asked, into: Format, *, zone: tzinfo, now_ms: int
    ) -> None:
        self._unit, self._form, self._asked, self._into, self._zone = unit, form, asked, into, zone
        self._questions = columns_of(form, labels=asked.labels)
        today = time_text(now_ms, zone)[:10]
        self._flagger = Flagger(form, today=today)
        self._calculator = Calculator(form, today=today)
        self._locator = Locator(unit, form)
        self._areas = {row.code: row.name for row in unit.catalogue.areas(PROVINCES)}
        self._persons = {person.id: person.name for person in unit.people.persons()}
        self._time = lru_cache(maxsize=TIMES_KEPT)(lambda at_ms: time_text(at_ms, zone))
        self._geometry = _geometry_of(form) if into.geometry else _no_geometry
        self._members = {
            question.question: member_columns(form, question.question, labels=asked.labels)
            for question in self._questions
            if into.sheets and question.columns[0].kind == ROWS
        }
        names = [*LAST_COLUMNS, *([DELETED_COLUMN] if asked.with_deleted else [])]
        self.columns: tuple[Column, ...] = (
            *map(fixed_column, FIRST_COLUMNS),
            *(column for question in self._questions for column in question.columns),
            *map(fixed_column, names),
        )
        self.sheets = tuple(
            Sheet(name, (*map(fixed_column, ("record", ROW_COLUMN)), *_of_all(members)))
            for name, members in self._members.items()
        )
        self._filled = filling(self._questions)
        self._places = _places(self._questions, self.columns)
        self._received = self._places["received_at"]

    def rows(self) -> Iterator[Row]:
        """A row a record, by id. What must be asked of the log is asked for many at a time.

        A snapshot is decoded, used and forgotten before the next one: five hundred decoded ones
        at a time fell out of the processor's cache and took a fifth more time.
        """
        for batch in batches_of(self._unit, self._form.id, self._asked.area):
            held = self._unit.log.held_of(row.id for row in batch)
            made = [found for row in batch if (found := self._made(row, held.get(row.id, 0)))]
            received_ms = self._unit.log.received_ms(newest for _, newest in made)
            for row, newest in made:
                if newest in received_ms:
                    row.cells[self._received] = self._time(received_ms[newest])
                yield row

    def _made(self, row: RecordRow, held: int) -> tuple[Row, str] | None:
        """The row, but for the time of receipt, and the id of the line that was written last."""
        snapshot = decode_snapshot(row.snapshot)
        seen = self._seen(row, snapshot)
        if seen.deleted and not self._asked.with_deleted:
            return None
        newest = max(snapshot.values(), key=lambda line: (line.written_ms, line.id), default=None)
        answers = answers_of(seen.shown, deleted_rows=seen.deleted_rows)
        if self._calculator.is_needed:
            answers = self._calculator.adding_to(answers)
        cells = self._place(row, seen)
        cells += self._filled(answers)
        is_doubtful = any(line.suspect for line in snapshot.values())
        cells += self._about(row, seen, answers, is_doubtful)
        cells += [held, *self._saved(newest)]
        if self._asked.with_deleted:
            cells.append("ya" if seen.deleted else "tidak")
        made = Row(
            cells,
            marks=self._marks(snapshot, seen.conflicts) if seen.conflicts and self._into.marks else {},
            sheets=self._sheets_of(row.id, answers) if self._members else {},
            geometry=self._geometry(answers),
        )
        return made, newest.id if newest else ""

    def _seen(self, row: RecordRow, snapshot: Snapshot) -> Glance:
        """What the record shows. One that a single line wrote, as most are, shows that line."""
        if len(snapshot) > 1 or DELETION in row.snapshot:
            return glance(snapshot, self._form)
        shown = next(iter(snapshot.values())).fields if snapshot else {}
        return Glance(shown, deleted=False, deleted_rows=(), conflicts=row.conflicts)

    def _place(self, row: RecordRow, seen: Glance) -> list[Cell]:
        area = seen.shown.get("_area")
        code = area if isinstance(area, str) else ""
        names = [self._areas.get(code[:length]) for length in (5, 8)]
        return [row.id, row.form.partition("/")[2], code or None, *names, self._areas.get(code)]

    def _about(self, row: RecordRow, seen: Glance, answers: Answers, is_doubtful: bool) -> list[Cell]:
        flags: list[Flag | Note] = [
            *self._flagger.flags(answers),
            *self._locator.notes(seen.shown, row.areas),
        ]
        codes = [f"{flag.code}:{flag.field}" for flag in flags]
        if is_doubtful:
            codes.append(CLOCK)
        return [
            other_fields(self._form, answers),
            " ".join(seen.conflicts) or None,
            " ".join(codes) or None,
        ]

    def _saved(self, newest: Line | None) -> list[Cell]:
        if newest is None:
            return [None, None, None, None, None]
        return [
            time_text(newest.written_ms, self._zone),
            self._persons.get(newest.person, newest.person),
            organisation_of(newest.capacity),
            newest.observed_on,
            None,
        ]

    def _sheets_of(self, record: str, answers: Answers) -> dict[str, list[list[Cell]]]:
        return {name: self._sheet_rows(record, answers, name) for name in self._members}

    def _sheet_rows(self, record: str, answers: Answers, repeat: str) -> list[list[Cell]]:
        return [
            [record, row, *(cell for member in self._members[repeat] for cell in member.cells(of_row))]
            for row, of_row in rows_in(answers, repeat)
        ]

    def _marks(self, snapshot: Snapshot, conflicts: Sequence[str]) -> Mapping[int, str]:
        """Who wrote what, beside the cell of every field on which people differ."""
        heads = heads_by_field(snapshot, conflicts)
        marks: dict[int, str] = {}
        for field in conflicts:
            found = field_of(self._form, field)
            holder = field if found is None else (found.question.repeat or found.question.name)
            place = self._places.get(holder, self._places["conflicts"])
            closed = found is not None and found.question.security == "restricted"
            text = "\n".join([field, *(self._said(head, closed) for head in heads.get(field, ()))])
            marks[place] = f"{marks[place]}\n\n{text}" if place in marks else text
        return marks

    def _said(self, head: Head, closed: bool) -> str:
        who = self._persons.get(head.person, head.person)
        when = head.observed_on or time_text(head.written_ms, self._zone)[:10]
        value = cell_of({"#": ""} if closed and head.value is not None else head.value)
        return f"{value} · {who} ({head.organisation}), {when}"


def _of_all(questions: Sequence[Columns]) -> Iterator[Column]:
    return (column for question in questions for column in question.columns)


def _places(questions: Sequence[Columns], columns: Sequence[Column]) -> dict[str, int]:
    """Field -> number of the first column that shows it. No field is shown by a calculated one."""
    numbered = reversed(list(enumerate(columns)))
    places = {column.name: number for number, column in numbered if not column.calculated}
    places["_area"] = places["area_code"]
    for question in reversed(questions):
        if not question.columns[0].calculated:
            places[question.question] = places[question.columns[0].name]
    return places


def _geometry_of(form: Form) -> Callable[[Answers], Mapping[str, Any] | None]:
    """What draws a record on a map: its boundary, else a line, else its point; never a restricted one."""
    open_ones = [q for q in form.questions if not q.repeat and not q.unit and q.security != "restricted"]
    kinds: tuple[tuple[str, Callable[[Any], bool]], ...] = (
        ("geoshape", is_area),
        ("geotrace", is_line),
        ("geopoint", is_place),
    )
    sources = [(q.name, check) for kind, check in kinds for q in open_ones if q.type == kind]

    def geometry(answers: Answers) -> Mapping[str, Any] | None:
        for name, check in sources:
            value = answers.plain.get(name)
            if value is not None and check(value):
                return value if "type" in value else _point(value)
        return None

    return geometry


def _point(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": "Point", "coordinates": [value["lon"], value["lat"]]}


def _no_geometry(answers: Answers) -> None:
    return None
