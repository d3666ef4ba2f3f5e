"""``tapak import``: take in a list that an office has."""

import os
from pathlib import Path
from typing import Any

import click

from field_client import edge
from field_client.edge import NEEDS_A_PERSON, Device, help_text
from field_client.errors import CommandProblem, wrong_usage
from field_client.lists import ColumnsSaid, Report, rows_in, take_in
from sync.forms.lists import left_over_csv

LEFT_OVER_SUFFIX = ".sisa.csv"


@click.command(help=help_text("import"))
@click.argument("form")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--column", "columns", multiple=True, metavar="HEADER=FIELD", help=help_text("import.column"))
@click.option("--key", "key", multiple=True, metavar="HEADER", help=help_text("import.key"))
@click.option("--as", "person", metavar="PERSON", help=help_text("as"))
@click.option("--json", "as_json", is_flag=True, help=help_text("json"))
@click.pass_obj
def command(
    device: Device,
    form: str,
    file: Path,
    columns: tuple[str, ...],
    key: tuple[str, ...],
    person: str | None,
    as_json: bool,
) -> int:
    """Save what is new; rows that are left over go to a file beside the list."""
    try:
        report = take_in(
            device.db,
            form,
            rows_in(file),
            ColumnsSaid(dict(map(_said, columns)), key),
            file_name=file.name,
            person_id=person,
            now_ms=edge.now_ms(),
            random_bytes=os.urandom,
        )
        left_over = _left_over(device, report, file)
    except OSError as error:
        raise CommandProblem(
            "client.import.cannot-read", file=file, reason=error.strerror or error
        ) from error
    if as_json:
        edge.put_json(_as_json(report, left_over))
    else:
        _tell(device, report, left_over)
    return NEEDS_A_PERSON if report.left else 0


def _said(text: str) -> tuple[str, str]:
    header, equals, target = text.rpartition("=")
    if not equals or not header.strip():
        raise wrong_usage("client.import.no-pair", text=text)
    return header.strip(), target.strip()


def _left_over(device: Device, report: Report, file: Path) -> Path | None:
    """The file of rows that nobody took in; ``None`` where there are none."""
    if not report.left:
        return None
    path = file.with_name(file.name.removesuffix(LEFT_OVER_SUFFIX) + LEFT_OVER_SUFFIX)
    rows = [(row.cells, device.text(f"import.{row.left.reason}"), row.left.candidates) for row in report.left]
    path.write_bytes(left_over_csv(report.header.names, rows))
    return path


def _as_json(report: Report, left_over: Path | None) -> dict[str, Any]:
    return {
        "rows": report.rows,
        "saved": report.saved,
        "unchanged": report.unchanged,
        "left": [
            {"row": row.number, "reason": row.left.reason, "candidates": row.left.candidates}
            for row in report.left
        ],
        "left_over": None if left_over is None else str(left_over),
        "columns": {report.header.names[column]: to for column, to in report.header.targets.items()},
        "unknown_columns": report.header.unknown,
        "notes": [{"row": number, "column": note.column, "cell": note.cell} for number, note in report.notes],
    }


def _tell(device: Device, report: Report, left_over: Path | None) -> None:
    if report.header.unknown:
        device.say("import.unknown-columns", columns=", ".join(report.header.unknown))
    for number, note in report.notes:
        device.say("import.digits-lost", row=number, column=note.column, cell=note.cell)
    device.say("import.done", rows=report.rows, saved=report.saved, unchanged=report.unchanged)
    if left_over is not None:
        device.say("import.left-over", count=len(report.left), file=left_over)
