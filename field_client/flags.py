"""What this device says of a record's answers: notes that block nothing."""

from sqlite_utils import Database

from field_client.atlas import DeviceAtlas, has_boundaries
from field_client.edge import Device, now_ms
from field_client.fetching import area_name
from field_client.records import Entry
from field_client.texts import text
from sync import location
from sync.forms.flags import Flag, clock_flags, flags_of, values_of
from sync.location import Note, notes, sought_in
from sync.shown import time_text


def flags(db: Database, entry: Entry | None, *, today: str, language: str) -> list[Flag]:
    """The flags of a record as this device shows it; ``today`` is the local date.

    Points are compared with villages where this device has their boundaries.
    """
    if entry is None or entry.form is None:
        return []
    seen = entry.view()
    shown = values_of(seen, opened=entry.opened)
    atlas = DeviceAtlas(db) if has_boundaries(db) else None
    found = notes(sought_in(entry.form), shown, seen.areas, atlas)
    located = [Flag(note.field, note.code, {language: _said(db, note, language)}) for note in found]
    return [*flags_of(entry.form, shown, today=today), *located, *clock_flags(seen)]


def _said(db: Database, note: Note, language: str) -> str:
    return location.message(
        note, lambda code: area_name(db, code), lambda key, **values: text(key, language, **values), language
    )


def flags_json(device: Device, found: list[Flag]) -> list[dict[str, str]]:
    """``[{"field", "code", "message"}]``."""
    return [{"field": flag.field, "code": flag.code, "message": message(device, flag)} for flag in found]


def message(device: Device, flag: Flag) -> str:
    """What a flag says, in the form's own words where it has some."""
    return flag.own_words(device.language) or device.text(f"flag.{flag.code}")


def today(device: Device) -> str:
    """The date where this device works."""
    return time_text(now_ms(), device.zone)[:10]
