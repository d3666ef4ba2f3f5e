"""``tapak-server held``: lines that are stored and not merged yet."""

from zoneinfo import ZoneInfo

import click

from server.commands.edge import acting_person, as_json, now_ms, opened, print_json, print_rows, said, talk
from server.hub.console import release_held
from server.hub.records import held_json


@click.group("held", help=said("server.help.held"))
def command() -> None:
    """Held lines."""


@command.command("list", help=said("server.help.held.list"))
@as_json
def listed(json_wanted: bool) -> None:
    """Print every held line."""
    with opened() as server, server.store.read() as unit:
        zone = ZoneInfo(server.settings.time_zone)
        lines = [held_json(row, zone) for row in unit.log.held()]
    if json_wanted:
        print_json(lines)
    else:
        print_rows(
            [(one["id"], one["why"], one["record"], one["person"], one["received_at"]) for one in lines]
        )


# The id of a line may begin with a dash, and is no option then.
@command.command(
    "release",
    help=said("server.help.held.release"),
    context_settings={"ignore_unknown_options": True},
)
@click.argument("line")
@acting_person
def release(line: str, person: str) -> None:
    """Merge a held line."""
    with opened() as server, server.store.write() as unit:
        record = release_held(unit, server.shelf, line, person_id=person, now_ms=now_ms())
    talk("server.held.released", line=line, record=record)
