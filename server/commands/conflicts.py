"""``tapak-server conflicts``: what a person must decide."""

from zoneinfo import ZoneInfo

import click

from server.commands.edge import as_json, opened, print_json, print_rows, said
from server.hub.records import conflicts_json, in_conflict


@click.command("conflicts", help=said("server.help.conflicts"))
@click.option("--area", metavar="CODE", help=said("server.help.option.area"))
@as_json
def command(area: str | None, json_wanted: bool) -> None:
    """Print every field in conflict, with its heads."""
    with opened() as server, server.store.read() as unit:
        zone = ZoneInfo(server.settings.time_zone)
        found = list(conflicts_json(unit, server.shelf, in_conflict(unit, area), None, zone))
    if json_wanted:
        print_json(found)
        return
    for conflict in found:
        click.echo(f"{conflict['record']}  {conflict['field']}")
        print_rows(
            [
                (" ", head["id"], head["value"], head["organisation"], head["saved_at"])
                for head in conflict["heads"]
            ]
        )
