"""``tapak-server restore``: a server comes back."""

import secrets
from pathlib import Path

import click

from server.commands.edge import (
    NEEDS_A_PERSON,
    as_json,
    data_folder,
    end_with,
    failing_politely,
    now_ms,
    print_json,
    said,
    talk,
)
from server.folder import TOKEN_KEY_BYTES
from server.restoration import Restored, restore

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command("restore", help=said("server.help.restore"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--mirror", type=_FOLDER, metavar="FOLDER", help=said("server.help.restore.mirror"))
@click.option("--keys", type=_FOLDER, metavar="FOLDER", help=said("server.help.restore.keys"))
@click.option("--new-key", is_flag=True, help=said("server.help.restore.new-key"))
@as_json
def command(file: Path, mirror: Path | None, keys: Path | None, new_key: bool, json_wanted: bool) -> None:
    """Make an empty data folder the server that a backup was made of."""
    data = data_folder()
    with failing_politely():
        restored = restore(
            data,
            file,
            mirror=mirror,
            keys=keys,
            fresh_key=secrets.token_bytes(TOKEN_KEY_BYTES) if new_key else None,
            device_id=secrets.token_urlsafe(12),
            now_ms=now_ms(),
        )
    if json_wanted:
        print_json(as_printed(restored))
    else:
        _say(restored)
    if restored.findings or restored.mirror.damaged or restored.gaps or restored.files_missing:
        end_with(NEEDS_A_PERSON)


def as_printed(restored: Restored) -> dict[str, object]:
    """The JSON of ``restore``."""
    return {
        "lines": restored.lines,
        "records": restored.records,
        "files": restored.files,
        "files_missing": restored.files_missing,
        "mirror": {
            "read": restored.mirror.read,
            "new": restored.mirror.new,
            "damaged": restored.mirror.damaged,
        },
        "missing": [{"device": gap.device, "from": gap.first, "to": gap.last} for gap in restored.gaps],
        "held": restored.held,
        "findings": [{"code": finding.code, "subject": finding.subject} for finding in restored.findings],
    }


def _say(restored: Restored) -> None:
    talk("server.restore.done", lines=restored.lines, records=restored.records)
    talk("server.restore.mirror", read=restored.mirror.read, new=restored.mirror.new)
    for segment in restored.mirror.damaged:
        click.echo(said("server.restore.damaged", segment=segment))
    for gap in restored.gaps:
        click.echo(said("server.restore.gap", device=gap.device, first=gap.first, last=gap.last))
    for finding in restored.findings:
        click.echo(f"{finding.subject}: {finding.code}")
    talk("server.restore.files", count=restored.files)
    if restored.files_missing:
        click.echo(said("server.restore.files-missing", count=restored.files_missing))
    if restored.held:
        talk("server.restore.held", count=restored.held)
    talk("server.restore.field")
