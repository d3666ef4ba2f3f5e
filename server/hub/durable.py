"""The last line of a device's log that is in every backup which can still be restored.

Each backup is noted with the last complete line of every device id in it. A line is in a
backup where it is such a line, or stands before one on the same chain; that is found by
number as long as one line bears the number, and by walking back where a cloned device has
given it to two.

A line that names a photo is in a backup only with it. One whose photo has not arrived is there
as a text: its device has the photo still, and is asked for it.
"""

from collections.abc import Iterable, Sequence

from server.store.backups import shared_by_backup
from server.store.base import Unit
from sync.chain import START, Place

BRANCHES_MAX = 64
"""Device ids that one log is followed back through: one for each time its phone was cloned."""


def durable_of(unit: Unit, have: Place, *, offered: Sequence[str] | None = None) -> Place:
    """The place in the log that ends with the complete line ``have``; ``START`` where none is.

    ``offered``: these backups in place of all.
    """
    offered = unit.backups.offered() if offered is None else offered
    place: Place | None = have
    for _ in range(BRANCHES_MAX):
        if place is None or place == START or not offered:
            return START
        device = unit.log.places([place.id])[place.id].device
        tips = unit.backups.tips(device)
        found = _in_all(unit, device, place, shared_by_backup(tips, offered)) if tips else None
        if found is not None:
            return _with_files(unit, offered, device, found)
        place = _before_branch(unit, device, place)
    return START


def _with_files(unit: Unit, offered: Sequence[str], device: str, place: Place) -> Place:
    """The last line up to ``place`` so that these backups have what is here of the named files."""
    reached = place
    for _ in range(BRANCHES_MAX):
        seq = unit.backups.first_not_in(offered, device, until=place.seq)
        before = _before_branch(unit, device, place)
        if seq is not None:
            reached = _at(unit, device, place, seq - 1) if seq > 1 else before or START
        if before is None:
            return reached
        device, place = unit.log.places([before.id])[before.id].device, before
    return START


def _at(unit: Unit, device: str, place: Place, seq: int) -> Place:
    """The line with this number on the way back from ``place``."""
    lines = unit.backups.lines_at(device, seq)
    id = lines[0] if len(lines) == 1 else unit.backups.ancestor(place.id, seq)
    return Place(seq, id) if id else START


def _in_all(unit: Unit, device: str, place: Place, backups: Iterable[tuple[Place, ...]]) -> Place | None:
    """The last line up to ``place``, under its device id, that all these backups have."""
    shared: Place | None = place
    for tips in backups:
        if shared is None:
            return None
        found = (_shared(unit, device, shared, tip) for tip in tips)
        shared = max((one for one in found if one is not None), key=lambda one: one.seq, default=None)
    return shared


def _shared(unit: Unit, device: str, place: Place, tip: Place) -> Place | None:
    """The last line that the chains which end in ``place`` and in ``tip`` have in common."""
    seq = min(place.seq, tip.seq)
    lines = unit.backups.lines_at(device, seq)
    if seq == tip.seq and lines == [tip.id]:
        return tip
    known = unit.log.places([tip.id]).get(tip.id)
    if known is None or not known.complete:
        return None  # after a restore, until its device has brought it back
    ours = unit.backups.ancestor(place.id, seq)
    if ours is not None and (lines == [ours] or ours == unit.backups.ancestor(tip.id, seq)):
        return Place(seq, ours)
    doubled = unit.backups.first_double(device)
    before = unit.backups.lines_at(device, doubled - 1) if doubled else []
    return Place(doubled - 1, before[0]) if doubled and len(before) == 1 else None


def _before_branch(unit: Unit, device: str, place: Place) -> Place | None:
    """The last line under the device id that this log branched from."""
    first = unit.backups.lines_at(device, 1)
    id = first[0] if len(first) == 1 else unit.backups.ancestor(place.id, 1)
    row = unit.log.get(id) if id else None
    before = unit.log.places([row.previous]).get(row.previous) if row and row.previous else None
    return Place(before.seq, row.previous) if row and before and before.device != device else None
