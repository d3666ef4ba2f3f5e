"""``tapak-server export``: records as a table for a regency office."""

import gc
import hashlib
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import msgspec

from server.commands.edge import language, now_ms, opened, said, talk
from server.exports.formats import FORMATS
from server.exports.metadata import Tally, metadata
from server.exports.xlsx import ROWS_MAX, TooManyRows
from server.hub.described import described, described_readiness
from server.hub.export import Asked, table
from server.hub.readiness_table import READINESS, bring_up_to_date, readiness_table
from sync.shown import time_text

METADATA_SUFFIX = ".meta.json"
STDOUT = "-"
ALLOCATIONS_A_COLLECTION = 200_000


@click.command("export", help=said("server.help.export"))
@click.argument("form_id", metavar="FORM")
@click.option("--format", "file_format", type=click.Choice(list(FORMATS)), default="csv", show_default=True)
@click.option(
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
    help=said("server.help.export.output"),
)
@click.option("--area", metavar="CODE", help=said("server.help.option.area"))
@click.option("--labels", is_flag=True, help=said("server.help.export.labels"))
@click.option("--with-deleted", is_flag=True, help=said("server.help.export.with-deleted"))
def command(
    form_id: str, file_format: str, output: Path, area: str | None, labels: bool, with_deleted: bool
) -> None:
    """Write the table and its description; each file appears when it is whole."""
    asked = Asked(area=area, with_deleted=with_deleted, labels=language() if labels else "")
    if form_id == READINESS:
        talk(
            "server.export.readiness-done",
            count=_export_readiness(asked, file_format, output),
            output=output,
        )
    else:
        talk(
            "server.export.done",
            count=_export_records(form_id, asked, file_format, output),
            output=output,
        )


def _export_records(form_id: str, asked: Asked, file_format: str, output: Path) -> int:
    into = FORMATS[file_format]
    with _collecting_rarely(), opened() as server, server.store.read() as unit:
        zone = ZoneInfo(server.settings.time_zone)
        tally = Tally(table(unit, server.shelf, form_id, asked, into, zone=zone, now_ms=now_ms()))
        sha256 = _write(output, _polite(into.write(tally.table)))
        about, code_lists = described(unit, server.shelf, form_id, asked, producer=server.settings.name)
        _describe(output, tally, sha256, about, code_lists)
    return tally.rows


def _export_readiness(asked: Asked, file_format: str, output: Path) -> int:
    """The villages that count, as they stand once everything that came has been looked at."""
    into = FORMATS[file_format]
    if into.geometry:
        raise click.UsageError(said("server.error.readiness-format"))
    if asked.with_deleted:
        raise click.UsageError(said("server.error.readiness-deleted"))
    with opened() as server:
        zone = ZoneInfo(server.settings.time_zone)
        at_ms = now_ms()
        bring_up_to_date(server.store, server.shelf, today=time_text(at_ms, zone)[:10])
        with server.store.read() as unit:
            found = readiness_table(unit, asked.area, labels=asked.labels, zone=zone, now_ms=at_ms)
            tally = Tally(found, version_column=None)
            sha256 = _write(output, _polite(into.write(tally.table)))
            about = described_readiness(unit, asked, producer=server.settings.name)
            _describe(output, tally, sha256, about, {})
    return tally.rows


def _describe(
    output: Path, tally: Tally, sha256: str, about: dict[str, Any], code_lists: dict[str, Any]
) -> None:
    """The description beside a file."""
    if str(output) == STDOUT:
        return
    known = metadata(tally, file=output.name, sha256=sha256, about=about, code_lists=code_lists)
    beside = output.with_name(output.name + METADATA_SUFFIX)
    _write(beside, [msgspec.json.format(msgspec.json.encode(known), indent=1), b"\n"])


@contextmanager
def _collecting_rarely() -> Iterator[None]:
    """Rows are many small objects without cycles; looking for some took a sixth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(ALLOCATIONS_A_COLLECTION, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _polite(pieces: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield from pieces
    except TooManyRows as error:
        raise click.ClickException(said("server.error.too-many-rows", most=ROWS_MAX - 1)) from error


def _write(output: Path, pieces: Iterable[bytes]) -> str:
    """Write the pieces; the SHA-256 of all of them."""
    digest = hashlib.sha256()
    if str(output) == STDOUT:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        return ""
    part = output.with_name(output.name + ".part")
    try:
        with part.open("wb") as file:
            for piece in pieces:
                digest.update(piece)
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
    return digest.hexdigest()
