"""How a survey stands in an area: counts, and what waits for a person. No record is decoded."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from server.hub.areas import Denominator, villages_in
from server.hub.pages import Reader
from server.hub.records import narrowed
from server.store.base import RecordRow, Unit
from server.store.listing import HeldLine, Waiting
from server.store.people import DeviceState, PersonRow
from sync.area import within
from sync.fold import decode_snapshot
from sync.revision import Revision, read

LAND = "lahan"
SILENT_AFTER_MS = 3 * 86_400_000
"""A device that has not exchanged for three days is listed as silent."""

_WHOLE = ""
HELD_MAX = 500
"""Held lines that are looked at; where there are more, the page says so."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """An area: records by form, its villages, those with a parcel, and what waits there."""

    area: str
    records: dict[str, int]
    villages: int
    with_land: int
    conflicts: int
    held: int


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A device in scope, with its persons. ``left``: what it last said that it has not sent."""

    state: DeviceState
    persons: tuple[PersonRow, ...]
    silent: bool
    left: dict[str, int]


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """All of the scope (``whole``), the areas one level below it, and the devices there.

    ``villages``: what shares are of, and by which list.
    """

    villages: Denominator
    whole: Line
    parts: tuple[Line, ...]
    orphans: int
    silent: int
    unsent: int
    unsent_photos: int


def overview(unit: Unit, reader: Reader, area: str | None, *, now_ms: int, today: str) -> Overview:
    """How the part of the scope that lies inside ``area`` (``None``: all of it) stands.

    ``today``: the local date. A village that is not in force, or in no list, has records, but no share.
    """
    scope = narrowed(reader.scope, area)
    parts = parts_of(unit, scope)
    tallies = {code: _Tally(area=code) for code in (_WHOLE, *parts)}
    denominator = villages_in(unit, scope, on=today)
    for count in unit.listing.counts(scope):
        counts = count.form_id == LAND and count.village in denominator.counted
        for tally in _around(tallies, count.village):
            tally.records[count.form_id] += count.records
            tally.with_land += counts
    for village in denominator.counted:
        for tally in _around(tallies, village):
            tally.villages += 1
    for one in waiting_in(unit, scope):
        for tally in _around(tallies, one.areas[0]):
            tally.conflicts += len(one.fields)
    for _, places in held_in(unit, scope):
        for tally in _around(tallies, places[0]):
            tally.held += 1
    devices = devices_in(unit, scope, now_ms=now_ms)
    return Overview(
        villages=denominator,
        whole=tallies[_WHOLE].line(),
        parts=tuple(tallies[code].line() for code in parts),
        orphans=len(orphans_in(unit, scope)),
        silent=sum(device.silent for device in devices),
        unsent=sum(device.left.get("revisions", 0) for device in devices),
        unsent_photos=sum(device.left.get("photos", 0) for device in devices),
    )


def parts_of(unit: Unit, scope: list[str]) -> list[str]:
    """The areas one level below a scope of one area; the areas themselves of a wider one."""
    if len(scope) != 1:
        return sorted(scope)
    level = scope[0].count(".") + 1
    return [row.code for row in unit.catalogue.areas(scope) if row.code.count(".") == level]


def waiting_in(unit: Unit, scope: Iterable[str]) -> list[Waiting]:
    """Records in scope on which a person must decide, with the villages in scope first."""
    prefixes = list(scope)
    found = []
    for one in unit.listing.waiting():
        inside = tuple(area for area in one.areas if within(area, prefixes))
        if inside:
            found.append(msgspec.structs.replace(one, areas=inside))
    return found


def held_in(unit: Unit, scope: Iterable[str]) -> list[tuple[HeldLine, tuple[str, ...]]]:
    """Held lines in scope, newest first, with the villages that put them there.

    A line counts where its record is, else where it says that it is, else in the areas of its author.
    """
    prefixes = list(scope)
    found = []
    areas_of: dict[str, tuple[str, ...]] = {}
    for line in unit.listing.held(limit=HELD_MAX + 1):
        places = line.areas or _places(unit, line.line, areas_of)
        inside = tuple(area for area in places if within(area, prefixes))
        if inside:
            found.append((line, inside))
    return found


def orphans_in(unit: Unit, scope: Iterable[str]) -> list[RecordRow]:
    """Records without a village of which somebody in scope wrote a part: to all others they are not there."""
    inside = {person.id for person in persons_in(unit, scope)}
    return [row for row in unit.records.orphans() if inside.intersection(authors_of(row))]


def authors_of(row: RecordRow) -> list[str]:
    """Persons of whom something stands in a record."""
    return sorted({line.person for line in decode_snapshot(row.snapshot).values()})


def devices_in(unit: Unit, scope: Iterable[str], *, now_ms: int) -> list[Device]:
    """Devices of which a person has an area in scope, the one enrolled last first."""
    prefixes = list(scope)
    persons = {person.id: person for person in unit.people.persons()}
    found = []
    for state in unit.people.devices():
        owners = tuple(persons[id] for id in state.persons if id in persons)
        if any(within(area, prefixes) for owner in owners for area in owner.areas):
            found.append(
                Device(
                    state=state,
                    persons=owners,
                    silent=state.revoked_ms is None and now_ms - (state.last_seen_ms or 0) > SILENT_AFTER_MS,
                    left=_left(state.left_json),
                )
            )
    return found


def persons_in(unit: Unit, scope: Iterable[str]) -> list[PersonRow]:
    """Persons who have an area in scope, by name."""
    prefixes = list(scope)
    return [
        person for person in unit.people.persons() if any(within(area, prefixes) for area in person.areas)
    ]


@dataclass
class _Tally:
    """A line while it is counted."""

    area: str
    records: Counter[str] = field(default_factory=Counter)
    villages: int = 0
    with_land: int = 0
    conflicts: int = 0
    held: int = 0

    def line(self) -> Line:
        return Line(
            area=self.area,
            records=dict(self.records),
            villages=self.villages,
            with_land=self.with_land,
            conflicts=self.conflicts,
            held=self.held,
        )


def _around(tallies: dict[str, _Tally], area: str) -> Iterator[_Tally]:
    """The tally of the whole, and of the part that an area lies in."""
    yield tallies[_WHOLE]
    parts = area.split(".")
    for length in range(1, len(parts) + 1):
        code = ".".join(parts[:length])
        if code in tallies:
            yield tallies[code]


def _places(unit: Unit, line: bytes, areas_of: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    revision = read(line)
    if not isinstance(revision, Revision):
        return ()
    written = revision.values.get("_area")
    if isinstance(written, str):
        return (written,)
    if revision.author not in areas_of:
        person = unit.people.person(revision.author)
        areas_of[revision.author] = person.areas if person else ()
    return areas_of[revision.author]


def _left(text: str) -> dict[str, int]:
    """The counts of a header's ``left``; what is none is passed over."""
    return dict(_counts(msgspec.json.decode(text)))


def _counts(value: Any) -> Iterator[tuple[str, int]]:
    for name, count in value.items() if isinstance(value, dict) else ():
        if isinstance(count, int) and not isinstance(count, bool) and count >= 0:
            yield name, count
