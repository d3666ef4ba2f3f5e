"""``tapak-server area``: the list of provinces, regencies, districts and villages."""

from pathlib import Path

import click

from server.commands.edge import as_json, opened, print_json, said, talk
from server.hub.areas import load_areas


@click.group("area", help=said("server.help.area"))
def command() -> None:
    """Areas."""


@command.command("load", help=said("server.help.area.load"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
def load(file: Path, json_wanted: bool) -> None:
    """Load a CSV as a whole."""
    with opened() as server, server.store.write() as unit:
        try:
            with file.open(encoding="utf-8-sig", newline="") as lines:
                count = load_areas(unit, lines)
        except UnicodeDecodeError as error:
            raise click.ClickException(said("server.error.not-utf8", file=file.name)) from error
    if json_wanted:
        print_json({"areas": count})
    else:
        talk("server.area.loaded", count=count)
