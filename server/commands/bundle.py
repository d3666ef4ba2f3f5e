"""``tapak-server bundle``: files of saved work that somebody carried here."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import msgspec

from server.app import bundles_of
from server.commands.edge import (
    NEEDS_A_PERSON,
    as_json,
    end_with,
    now_ms,
    opened,
    pieces_of,
    print_json,
    print_rows,
    said,
    talk,
)
from server.folder import write_private
from server.hub.bundle_report import Report, report_json
from server.hub.errors import HubError
from server.hub.receipts import receipts_for
from server.store.bundles import BundleRow
from sync.bundle import VERSION, Manifest, with_end, write_manifest, write_receipt
from sync.packing import packed
from sync.shown import time_text

_COLUMNS = ("imported_at", "carrier", "maker", "new", "held", "broken", "problem")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("bundle", help=said("server.help.bundle"))
def command() -> None:
    """Carried files."""


@command.command("import", help=said("server.help.bundle.import"))
@click.argument("file", type=_FILE)
@as_json
def import_(file: Path, json_wanted: bool) -> None:
    """Take a file in."""
    with opened() as server:
        bundles = bundles_of(server, now_ms=now_ms)
        with _reading(file):
            report = bundles.deposit(pieces_of(file))
    if json_wanted:
        print_json(report_json(report))
    else:
        _say(report)
    if report.lines.held or not report.is_whole:
        end_with(NEEDS_A_PERSON)


@command.command("list", help=said("server.help.bundle.list"))
@as_json
def listed(json_wanted: bool) -> None:
    """Print what came in files, and through whom."""
    with opened() as server, server.store.read() as unit:
        zone = ZoneInfo(server.settings.time_zone)
        bundles = [bundle_json(row, zone) for row in unit.bundles.imported()]
    if json_wanted:
        print_json(bundles)
    elif bundles:
        print_rows([_COLUMNS, *([one[key] for key in _COLUMNS] for one in bundles)])


@command.command("receipt", help=said("server.help.bundle.receipt"))
@click.argument("file", type=_FILE)
@click.option(
    "--output",
    "-o",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help=said("server.help.bundle.output"),
)
def receipt(file: Path, output: Path) -> None:
    """Write what this server has of the devices in a file."""
    if output.exists():
        raise click.ClickException(said("server.error.output-exists", path=output))
    with opened() as server:
        with _reading(file):
            segments = bundles_of(server, now_ms=now_ms).segments(pieces_of(file))
        with server.store.read() as unit:
            receipts = receipts_for(unit, server.token_key, segments)
            own = unit.log.own_device()
        manifest = Manifest(VERSION, made=now_ms(), by=own[0] if own else "", name=server.settings.name)
        lines = [write_manifest(manifest), *map(write_receipt, receipts)]
        write_private(output, b"".join(packed(with_end(lines))))
    talk("server.bundle.receipts", count=len(receipts), file=output)


def bundle_json(row: BundleRow, zone: ZoneInfo) -> dict[str, Any]:
    """A file as ``bundle list --json`` gives it; ``problem`` where nothing of it could be taken in.

    ``carrier`` is empty for a file that an operator imported. ``report`` is that of ``bundle import``.
    """
    report = msgspec.json.decode(row.report)
    lines = report.get("lines", {})
    return {
        "sha256": row.sha256,
        "carrier": row.device,
        "imported_at": time_text(row.imported_ms or row.announced_ms, zone),
        "maker": report.get("manifest", {}).get("name", ""),
        "new": lines.get("new", 0),
        "held": sum(lines.get("held", {}).values()),
        "broken": len(report.get("broken", ())),
        "problem": report.get("problem"),
        "report": report,
    }


@contextmanager
def _reading(file: Path) -> Iterator[None]:
    try:
        yield
    except HubError as error:
        values = {"reason": "", "max": 0} | error.details
        raise click.ClickException(said(f"server.error.{error.code}", file=file, **values)) from error


def _say(report: Report) -> None:
    """What a person should know; the file's own words about itself are quoted, not believed."""
    lines, files = report.lines, report.attachments
    maker = report.manifest.name or report.manifest.by or "-"
    click.echo(said("server.bundle.lines", maker=maker, new=lines.new, known=lines.known))
    if files.new or files.known:
        click.echo(said("server.bundle.files", new=files.new, known=files.known))
    for reason, count in lines.held.items():
        click.echo(said("server.bundle.held", count=count, reason=said(f"console.held.{reason}")))
    for one in report.devices:
        for first, last in one.missing:
            click.echo(said("server.bundle.missing", device=one.device, first=first, last=last))
    for damage in report.broken:
        key = f"server.bundle.{damage.why}"
        click.echo(said(key, device=damage.device or "-", first=damage.first, last=damage.last))
    if files.broken:
        click.echo(said("server.bundle.files-broken", count=files.broken))
    if report.secrets.unopened:
        click.echo(said("server.bundle.unopened", count=report.secrets.unopened))
    if report.cut:
        click.echo(said("server.bundle.cut"))
