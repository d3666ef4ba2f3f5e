"""``tapak import``: take in a list that an office has."""

import os
from pathlib import Path

import click

from field_client import edge
from field_client.edge import NEEDS_A_PERSON, Device, help_text
from field_client.errors import FAILED, WRONG_USAGE, CommandProblem
from field_client.flags import today
from field_client.lists import rows_in, take_in
from sync.forms.lists import left_over_csv
from sync.forms.taking_in import (
    LEFT_OVER_SUFFIX,
    ListProblem,
    Report,
    columns_said,
    report_json,
    report_texts,
)


@click.command(help=help_text("import"))
@click.argument("form")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--column", "columns", multiple=True, metavar="HEADER=FIELD", help=help_text("import.column"))
@click.option("--key", "key", multiple=True, metavar="HEADER", help=help_text("import.key"))
@click.option("--dry-run", is_flag=True, help=help_text("import.dry-run"))
@click.option("--as", "person", metavar="PERSON", help=help_text("as"))
@click.option("--json", "as_json", is_flag=True, help=help_text("json"))
@click.pass_obj
def command(
    device: Device,
    form: str,
    file: Path,
    columns: tuple[str, ...],
    key: tuple[str, ...],
    dry_run: bool,
    person: str | None,
    as_json: bool,
) -> int:
    """Save what is new; rows that are left over go to a file beside the list."""
    try:
        report = take_in(
            device.db,
            form,
            rows_in(file),
            columns_said(columns, key),
            file_name=file.name,
            person_id=person,
            now_ms=edge.now_ms(),
            today=today(device),
            random_bytes=os.urandom,
            dry_run=dry_run,
        )
        left_over = None if dry_run else _left_over(device, report, file)
    except ListProblem as problem:
        code = WRONG_USAGE if problem.is_usage else FAILED
        raise CommandProblem(problem.key, exit_code=code, **problem.values) from problem
    except OSError as error:
        raise CommandProblem(
            "client.import.cannot-read", file=error.filename, reason=error.strerror or error
        ) from error
    if as_json:
        edge.put_json(report_json(report, left_over, dry_run=dry_run))
    else:
        for text, values in report_texts(report, left_over, dry_run=dry_run):
            device.say(text, **values)
    return NEEDS_A_PERSON if report.left else 0


def _left_over(device: Device, report: Report, file: Path) -> str | None:
    """Write the rows that nobody took in; the name of their file, ``None`` where there are none."""
    if not report.left:
        return None
    path = file.with_name(file.name.removesuffix(LEFT_OVER_SUFFIX) + LEFT_OVER_SUFFIX)
    rows = [(row.cells, device.text(f"import.{row.left.reason}"), row.left.candidates) for row in report.left]
    path.write_bytes(left_over_csv(report.header.names, rows))
    return str(path)
