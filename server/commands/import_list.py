"""``tapak-server import``: take in a list that an office has."""

from pathlib import Path
from zipfile import BadZipFile
from zoneinfo import ZoneInfo

import click
import msgspec

from server.commands.edge import (
    NEEDS_A_PERSON,
    acting_person,
    as_json,
    end_with,
    now_ms,
    opened,
    print_json,
    said,
    salt,
    talk,
)
from server.hub.errors import UsageError
from server.hub.importing import comparing, places_of, storing, writer_of_lists
from sync.forms.lists import Cell, csv_rows, left_over_csv, sheet_rows
from sync.forms.model import Form
from sync.forms.taking_in import (
    LEFT_OVER_SUFFIX,
    ColumnsSaid,
    ListProblem,
    Report,
    columns_said,
    laid_over,
    report_json,
    report_texts,
    take_in,
)
from sync.shown import time_text

REMEMBERED = "imports"
"""Folder of the data folder: what operators said of the columns of each form's lists."""

WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"})
"""Names that end so are of workbooks; of these only the first two can be read."""


@click.command("import", help=said("server.help.import"))
@click.argument("form_id", metavar="FORM")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@acting_person
@click.option(
    "--column", "columns", multiple=True, metavar="HEADER=FIELD", help=said("server.help.import.column")
)
@click.option("--key", "key", multiple=True, metavar="HEADER", help=said("server.help.import.key"))
@click.option("--dry-run", is_flag=True, help=said("server.help.import.dry-run"))
@as_json
def command(
    form_id: str,
    file: Path,
    person: str,
    columns: tuple[str, ...],
    key: tuple[str, ...],
    dry_run: bool,
    json_wanted: bool,
) -> None:
    """Save what is new; rows that are left over go to a file beside the list."""
    try:
        report = _taken_in(form_id, file, person, columns_said(columns, key), dry_run)
    except ListProblem as problem:
        kind = click.UsageError if problem.is_usage else click.ClickException
        raise kind(said(problem.key, **problem.values)) from problem
    left_over = None if dry_run else _left_over(report, file)
    if json_wanted:
        print_json(report_json(report, left_over, dry_run=dry_run))
    else:
        for text, values in report_texts(report, left_over, dry_run=dry_run):
            talk(text, **values)
    if report.left:
        end_with(NEEDS_A_PERSON)


def _taken_in(form_id: str, file: Path, person_id: str, given: ColumnsSaid, dry_run: bool) -> Report:
    with opened() as server:
        rows = _rows_in(file)
        with server.store.read() as unit:
            form = server.shelf.current(unit, form_id)
            if form is None:
                raise UsageError("server.error.form-unknown", form=form_id)
            person = writer_of_lists(unit, person_id)
            today = time_text(now_ms(), ZoneInfo(server.settings.time_zone))[:10]
            places = places_of(unit, person, today=today)
        given = _remembered(server.folder.path, form, given, dry_run)
        if dry_run:
            store = comparing(server.store, server.shelf, form, person)
        else:
            store = storing(
                server.store, server.shelf, form, person, file=file.name, salt=salt, now_ms=now_ms()
            )
        return take_in(form, rows, given, places, store=store)


def _rows_in(path: Path) -> list[list[Cell]]:
    """The rows of a CSV, or of the sheet that was in front; results stand for formulas."""
    if path.suffix.lower() not in WORKBOOKS:
        return csv_rows(path.read_bytes())
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        return sheet_rows(load_workbook(path, data_only=True).active)
    except (InvalidFileException, BadZipFile, KeyError, ValueError) as error:
        raise UsageError("import.no-workbook", file=path.name) from error


def _remembered(data: Path, form: Form, given: ColumnsSaid, dry_run: bool) -> ColumnsSaid:
    """What is said now over what was said before; kept for the next list, unless this is a trial."""
    path = data / REMEMBERED / f"{form.id}.json"
    before = msgspec.json.decode(path.read_bytes(), type=ColumnsSaid) if path.exists() else ColumnsSaid()
    both = laid_over(form, given, before)
    if both != before and not dry_run:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(both), indent=1))
    return both


def _left_over(report: Report, file: Path) -> str | None:
    """Write the rows that nobody took in; the name of their file, ``None`` where there are none."""
    if not report.left:
        return None
    path = file.with_name(file.name.removesuffix(LEFT_OVER_SUFFIX) + LEFT_OVER_SUFFIX)
    rows = [(row.cells, said(f"import.{row.left.reason}"), row.left.candidates) for row in report.left]
    try:
        path.write_bytes(left_over_csv(report.header.names, rows))
    except OSError as error:
        raise click.ClickException(
            said("server.error.cannot-write", file=path, reason=error.strerror)
        ) from error
    return str(path)
