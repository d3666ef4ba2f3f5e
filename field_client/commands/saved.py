"""What every command says that saves: the result as JSON, and in words whether it is safe."""

from typing import Any

from field_client import records
from field_client.capture import Saved
from field_client.database import read
from field_client.edge import Device, put_json
from field_client.flags import flags, flags_json, message, today
from sync.forms.flags import REQUIRED_MISSING


def told(device: Device, saved: Saved) -> None:
    """Say what was stored; called after its commit only."""
    with read(device.db):
        found = flags(records.load(device.db, saved.record), today=today(device))
    result: dict[str, Any] = {
        "record": saved.record,
        "revision": saved.revision,
        "flags": flags_json(device, found),
    }
    if len(saved.revisions) > 1:
        result["revisions"] = list(saved.revisions)
    device.say("client.save.stored" if saved.revisions else "client.save.nothing", record=saved.record)
    for flag in found:
        if flag.code != REQUIRED_MISSING:
            device.say("client.save.flag", field=flag.field, message=message(device, flag))
    if missing := sum(flag.code == REQUIRED_MISSING for flag in found):
        device.say("client.save.unanswered", count=missing)
    put_json(result)
