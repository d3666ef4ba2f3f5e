"""``tapak-server export``: records as a table for a regency office."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from server.commands.edge import opened, said, talk
from server.exports.csv import Cell, csv_bytes
from server.hub.export import table

Writer = Callable[[Sequence[str], Iterable[Sequence[Cell]]], Iterator[bytes]]
FORMATS: dict[str, Writer] = {"csv": csv_bytes}


@click.command("export", help=said("server.help.export"))
@click.argument("form_id", metavar="FORM")
@click.option("--format", "file_format", type=click.Choice(sorted(FORMATS)), default="csv", show_default=True)
@click.option(
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
    help=said("server.help.export.output"),
)
@click.option("--area", metavar="CODE", help=said("server.help.option.area"))
@click.option("--with-deleted", is_flag=True, help=said("server.help.export.with-deleted"))
def command(form_id: str, file_format: str, output: Path, area: str | None, with_deleted: bool) -> None:
    """Write the table; the file appears when it is whole."""
    with opened() as server, server.store.read() as unit:
        found = table(
            unit,
            server.shelf,
            form_id,
            area=area,
            zone=ZoneInfo(server.settings.time_zone),
            with_deleted=with_deleted,
        )
        rows = _Counted(found.rows)
        _write(output, FORMATS[file_format](found.columns, rows))
    talk("server.export.done", count=rows.count, output=output)


class _Counted:
    """Rows, and how many have passed."""

    def __init__(self, rows: Iterable[Sequence[Cell]]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Sequence[Cell]]:
        for row in self._rows:
            self.count += 1
            yield row


def _write(output: Path, pieces: Iterable[bytes]) -> None:
    if str(output) == "-":
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        return
    part = output.with_name(output.name + ".part")
    try:
        with part.open("wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        part.replace(output)
    except OSError as error:
        raise click.ClickException(
            said("server.error.cannot-write", file=output, reason=error.strerror)
        ) from error
    finally:
        part.unlink(missing_ok=True)
