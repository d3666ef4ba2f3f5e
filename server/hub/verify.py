"""Checking the truth against itself, and the caches against the truth.

``verify`` changes nothing and names what it finds; ``rebuild`` makes the caches again from
the lines, and moves the feeds only where a record really differs.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from server.hub.forms import FormShelf
from server.hub.ingest import is_suspect
from server.hub.merging import Moved, move_feeds, regroup_sealed
from server.store.base import LogRow, RecordRow, SecretRow, Store, Unit
from server.store.receipt import receipt_digest
from sync.chain import revision_id
from sync.feed import row_checksum
from sync.fold import encode_snapshot, snapshot_of
from sync.policies import is_sealed
from sync.record import areas_of, conflicts_of
from sync.revision import Malformed, Revision, Stub, read
from sync.secrets import may_hold_commitment, opens


class Finding(msgspec.Struct, frozen=True):
    """Something that is not as it must be: a code of ``verify.*`` in the texts, and where."""

    code: str
    subject: str


def verify(store: Store, shelf: FormShelf) -> Iterator[Finding]:
    """Everything that an edit, a deletion, a reordering or a stale cache leaves behind."""
    with store.read() as unit:
        yield from verify_truth(unit)
        yield from _cache_findings(unit, shelf)


def verify_truth(unit: Unit) -> Iterator[Finding]:
    """What an edit, a deletion or a reordering of lines and secrets leaves behind."""
    yield from _line_findings(unit)
    yield from _log_findings(unit)
    yield from _secret_findings(unit)


def rebuild(store: Store, shelf: FormShelf, *, now_ms: int) -> int:
    """Make the caches of all records again; how many were not as the lines say."""
    with store.write() as unit:
        stale = [record for record in _all_records(unit) if not _is_fresh(unit, shelf, record)]
        moved = []
        for record in stale:
            expected, awaited, ids = _recomputed(unit, shelf, record)
            kept = unit.records.awaited([record]).get(record, set())
            unit.records.put_awaited(record, added=sorted(awaited - kept), ended=sorted(kept - awaited))
            row = msgspec.structs.replace(expected, updated_ms=now_ms)
            before = {village: x for village, (x, gone) in unit.feeds.rows_of(record).items() if not gone}
            moved.append(Moved(row, ids, before))
        unit.records.put([change.row for change in moved])
        move_feeds(unit, moved)
        summed, kept_sums = unit.feeds.summed_rows(), unit.feeds.village_sums()
        villages = {*summed, *kept_sums}
        unit.feeds.add_to_sums({code: summed.get(code, 0) ^ kept_sums.get(code, 0) for code in villages})
        return len(stale)


def _line_findings(unit: Unit) -> Iterator[Finding]:
    """Each line against its own bytes."""
    for row in unit.log.all_lines():
        outcome = read(row.line)
        if row.id != _id_of(row, outcome):
            yield Finding("line-altered", _name(row))
        elif not _is_as_written(row, outcome):
            yield Finding("row-altered", _name(row))


def _id_of(row: LogRow, outcome: Revision | Stub | Malformed) -> str:
    """The id that a line gives itself, or that a stub bears for the line it stands for."""
    if row.stub and isinstance(outcome, Stub):
        return outcome.omitted
    return revision_id(row.previous, row.line)


def _is_as_written(row: LogRow, revision: Revision | Stub | Malformed) -> bool:
    """Whether the columns of a row say what its line says.

    A stub has a place and no record; a line that is misplaced has neither of its own.
    """
    if row.stub or isinstance(revision, Stub):
        return row.stub and isinstance(revision, Stub) and _stands_as_said(row, revision)
    if row.record is None or not isinstance(revision, Revision):
        return row.record is None and row.form is None and row.held == "malformed" and not row.suspect
    written = (revision.device, revision.seq, revision.record, revision.form)
    return (row.device, row.seq, row.record, row.form) == written and row.suspect == is_suspect(
        revision, received_ms=row.received_ms
    )


def _stands_as_said(row: LogRow, stub: Stub) -> bool:
    empty = row.record is None and row.form is None and row.held is None and not row.suspect
    return empty and (row.device, row.seq) == (stub.device, stub.seq)


def _log_findings(unit: Unit) -> Iterator[Finding]:
    """Each log as a whole: no line gone, none moved, all belonging to whom they belong.

    A line is compared with the one read before it, which it nearly always follows; the others
    are looked up, so that a million lines need no more memory than a thousand.
    """
    last: LogRow | None = None
    behind: list[tuple[str, str, bool]] = []
    digests: dict[str, int] = {}
    firsts: dict[str, str] = {}
    for row in unit.log.all_lines():
        digests[row.device] = digests.get(row.device, 0) ^ receipt_digest(row)
        firsts.setdefault(row.device, row.previous)
        if last is None or row.previous != last.id:
            behind.append((_name(row), row.previous, row.complete))
        elif row.complete != last.complete:
            yield Finding("completeness-wrong", _name(row))
        last = row
    places = unit.log.places({previous for _, previous, _ in behind} | set(firsts.values()))
    for name, previous, is_complete in behind:
        if is_complete and previous and previous not in places:
            yield Finding("line-missing-before", name)
        elif is_complete != (previous == "" or (previous in places and places[previous].complete)):
            yield Finding("completeness-wrong", name)
    counts = unit.log.line_counts()
    for device, (counted, here) in counts.items():
        if counted != here:
            yield Finding("lines-missing", f"{device}: {counted - here}")
    for device, kept in unit.log.digests().items():
        if kept is not None and kept != digests.get(device, 0):
            yield Finding("receipt-altered", device)
    for device in sorted(digests.keys() - counts.keys()):
        yield Finding("log-altered", device)
    yield from _root_findings(unit, firsts, {id: place.device for id, place in places.items()})
    yield from _own_findings(unit)


def _root_findings(unit: Unit, firsts: dict[str, str], devices: dict[str, str]) -> Iterator[Finding]:
    """A device id that branched from no other belongs to itself; else to the log it branched from."""
    roots = unit.log.roots()
    for device, root in roots.items():
        before = firsts.get(device, "")
        expected = roots.get(devices.get(before, ""), root) if before else device
        if device in firsts and root not in (expected, device):
            yield Finding("log-altered", device)


def _own_findings(unit: Unit) -> Iterator[Finding]:
    """The server's own log ends where it is said to end."""
    own = unit.log.own_device()
    if own is None:
        return
    device, tip = own
    place = unit.log.places([tip.id]).get(tip.id) if tip.id else None
    ends_there = place is not None and (place.device, place.seq) == (device, tip.seq)
    if unit.log.line_count(device) != tip.seq or (tip.seq > 0 and not ends_there):
        yield Finding("own-log-altered", device)


