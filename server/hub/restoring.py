"""What a restored server takes back from its mirror, and what it still misses.

The mirror's lines are taken in like a device's: in any order, with gaps, any number of times.
What was decided on the server itself is nobody's to judge again.
"""

from collections.abc import Iterable, Iterator

import msgspec

from server.hub.forms import FormShelf
from server.hub.ingest import BUNDLE_UNSIGNED, CONSOLE, sender_of, take_in
from server.hub.intake import Incoming, read_lines
from server.store.base import Store, Unit
from server.store.mirror import Segment, Stretch
from sync.chain import Place

VIA = "mirror"
LINES_A_TRANSACTION = 2_000


class Tally(msgspec.Struct):
    """What a mirror gave: lines read, lines that were new, and segments that are damaged."""

    read: int = 0
    new: int = 0
    damaged: list[str] = []


class Gap(msgspec.Struct, frozen=True):
    """Lines of a device that are not here though a later one is."""

    device: str
    first: int
    last: int


def take_mirror(store: Store, shelf: FormShelf, stretches: Iterable[Stretch], *, now_ms: int) -> Tally:
    """Take in everything that a mirror holds. Safe to repeat."""
    tally = Tally(damaged=[])
    before = _lines(store)
    for batch in _batches(stretches):
        with store.write() as unit:
            for stretch in batch:
                _take(unit, shelf, stretch, tally, now_ms=now_ms)
                _give_rights(unit, stretch)
    tally.new = _lines(store) - before
    return tally


def _lines(store: Store) -> int:
    with store.read() as unit:
        return unit.backups.counts()[0]


def _give_rights(unit: Unit, stretch: Stretch) -> None:
    """Revoke what was revoked at this place, and let in again what was let in again.

    A device that was enrolled after the backup is not known; revoked it is all the same.
    """
    for right in stretch.rights:
        device = unit.people.device(right.device)
        if device is None or not right.revoked:
            name = device.name if device else ""
            key = unit.people.public_key(right.device)
            unit.people.put_device(right.device, name=name, public_key=key, app="", now_ms=right.t)
        if right.revoked:
            unit.people.revoke(right.device, now_ms=right.t)


def gaps(unit: Unit) -> Iterator[Gap]:
    """The lines that must still come from the field, as far as lines behind them say so."""
    device, reached = "", 0
    for row in unit.log.all_lines():
        if row.device != device:
            device, reached = row.device, 0
        if row.seq > reached + 1:
            yield Gap(device, reached + 1, row.seq - 1)
        if row.stub:
            yield Gap(device, row.seq, row.seq)
        reached = max(reached, row.seq)


def _take(unit: Unit, shelf: FormShelf, stretch: Stretch, tally: Tally, *, now_ms: int) -> None:
    segment = stretch.segment
    lines = _whole(segment, stretch.lines) if segment else []
    if lines is None or (segment is None and stretch.lines):
        name = f"{segment.device} {segment.first} {segment.last}" if segment else "-"
        tally.damaged.append(name)
        return
    device = segment.log if segment else ""
    unsigned = segment is not None and segment.via == BUNDLE_UNSIGNED
    tally.read += len(lines)
    take_in(
        unit,
        shelf,
        sender_of(unit, device, vouches=not unsigned),
        after=Place(segment.first - 1, segment.previous) if segment else Place(0, ""),
        device=device,
        lines=lines,
        secrets=stretch.secrets,
        # When a line first came stays true of it; whether its clock may decide hangs on that.
        now_ms=segment.t if segment else now_ms,
        via=BUNDLE_UNSIGNED if unsigned else VIA,
        trusted=segment is not None and segment.via == CONSOLE,
    )


def _whole(segment: Segment | None, lines: list[bytes]) -> list[Incoming] | None:
    """The lines of a segment with their ids, or ``None`` where they are not the ones it names."""
    if segment is None or len(lines) != segment.n:
        return None
    incoming = read_lines(segment.previous, lines)
    return incoming if incoming and incoming[-1].id == segment.last else None


def _batches(stretches: Iterable[Stretch]) -> Iterator[list[Stretch]]:
    batch: list[Stretch] = []
    size = 0
    for stretch in stretches:
        batch.append(stretch)
        size += len(stretch.lines) + 1
        if size >= LINES_A_TRANSACTION:
            yield batch
            batch, size = [], 0
    yield batch
