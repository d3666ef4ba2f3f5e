"""Folding what arrived into its records, and moving the feeds by what changed."""

from collections.abc import Iterable, Sequence

import msgspec

from server.hub.forms import FormShelf
from server.store.base import RecordRow, Unit
from sync.area import regency_of
from sync.feed import Change, next_hash, row_checksum
from sync.fold import Snapshot, absorb, decode_snapshot, encode_snapshot
from sync.forms.model import Form
from sync.policies import is_sealed
from sync.record import areas_of, conflicts_of
from sync.revision import Revision
from sync.secrets import may_hold_commitment, regroup, value_of


class Moved(msgspec.Struct, frozen=True):
    """A record that changed: its caches, its live ids, and its feed rows' checksums before."""

    row: RecordRow
    ids: tuple[str, ...]
    checksums_before: dict[str, int]


class _Working(msgspec.Struct):
    """A record while lines are folded into it."""

    id: str
    form: str
    snapshot: Snapshot
    before: RecordRow | None
    ids_before: tuple[str, ...]
    awaited: set[tuple[str, str]]
    awaited_before: frozenset[tuple[str, str]]
    touched: bool = False


class Merging:
    """The records that one transaction touches. Call ``open`` first, ``settle`` last."""

    def __init__(self, unit: Unit, shelf: FormShelf) -> None:
        self._unit = unit
        self._shelf = shelf
        self._records: dict[str, _Working] = {}
        self._absorbed: set[str] = set()
        self._forms: dict[str, Form | None] = {}

    def open(self, records: Iterable[str]) -> None:
        """Load these records, known ones and new ones."""
        ids = [record for record in dict.fromkeys(records) if record not in self._records]
        rows = self._unit.records.load(ids) if ids else {}
        awaited = self._unit.records.awaited(ids) if ids else {}
        for id in ids:
            row = rows.get(id)
            snapshot = decode_snapshot(row.snapshot) if row else {}
            waits = awaited.get(id, set())
            form = row.form if row else ""
            self._records[id] = _Working(id, form, snapshot, row, tuple(snapshot), waits, frozenset(waits))

    def areas(self, record: str) -> tuple[str, ...]:
        """The record's villages as it stands now."""
        return areas_of(self._records[record].snapshot)

    def absorb(self, id: str, revision: Revision, *, suspect: bool) -> None:
        """Fold one line into its record; each line once."""
        record = self._records[revision.record]
        absorb(
            record.snapshot,
            record.awaited,
            id,
            revision,
            suspect=suspect,
            merged=lambda base: base in self._absorbed or self._unit.log.is_merged(revision.record, base),
        )
        self._absorbed.add(id)
        record.form = max(record.form, revision.form)
        record.touched = True

    def reopen(self, records: Iterable[str]) -> None:
        """Restricted answers of these records were opened: they change for their readers."""
        wanted = list(records)
        self.open(wanted)
        for record in wanted:
            self._records[record].touched = True

    def settle(self, *, now_ms: int) -> list[Moved]:
        """Write the caches of every touched record; those that changed for a reader."""
        moved = [self._settled(record, now_ms) for record in self._records.values() if record.touched]
        self._unit.records.put([change.row for change in moved])
        for record in self._records.values():
            if record.awaited != record.awaited_before:
                added, ended = record.awaited - record.awaited_before, record.awaited_before - record.awaited
                self._unit.records.put_awaited(record.id, added=sorted(added), ended=sorted(ended))
        return moved

    def _settled(self, record: _Working, now_ms: int) -> Moved:
        data = encode_snapshot(record.snapshot)
        if may_hold_commitment(data):
            regroup_sealed(self._unit, record.snapshot)
            data = encode_snapshot(record.snapshot)
        row = RecordRow(
            id=record.id,
            form=record.form,
            snapshot=data,
            areas=areas_of(record.snapshot),
            conflicts=conflicts_of(record.snapshot, self._form(record.form)),
            updated_ms=now_ms,
        )
        areas_before = record.before.areas if record.before else ()
        checksums = {village: row_checksum(record.id, village, record.ids_before) for village in areas_before}
        return Moved(row, tuple(record.snapshot), checksums)

    def _form(self, key: str) -> Form | None:
        """The current version of a record's form, looked up once a transaction."""
        form_id = key.partition("/")[0]
        if form_id not in self._forms:
            self._forms[form_id] = self._shelf.current(self._unit, form_id)
        return self._forms[form_id]


def regroup_sealed(unit: Unit, snapshot: Snapshot) -> None:
    """Give the sealed heads of a snapshot their equality groups, from the secrets that are here."""
    sealed = {field for line in snapshot.values() for field, value in line.fields.items() if is_sealed(value)}
    rows = unit.log.secrets_of(snapshot)
    opened = {key: value_of(row.text) for key, row in rows.items() if row.text is not None}
    regroup(snapshot, opened, sorted(sealed))


def move_feeds(unit: Unit, moved: Sequence[Moved]) -> None:
    """Give every village row of these records a new place in its regency's feed.

    The counter is read and written inside the caller's transaction, so a reader who sees
    it sees every row up to it.
    """
    pending: dict[str, list[Change]] = {}
    deltas: dict[str, int] = {}
    for change in moved:
        for village in sorted({*change.checksums_before, *change.row.areas}):
            before = change.checksums_before.get(village, 0)
            gone = village not in change.row.areas
            after = 0 if gone else row_checksum(change.row.id, village, change.ids)
            deltas[village] = deltas.get(village, 0) ^ before ^ after
            pending.setdefault(regency_of(village), []).append(Change(0, village, change.row.id, after, gone))
    for regency, changes in sorted(pending.items()):
        n, h = unit.feeds.counter(regency)
        placed = [
            Change(position, change.village, change.record, change.checksum, change.gone)
            for position, change in enumerate(changes, start=n + 1)
        ]
        unit.feeds.put(regency, placed)
        unit.feeds.advance(regency, n=n + len(placed), h=next_hash(h, placed))
    unit.feeds.add_to_sums(deltas)
