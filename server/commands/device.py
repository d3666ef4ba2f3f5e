"""``tapak-server device``: which devices there are, and what they still hold."""

from typing import Any
from zoneinfo import ZoneInfo

import click
import msgspec

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
from server.hub.confirming import Claimed, Unconfirmed, confirm, unconfirmed
from server.hub.restoring import gaps
from server.store.people import DeviceState
from sync.shown import time_text


@click.group("device", help=said("server.help.device"))
def command() -> None:
    """Devices."""


@command.command("list", help=said("server.help.device.list"))
@click.option("--unconfirmed", "waiting", is_flag=True, help=said("server.help.device.unconfirmed"))
@as_json
def listed(waiting: bool, json_wanted: bool) -> None:
    """Print every device, or those that an admin is asked about."""
    if waiting:
        _list_unconfirmed(json_wanted)
        return
    with opened() as server, server.store.read() as unit:
        zone = ZoneInfo(server.settings.time_zone)
        devices = [device_json(device, zone) for device in unit.people.devices()]
    if json_wanted:
        print_json(devices)
        return
    keys = ("device", "name", "persons", "app", "last_seen_at", "unsent", "clock_ahead_s", "revoked_at")
    if devices:
        print_rows([keys, *([device[key] for key in keys] for device in devices)])


# The id of a device may begin with a dash, and is no option then.
@command.command(
    "revoke",
    help=said("server.help.device.revoke"),
    context_settings={"ignore_unknown_options": True},
)
@click.argument("device")
def revoke(device: str) -> None:
    """End a device's right to exchange."""
    with opened() as server, server.store.write() as unit:
        if not unit.people.revoke(device, now_ms=now_ms()):
            raise click.ClickException(said("server.error.device-unknown", device=device))
    talk("server.device.revoked", device=device)


# The id of a device may begin with a dash, and is no option then.
@command.command(
    "confirm",
    help=said("server.help.device.confirm"),
    context_settings={"ignore_unknown_options": True},
)
@click.argument("devices", nargs=-1, required=True, metavar="DEVICE...")
def confirmed(devices: tuple[str, ...]) -> None:
    """Let devices in, with the persons in their lines; all of them or none."""
    strangers: dict[str, Claimed] = {}
    with opened() as server, server.store.write() as unit:
        for device in devices:
            done = confirm(unit, server.shelf, device, now_ms=now_ms())
            strangers |= {person.id: person for person in done.strangers}
            talk("server.device.confirmed", device=device, merged=done.merged)
    for person in strangers.values():
        role, _, organisation = person.capacities[-1].partition("/")
        click.echo(
            said(
                "server.device.stranger",
                person=person.id,
                capacities=", ".join(person.capacities),
                role=role,
                organisation=organisation,
            )
        )
    if strangers:
        end_with(NEEDS_A_PERSON)


def _list_unconfirmed(json_wanted: bool) -> None:
    with opened() as server, server.store.read() as unit:
        zone = ZoneInfo(server.settings.time_zone)
        waiting = [unconfirmed_json(one, zone) for one in unconfirmed(unit)]
    if json_wanted:
        print_json(waiting)
    elif waiting:
        keys = ("device", "known", "persons", "held", "first_received_at", "last_received_at", "confirm")
        rows = [one | {"persons": [_claim(person) for person in one["persons"]]} for one in waiting]
        print_rows([keys, *([row[key] for key in keys] for row in rows)])


def unconfirmed_json(waiting: Unconfirmed, zone: ZoneInfo) -> dict[str, Any]:
    """A device as ``device list --unconfirmed --json`` gives it; ``name`` null: nobody has the id."""
    return {
        "device": waiting.device,
        "known": waiting.known,
        "persons": [
            {"person": person.id, "name": person.name or None, "writes_as": list(person.capacities)}
            for person in waiting.persons
        ],
        "held": waiting.lines,
        "first_received_at": time_text(waiting.first_ms, zone),
        "last_received_at": time_text(waiting.last_ms, zone),
        "confirm": f"tapak-server device confirm {waiting.device}",
    }


def _claim(person: dict[str, Any]) -> str:
    return f"{person['person']}={person['name'] or '?'}({','.join(person['writes_as'])})"


@command.command("missing", help=said("server.help.device.missing"))
@as_json
def missing(json_wanted: bool) -> None:
    """Print the lines that must still come from the field, as far as later ones say so."""
    with opened() as server, server.store.read() as unit:
        found = list(gaps(unit))
    if json_wanted:
        print_json([{"device": gap.device, "from": gap.first, "to": gap.last} for gap in found])
    else:
        print_rows([(gap.device, gap.first, gap.last) for gap in found])


def device_json(device: DeviceState, zone: ZoneInfo) -> dict[str, Any]:
    """A device as ``device list --json`` gives it; ``unsent`` is what its last contact said."""
    return {
        "device": device.id,
        "name": device.name,
        "persons": device.persons,
        "app": device.app,
        "enrolled_at": time_text(device.enrolled_ms, zone),
        "last_seen_at": _time(device.last_seen_ms, zone),
        "revoked_at": _time(device.revoked_ms, zone),
        "clock_ahead_s": None if device.clock_ahead_ms is None else round(device.clock_ahead_ms / 1000),
        "unsent": _unsent(device.left_json),
    }


def _time(moment_ms: int | None, zone: ZoneInfo) -> str | None:
    return None if moment_ms is None else time_text(moment_ms, zone)


def _unsent(left_json: str) -> int | None:
    left = msgspec.json.decode(left_json)
    return left.get("revisions") if isinstance(left, dict) else None