def _secret_findings(unit: Unit) -> Iterator[Finding]:
    for row in unit.log.all_lines():
        outcome = read(row.line) if may_hold_commitment(row.line) else None
        if not isinstance(outcome, Revision) or row.record is None:
            continue
        secrets = unit.log.secrets_of([row.id])
        for field, value in outcome.values.items():
            secret = secrets.get((row.id, field))
            if not is_sealed(value):
                continue
            if secret is None:
                yield Finding("secret-missing", f"{_name(row)} {field}")
            elif not _is_sound(secret, value):
                yield Finding("secret-altered", f"{_name(row)} {field}")


def _is_sound(secret: SecretRow, value: Any) -> bool:
    """Whether a secret row opens its commitment, waits for what does, or was erased whole."""
    if secret.commitment != value["#"]:
        return False
    if secret.erased or secret.salt is None or secret.text is None:
        return secret.salt is None and secret.text is None
    return opens(value, secret.salt, secret.text)


def _cache_findings(unit: Unit, shelf: FormShelf) -> Iterator[Finding]:
    for record in _all_records(unit):
        if not _is_fresh(unit, shelf, record):
            yield Finding("record-stale", record)
    summed, kept = unit.feeds.summed_rows(), unit.feeds.village_sums()
    for code in sorted({*summed, *kept}):
        if summed.get(code, 0) != kept.get(code, 0):
            yield Finding("sum-wrong", code)


def _all_records(unit: Unit) -> list[str]:
    return sorted({*unit.log.merged_records(), *unit.records.ids()})


def _is_fresh(unit: Unit, shelf: FormShelf, record: str) -> bool:
    """Whether a record's caches, awaited ids and feed rows are as its lines say."""
    expected, awaited, ids = _recomputed(unit, shelf, record)
    kept = unit.records.get(record)
    if kept is None or msgspec.structs.replace(kept, updated_ms=0) != expected:
        return False
    if unit.records.awaited([record]).get(record, set()) != awaited:
        return False
    rows = {village: x for village, (x, gone) in unit.feeds.rows_of(record).items() if not gone}
    return rows == {village: row_checksum(record, village, ids) for village in expected.areas}


def _recomputed(
    unit: Unit, shelf: FormShelf, record: str
) -> tuple[RecordRow, set[tuple[str, str]], tuple[str, ...]]:
    """The record as ``fold`` defines it, what it awaits, and its live ids."""
    rows = [row for row in unit.log.history(record) if row.held is None]
    outcomes = {row.id: read(row.line) for row in rows}
    revisions = {id: outcome for id, outcome in outcomes.items() if isinstance(outcome, Revision)}
    snapshot = snapshot_of(revisions, suspects=[row.id for row in rows if row.suspect])
    regroup_sealed(unit, snapshot)
    form_key = max((revision.form for revision in revisions.values()), default="")
    awaited = {
        (base, field)
        for revision in revisions.values()
        for field in revision.values
        for base in revision.base_of(field)
        if base not in revisions
    }
    form = shelf.current(unit, form_key.partition("/")[0])
    row = RecordRow(
        id=record,
        form=form_key,
        snapshot=encode_snapshot(snapshot),
        areas=areas_of(snapshot),
        conflicts=conflicts_of(snapshot, form),
        updated_ms=0,
    )
    return row, awaited, tuple(snapshot)


def _name(row: LogRow) -> str:
    return f"{row.device} {row.seq} {row.id}"
