"""``tapak-server flag``: what the server noted of devices, lines and folders."""

from zoneinfo import ZoneInfo

import click

from server.commands.edge import as_json, opened, print_json, print_rows, said
from sync.shown import time_text


@click.group("flag", help=said("server.help.flag"))
def command() -> None:
    """Notes of the server."""


@command.command("list", help=said("server.help.flag.list"))
@as_json
def listed(json_wanted: bool) -> None:
    """Print every note, oldest first."""
    with opened() as server, server.store.read() as unit:
        zone = ZoneInfo(server.settings.time_zone)
        found = [
            {
                "code": code,
                "subject": subject,
                "raised_at": time_text(raised_ms, zone),
                "message": said(f"flag.{code}"),
            }
            for code, subject, raised_ms in unit.log.flags()
        ]
    if json_wanted:
        print_json(found)
    else:
        print_rows([tuple(note.values()) for note in found])
