"""What this device says of a record's answers: notes that block nothing."""

from field_client.edge import Device, now_ms
from field_client.records import Entry
from sync.forms.flags import Flag, flags_of, values_of
from sync.shown import time_text


def flags(entry: Entry | None, *, today: str) -> list[Flag]:
    """The flags of a record as this device shows it; ``today`` is the local date."""
    if entry is None or entry.form is None:
        return []
    return flags_of(entry.form, values_of(entry.view(), opened=entry.opened), today=today)


def flags_json(device: Device, found: list[Flag]) -> list[dict[str, str]]:
    """``[{"field", "code", "message"}]``."""
    return [{"field": flag.field, "code": flag.code, "message": message(device, flag)} for flag in found]


def message(device: Device, flag: Flag) -> str:
    """What a flag says, in the form's own words where it has some."""
    return flag.own_words(device.language) or device.text(f"flag.{flag.code}")


def today(device: Device) -> str:
    """The date where this device works."""
    return time_text(now_ms(), device.zone)[:10]
