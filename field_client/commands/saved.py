"""What every command says that saves: the result as JSON, and in words whether it is safe."""

from typing import Any

from field_client.capture import Saved
from field_client.edge import Device, flags_json, put_json


def told(device: Device, saved: Saved) -> None:
    """Say what was stored; called after its commit only."""
    result: dict[str, Any] = {
        "record": saved.record,
        "revision": saved.revision,
        "flags": flags_json(device, saved.flags),
    }
    if len(saved.revisions) > 1:
        result["revisions"] = list(saved.revisions)
    device.say("client.save.stored" if saved.revisions else "client.save.nothing", record=saved.record)
    for flag in saved.flags:
        device.say("client.save.flag", field=flag.field, message=device.text(f"flag.{flag.code}"))
    put_json(result)
