"""``tapak-server device``: which devices there are, and what they still hold."""

from typing import Any
from zoneinfo import ZoneInfo

import click
import msgspec

from server.commands.edge import as_json, now_ms, opened, print_json, print_rows, said, talk
from server.store.people import DeviceState
from sync.shown import time_text


@click.group("device", help=said("server.help.device"))
def command() -> None:
    """Devices."""


@command.command("list", help=said("server.help.device.list"))
@as_json
def listed(json_wanted: bool) -> None:
    """Print every device."""
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
