"""``tapak-server backup``: a verified copy, while the server runs."""

from pathlib import Path

import click

from server.commands.edge import NEEDS_A_PERSON, as_json, end_with, now_ms, opened, print_json, said, talk
from server.hub.backup import FILES_FOLDER, back_up
from server.hub.errors import UsageError


@click.command("backup", help=said("server.help.backup"))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@as_json
def command(file: Path, json_wanted: bool) -> None:
    """Copy, check and count; the copy counts for what is durable."""
    with opened() as server:
        if server.copies is None:
            raise UsageError("server.error.backup-postgres")
        row = back_up(server.store, server.copies, server.files, file, now_ms=now_ms())
        key = server.folder.token_key
    if json_wanted:
        print_json(
            {
                "file": row.path,
                "lines": row.lines,
                "records": row.records,
                "files": row.files,
                "files_missing": row.files_missing,
                "sha256": row.sha256,
            }
        )
    talk("server.backup.done", file=row.path, lines=row.lines, records=row.records)
    talk("server.backup.files", count=row.files, folder=file.resolve().parent / FILES_FOLDER)
    talk("server.backup.keys", path=key)
    if row.files_missing:
        talk("server.backup.files-missing", count=row.files_missing)
        end_with(NEEDS_A_PERSON)
