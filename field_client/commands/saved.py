"""What every command says that saves: the result as JSON, and in words whether it is safe."""

from typing import Any

from field_client import records
from field_client.capture import Saved
from field_client.database import StoreProblem, read
from field_client.edge import Device, put_json
from field_client.flags import flags, flags_json, message, today
from sync.forms.flags import REQUIRED_MISSING, Flag


def told(device: Device, saved: Saved) -> None:
    """Say what was stored; called after its commit only, and first of all that it was."""
    device.say("client.save.stored" if saved.revisions else "client.save.nothing", record=saved.record)
    found = _flags(device, saved.record)
    result: dict[str, Any] = {
        "record": saved.record,
        "revision": saved.revision,
        "flags": flags_json(device, found),
    }
    if len(saved.revisions) > 1:
        result["revisions"] = list(saved.revisions)
    for flag in found:
        if flag.code != REQUIRED_MISSING:
            device.say("client.save.flag", field=flag.field, message=message(device, flag))
    if missing := sum(flag.code == REQUIRED_MISSING for flag in found):
        device.say("client.save.unanswered", count=missing)
    put_json(result)


def _flags(device: Device, record: str) -> list[Flag]:
    """The flags of the record; none where it cannot be read now, for the save is stored all the same."""
    try:
        with read(device.db):
            return flags(
                device.db,
                records.load(device.db, record),
                today=today(device),
                language=device.language,
            )
    except StoreProblem:
        return []
