"""Checking the truth against itself, and the caches against the truth.

``verify`` changes nothing and names what it finds; ``rebuild`` makes the caches again from
the lines, and moves the feeds only where a record really differs.
"""

from collections.abc import Iterator

import msgspec

from server.hub.forms import FormShelf
from server.hub.merging import Moved, move_feeds, regroup_sealed
from server.store.base import LogRow, RecordRow, Store, Unit
from sync.chain import revision_id
from sync.feed import row_checksum
from sync.fold import encode_snapshot, snapshot_of
from sync.policies import is_sealed
from sync.record import areas_of, conflicts_of
from sync.revision import Revision, read
from sync.secrets import may_hold_commitment, opens


class Finding(msgspec.Struct, frozen=True):
    """Something that is not as it must be: a code of ``verify.*`` in the texts, and where."""

    code: str
    subject: str


def verify(store: Store, shelf: FormShelf) -> Iterator[Finding]:
    """Everything that an edit, a deletion, a reordering or a stale cache leaves behind."""
    with store.read() as unit:
        yield from _chain_findings(unit)
        yield from _secret_findings(unit)
        yield from _cache_findings(unit, shelf)


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


def _chain_findings(unit: Unit) -> Iterator[Finding]:
    complete: dict[str, bool] = {"": True}
    behind: list[tuple[str, str, bool]] = []
    for row in unit.log.all_lines():
        if not row.stub and revision_id(row.previous, row.line) != row.id:
            yield Finding("line-altered", _name(row))
        complete[row.id] = row.complete
        behind.append((_name(row), row.previous, row.complete))
    for name, previous, is_complete in behind:
        if is_complete and previous not in complete:
            yield Finding("line-missing-before", name)
        elif is_complete != complete.get(previous, False):
            yield Finding("completeness-wrong", name)
    for device, (counted, here) in unit.log.line_counts().items():
        if counted != here:
            yield Finding("lines-missing", f"{device}: {counted - here}")


def _secret_findings(unit: Unit) -> Iterator[Finding]:
    for row in unit.log.all_lines():
        outcome = read(row.line) if may_hold_commitment(row.line) else None
        if not isinstance(outcome, Revision) or row.record is None:
            continue
        secrets = unit.log.secrets_of([row.id])
        for field, value in outcome.values.items():
            secret = secrets.get((row.id, field))
            if not is_sealed(value) or (secret and secret.erased):
                continue
            if secret is None:
                yield Finding("secret-missing", f"{_name(row)} {field}")
            elif secret.salt is not None and not opens(value, secret.salt, secret.text or ""):
                yield Finding("secret-altered", f"{_name(row)} {field}")


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
