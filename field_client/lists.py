"""A list that an office has, taken in as saves of a person: safe to repeat."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import msgspec
from sqlite_utils import Database

from field_client import facts, forms, records
from field_client.capture import Change, person_for, save
from field_client.database import write
from field_client.errors import CommandProblem
from field_client.facts import Person, RandomBytes
from field_client.records import Entry
from sync.area import is_village, within
from sync.forms.lists import WHY, Cell, Taken, csv_rows, news_of_row, sheet_rows
from sync.forms.model import Form
from sync.forms.places import Places
from sync.forms.taking_in import ColumnsSaid, Report, laid_over, only_counting
from sync.forms.taking_in import take_in as take_in_rows
from sync.revision import WHY_CHARACTERS_MAX
from sync.shown import shown_value

WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"})
"""Names that end so are of workbooks; of these only the first two can be read."""

REMEMBERED = "list/"
"""Fact, with the form behind it: what a person said of the columns of its lists."""


def rows_in(path: Path) -> list[list[Cell]]:
    """The rows of a CSV, or of the sheet that was in front when a workbook was saved.

    Results stand for formulas. Raises CommandProblem and OSError.
    """
    if path.suffix.lower() not in WORKBOOKS:
        return csv_rows(path.read_bytes())
    try:
        # Reading workbooks is an extra: a device needs it for nothing else.
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException
    except ModuleNotFoundError as error:
        raise CommandProblem("client.import.no-workbooks", file=path.name) from error
    try:
        return sheet_rows(load_workbook(path, data_only=True).active)
    except (InvalidFileException, BadZipFile, KeyError, ValueError) as error:
        raise CommandProblem("import.no-workbook", file=path.name) from error


def take_in(
    db: Database,
    form_id: str,
    rows: Sequence[Sequence[Cell]],
    said: ColumnsSaid,
    *,
    file_name: str,
    person_id: str | None,
    now_ms: int,
    today: str,
    random_bytes: RandomBytes,
    dry_run: bool = False,
) -> Report:
    """Save what a list says that is not here yet, row by row; each is on disk when it is counted.

    ``today``: the local date, by which an area's code has ended. What the person says of
    columns is remembered for the next list of this form. ``dry_run``: nothing is kept, and what
    is counted would have been. Raises CommandProblem and ListProblem where no row can be taken in at all.
    """
    person, form = person_for(db, person_id), forms.current(db, form_id)
    if form is None:
        raise CommandProblem("client.save.form-unknown", form=form_id)
    why = (WHY + file_name)[:WHY_CHARACTERS_MAX]

    def store(row: Taken) -> bool:
        change = _change(db, form, person, row, why)
        if change is not None:
            save(db, change, now_ms=now_ms, random_bytes=random_bytes)
        return change is not None

    said = _remembered(db, form, said, dry_run)
    counting = only_counting(lambda row: _change(db, form, person, row, why) is not None)
    places = _places(db, person, today)
    return take_in_rows(form, rows, said, places, store=counting if dry_run else store)


def _change(db: Database, form: Form, person: Person, row: Taken, why: str) -> Change | None:
    """The save of a row; ``None`` where it says nothing new.

    It stands on the person's own heads alone: a list knows nothing of what others wrote, so
    where they differ both stand, and the policy or a person decides.
    """
    entry = records.load(db, row.record)
    shown = _shown(entry) if entry else {}
    values = news_of_row(form, row, shown=shown, stated=_stated(entry) if entry else [])
    if not values:
        return None
    return Change(
        form_id=form.id,
        record=row.record,
        area=row.area if entry is None else None,
        person=person.id,
        fields=values,
        base=tuple(id for id, line in entry.seen.items() if line.person == person.id) if entry else (),
        why=why,
    )


def _shown(entry: Entry) -> Mapping[str, Any]:
    return {
        name: shown_value(name, field, opened=entry.opened) for name, field in entry.view().fields.items()
    }


def _stated(entry: Entry) -> list[tuple[str, Any]]:
    """What lists have said of a record on this device."""
    return [
        (field, entry.opened.get((own.id, field), value))
        for own in entry.own
        if (own.revision.why or "").startswith(WHY)
        for field, value in own.revision.values.items()
    ]


def _remembered(db: Database, form: Form, said: ColumnsSaid, dry_run: bool) -> ColumnsSaid:
    name = REMEMBERED + form.id
    both = laid_over(form, said, msgspec.convert(facts.get_json(db, name, {}), ColumnsSaid))
    if not dry_run:
        with write(db):
            facts.put_json(db, name, both)
    return both


def _places(db: Database, person: Person, today: str) -> Places:
    rows = db.conn.execute(AREAS).fetchall()
    areas = [(code, name) for code, name, _, _ in rows]
    villages = [code for code, _ in areas if is_village(code) and within(code, person.scope)]
    aliases = [(code, alias) for code, _, names, _ in rows for alias in msgspec.json.decode(names)]
    ended = [code for code, _, _, valid_to in rows if valid_to is not None and valid_to <= today]
    return Places(areas, villages, aliases=aliases, ended=ended)


AREAS = "SELECT code, name, aliases, valid_to FROM area ORDER BY code"
