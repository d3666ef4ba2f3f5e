"""Devices that only an admin can vouch for: enrolled after the backup that a server came back from.

Their tokens are genuine, for the key is older than the backup; who works on them the server can
only read in their lines. What they sent is stored and held, and merged once an admin says yes.
"""

from collections.abc import Sequence

import msgspec

from server.hub.errors import UsageError
from server.hub.forms import FormShelf
from server.hub.ingest import release_waiting, state_of
from server.store.base import LogRow, Unit
from sync.revision import Revision, read

REASONS = ("unknown-device", "person-not-on-device")


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """A person that held lines name. ``name``: empty where nobody here has this id.

    ``capacities``: in which roles and organisations the lines say that they were written.
    """

    id: str
    name: str
    capacities: tuple[str, ...]


class Unconfirmed(msgspec.Struct, frozen=True, kw_only=True):
    """A device and what its lines wait for. ``known``: the device is, a person is not on it."""

    device: str
    known: bool
    persons: tuple[Claimed, ...]
    lines: int
    first_ms: int
    last_ms: int


class Confirmed(msgspec.Struct, frozen=True, kw_only=True):
    """``merged`` lines; ``strangers`` are named in lines that stay held, for nobody has their id."""

    merged: int
    strangers: tuple[Claimed, ...]


def unconfirmed(unit: Unit) -> list[Unconfirmed]:
    """Every device that an admin is asked about, by the id that its token names."""
    by_root: dict[str, list[LogRow]] = {}
    for row in unit.log.held(REASONS):
        by_root.setdefault(unit.log.root_of(row.device), []).append(row)
    return [_unconfirmed(unit, root, rows) for root, rows in sorted(by_root.items())]


def confirm(unit: Unit, shelf: FormShelf, device: str, *, now_ms: int) -> Confirmed:
    """The device is known from now on, with the persons in its lines that are; both merge at once.

    Raises UsageError where nothing of this device waits, or it was revoked: that is no accident.
    """
    found = next((one for one in unconfirmed(unit) if one.device == device), None)
    if found is None:
        raise UsageError("server.error.device-not-waiting", device=device)
    state = state_of(unit, device)
    if state == "revoked":
        raise UsageError("server.error.device-is-revoked", device=device)
    known = [person for person in found.persons if person.name]
    if state == "unknown":
        name = ", ".join(person.name for person in known)
        unit.people.put_device(device, name=name, public_key="", app="", now_ms=now_ms)
    unit.people.link(device, [person.id for person in known])
    merged = release_waiting(unit, shelf, reasons=REASONS, now_ms=now_ms)
    return Confirmed(merged=merged, strangers=tuple(one for one in found.persons if not one.name))


def _unconfirmed(unit: Unit, root: str, rows: Sequence[LogRow]) -> Unconfirmed:
    capacities: dict[str, dict[str, None]] = {}
    for row in rows:
        outcome = read(row.line)
        if isinstance(outcome, Revision):
            capacities.setdefault(outcome.author, {})[outcome.capacity] = None
    persons = {id: unit.people.person(id) for id in capacities}
    received = [row.received_ms for row in rows]
    return Unconfirmed(
        device=root,
        known=state_of(unit, root) == "known",
        persons=tuple(
            Claimed(id=id, name=person.name if person else "", capacities=tuple(capacities[id]))
            for id, person in sorted(persons.items())
        ),
        lines=len(rows),
        first_ms=min(received),
        last_ms=max(received),
    )
