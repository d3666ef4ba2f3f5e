"""``tapak-server area``: the list of provinces, regencies, districts and villages, and boundaries."""

from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import msgspec

from server.app import Server
from server.commands.edge import (
    NEEDS_A_PERSON,
    as_json,
    end_with,
    now_ms,
    opened,
    print_json,
    print_rows,
    said,
    talk,
)
from server.hub.areas import BETWEEN_ALIASES, Loaded, load_areas, naming, version_of, villages_in
from server.hub.boundaries import LoadedBoundaries, load_boundaries
from server.store.base import Unit
from server.store.catalogue import AreaRow
from sync.shown import time_text

PROVINCES = tuple(f"{number:02}" for number in range(100))
_EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("area", help=said("server.help.area"))
def command() -> None:
    """Areas."""


@command.command("load", help=said("server.help.area.load"))
@click.argument("file", required=False, type=_EXISTING)
@click.option("--version", metavar="TEXT", help=said("server.help.area.version"))
@click.option("--boundaries", type=_EXISTING, metavar="FILE", help=said("server.help.area.boundaries"))
@click.option("--code-property", metavar="NAME", help=said("server.help.area.code-property"))
@as_json
def load(
    file: Path | None,
    version: str | None,
    boundaries: Path | None,
    code_property: str | None,
    json_wanted: bool,
) -> None:
    """Load a list as a whole, boundaries as a whole, or both."""
    if file is None and boundaries is None:
        raise click.UsageError(said("server.error.area-nothing"))
    drawn: LoadedBoundaries | None = None
    listed: Loaded | None = None
    with opened() as server, server.store.write() as unit:
        if file is not None:
            listed = _listed(server, unit, file, version)
        if boundaries is not None:
            drawn = _drawn(server, unit, boundaries, code_property)
    if json_wanted:
        print_json(_loaded_json(listed, drawn))
    else:
        _tell(listed, drawn)
    if drawn and (drawn.skipped or drawn.unlisted):
        end_with(NEEDS_A_PERSON)


@command.command("list", help=said("server.help.area.list"))
@click.option("--area", metavar="CODE", help=said("server.help.option.area"))
@as_json
def listed(area: str | None, json_wanted: bool) -> None:
    """Print the areas of the list."""
    prefixes = [area] if area else PROVINCES
    with opened() as server, server.store.read() as unit:
        today = _today(server)
        rows = list(unit.catalogue.areas(prefixes))
        count = villages_in(unit, prefixes, on=today)
        place = naming(unit, said)
        shown = [(row.code, place(row.code), row.valid_from, row.valid_to, row.successor) for row in rows]
    if json_wanted:
        print_json([_area_json(row) for row in rows])
        return
    print_rows(shown)
    talk("server.area.count", villages=count.villages, version=count.list_version or "-", on=today)


@command.command("show", help=said("server.help.area.show"))
@click.argument("code")
@as_json
def show(code: str, json_wanted: bool) -> None:
    """Print one area."""
    with opened() as server, server.store.read() as unit:
        row = unit.catalogue.area(code)
        if row is None:
            raise click.ClickException(said("server.error.area-unknown", area=code))
        count = villages_in(unit, [code], on=_today(server))
        name = naming(unit, said)(code)
        drawn = sum(village in count.counted for village, _ in unit.boundaries.simplified([code]))
        shown = _area_json(row) | {
            "place": name,
            "villages": count.villages,
            "list_version": count.list_version,
            "list_loaded_at": _time(server, count.list_loaded_ms),
            "boundary": drawn > 0,
            "villages_with_boundary": drawn,
        }
    if json_wanted:
        print_json(shown)
        return
    shown["aliases"] = f"{BETWEEN_ALIASES} ".join(row.aliases)
    print_rows([(said(f"server.area.{key}"), value) for key, value in shown.items()])


def _listed(server: Server, unit: Unit, file: Path, version: str | None) -> Loaded:
    content = file.read_bytes()
    try:
        lines = StringIO(content.decode("utf-8-sig"), newline="")
    except UnicodeDecodeError as error:
        raise click.ClickException(said("server.error.not-utf8", file=file.name)) from error
    zone = ZoneInfo(server.settings.time_zone)
    version = version or version_of(file.name, content)
    return load_areas(unit, lines, version=version, now_ms=now_ms(), zone=zone)


def _drawn(server: Server, unit: Unit, file: Path, code_property: str | None) -> LoadedBoundaries:
    bytes_max = server.settings.boundary_file_bytes_max
    if file.stat().st_size > bytes_max:
        raise click.ClickException(said("server.error.boundaries-large", file=file.name, max=bytes_max))
    with file.open("rb") as opened_file:
        return load_boundaries(
            unit,
            opened_file,
            server.settings,
            file_name=file.name,
            now_ms=now_ms(),
            code_property=code_property,
        )


def _loaded_json(listed: Loaded | None, drawn: LoadedBoundaries | None) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.structs.asdict(listed) if listed else {}
    if drawn:
        found["boundaries"] = msgspec.structs.asdict(drawn)
    return found


def _tell(listed: Loaded | None, drawn: LoadedBoundaries | None) -> None:
    if listed:
        talk("server.area.loaded", **msgspec.structs.asdict(listed))
    if drawn:
        talk("server.area.boundaries", villages=drawn.villages)
        if drawn.skipped:
            talk("server.area.skipped", count=drawn.skipped, examples=", ".join(drawn.examples))
        if drawn.unlisted:
            talk("server.area.unlisted", count=drawn.unlisted)


def _area_json(row: AreaRow) -> dict[str, Any]:
    return msgspec.structs.asdict(row) | {"aliases": list(row.aliases)}


def _today(server: Server) -> str:
    return time_text(now_ms(), ZoneInfo(server.settings.time_zone))[:10]


def _time(server: Server, at_ms: int | None) -> str | None:
    return None if at_ms is None else time_text(at_ms, ZoneInfo(server.settings.time_zone))
