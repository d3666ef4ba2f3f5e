"""What the server holds: stored, counted and shown to its author, but not merged yet.

Nothing is refused. A reason ends by itself (form published, device or person known, device
brought the line itself) or a coordinator releases the line.
"""

from collections.abc import Iterable, Mapping

import msgspec

from sync.area import is_village, within
from sync.revision import Malformed, Revision

UNSIGNED = "unsigned"
"""Somebody else brought the line, and its device's signature does not cover it."""

HELD_REASONS = (
    "malformed",
    UNSIGNED,
    "unknown-device",
    "device-revoked",
    "person-not-on-device",
    "wrong-organisation",
    "unknown-form",
    "out-of-area",
)
"""All reasons, in the order in which they are looked for."""


class Person(msgspec.Struct, frozen=True):
    """What admission asks of a person: organisation and scope."""

    organisation: str
    scope: tuple[str, ...]


class Sender(msgspec.Struct, frozen=True):
    """The device a line came from: ``known``, ``revoked`` or ``unknown``, and its persons by id.

    ``vouches``: the device itself brought the line, or signed it.
    """

    state: str
    persons: Mapping[str, Person]
    vouches: bool = True


def held_reason(
    line: Revision | Malformed, sender: Sender, *, form_known: bool, record_areas: Iterable[str]
) -> str | None:
    """Why a line must be held, or ``None``.

    ``record_areas``: the villages among the record's ``_area`` heads at arrival. A line that
    names no area, on a record whose creation has not arrived, is never out of area.
    """
    if isinstance(line, Malformed):
        return "malformed"
    if not sender.vouches:
        return UNSIGNED
    if sender.state != "known":
        return "device-revoked" if sender.state == "revoked" else "unknown-device"
    person = sender.persons.get(line.author)
    if person is None:
        return "person-not-on-device"
    if line.organisation != person.organisation:
        return "wrong-organisation"
    if not form_known:
        return "unknown-form"
    return None if _in_area(line, person.scope, record_areas) else "out-of-area"


def _in_area(line: Revision, scope: Iterable[str], record_areas: Iterable[str]) -> bool:
    areas = list(record_areas)
    written = line.values.get("_area")
    if is_village(written):
        areas.append(written)
    prefixes = tuple(scope)
    return not areas or any(within(area, prefixes) for area in areas)
