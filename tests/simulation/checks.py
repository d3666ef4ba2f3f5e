"""The two questions: is anything lost, has anything diverged?"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import xor

import msgspec

from field_client import journal, records
from server.hub.exchange import reader_of
from server.hub.verify import verify
from server.store.base import LogRow, RecordRow, Unit
from sync.admission import UNSIGNED
from sync.fold import Snapshot, decode_snapshot
from sync.revision import Revision, read
from tests.simulation.chronicle import Chronicle, Fault, Heads, as_bytes, contested, heads_of, laid_over
from tests.simulation.hub import Hub
from tests.simulation.phone import Phone


def on_screen(chronicle: Chronicle, phone: Phone) -> None:
    """An own value that nobody ever superseded stands on its author's screen, at every moment."""
    missing: dict[str, set[tuple[str, str]]] = {}
    for own in journal.lines(phone.db):
        revision = chronicle.made[own.id]
        for field in revision.values:
            if (own.id, field) not in chronicle.named:
                missing.setdefault(revision.record, set()).add((own.id, field))
    for record, writes in missing.items():
        entry = records.load(phone.db, record)
        seen = entry.seen if entry else {}
        for id, field in writes:
            if id not in seen or field not in seen[id].fields:
                raise Fault("lost", f"{phone.name} no longer shows its own {field} of {id} in {record}")


def lists_what_it_shows(phone: Phone) -> None:
    """A list says of each record what the record itself says when it is opened."""
    listed = records.listed(phone.db)
    waiting = {(line.record, field) for line in listed for field in line.summary.conflicts}
    if records.open_conflicts(phone.db) != waiting:
        raise Fault("diverged", f"{phone.name} counts other conflicts than its list")
    for line in listed:
        entry = records.load(phone.db, line.record)
        assert entry is not None
        seen = entry.view()
        if line.summary != records.Summary(seen.areas, seen.deleted, seen.conflicts):
            raise Fault("diverged", f"{phone.name} lists {line.record} as {line.summary}")


def sums_agree(phone: Phone) -> None:
    """A checksum was never wrong: all damage here would come from the exchange itself."""
    for feed in phone.mismatches():
        raise Fault("diverged", f"{phone.name} has another sum of feed {feed} than the server")


def at_rest(hub: Hub, phone: Phone) -> None:
    """A device that has nothing more to send or to fetch shows what the server shows."""
    with hub.store.read() as unit:
        _nothing_lost(unit, phone)
        _nothing_diverged(unit, phone)


def at_the_end(hub: Hub) -> int:
    """The server shows what its lines say, and its caches are right; the number of contested fields."""
    with hub.store.read() as unit:
        merged = _merged(unit.log.all_lines())
        stored = unit.records.load(unit.records.ids())
    for record in sorted({*merged, *stored}):
        snapshot = decode_snapshot(stored[record].snapshot) if record in stored else {}
        if as_bytes(_plain(heads_in(snapshot))) != as_bytes(_plain(heads_of(merged.get(record, {})))):
            raise Fault("lost", f"the server shows other heads of {record} than its lines have")
    for finding in verify(hub.store, hub.shelf):
        raise Fault("diverged", f"verify finds {finding.code} {finding.subject}")
    return sum(contested(revisions) for revisions in merged.values())


def heads_in(snapshot: Snapshot) -> Heads:
    """``{field: {id: value}}`` of a snapshot."""
    found: Heads = {}
    for id, line in snapshot.items():
        for field, value in line.fields.items():
            found.setdefault(field, {})[id] = value
    return found


def _merged(rows: Iterable[LogRow]) -> dict[str, dict[str, Revision]]:
    merged: dict[str, dict[str, Revision]] = {}
    for row in rows:
        revision = read(row.line)
        if row.held is None and isinstance(revision, Revision):
            merged.setdefault(revision.record, {})[row.id] = revision
    return merged


def _plain(heads: Heads) -> Heads:
    """Without the equality groups of sealed answers, which are no part of what was written."""
    return {
        field: {
            id: {"#": value["#"]} if isinstance(value, dict) and "#" in value else value
            for id, value in found.items()
        }
        for field, found in heads.items()
    }


def _nothing_lost(unit: Unit, phone: Phone) -> None:
    for own in journal.lines(phone.db):
        row = unit.log.get(own.id)
        if row is None or row.line != own.body:
            raise Fault("lost", f"the server lacks line {own.seq} {own.id} of {phone.name}")
        if not row.complete:
            raise Fault("lost", f"line {own.seq} {own.id} of {phone.name} is not complete at the server")
        if row.held == UNSIGNED:
            raise Fault("lost", f"{phone.name} came itself, and its line {own.id} still waits for its word")


def _nothing_diverged(unit: Unit, phone: Phone) -> None:
    reader = reader_of(unit.people.persons_on(phone.device))
    scope = {row.id: row for row in unit.records.page(form_id=None, prefixes=reader.scope)}
    here = {id for (id,) in phone.db.conn.execute("SELECT record FROM snapshot")}
    if here != scope.keys():
        lacking, left_over = sorted(scope.keys() - here), sorted(here - scope.keys())
        raise Fault("diverged", f"{phone.name} lacks {lacking} and has {left_over} too many")
    for feed in unit.feeds.regencies(reader.scope):
        checksums = phone.db.conn.execute("SELECT x FROM member WHERE feed = ?", [feed])
        if reduce(xor, (x for (x,) in checksums), 0) != unit.feeds.sum_of(feed, reader.scope):
            raise Fault("diverged", f"{phone.name} has another sum of feed {feed} than the server")
    held = {id for id, _ in unit.log.held_ids(unit.log.root_of(phone.device))}
    own_records = {own.record for own in journal.lines(phone.db)}
    for record in sorted(scope.keys() | own_records):
        _same_record(held, scope.get(record), phone, record)
    _nothing_open(phone, reader.opens_all, reader.opens_of)


def _same_record(held: set[str], server: RecordRow | None, phone: Phone, record: str) -> None:
    own = {line.id: revision for line, revision in journal.revisions_of(phone.db, record)}
    loose = {id for id in own if server is None or id in held}
    expected = laid_over(heads_in(decode_snapshot(server.snapshot)) if server else {}, own, loose)
    entry = records.load(phone.db, record)
    seen = heads_in(entry.seen) if entry else {}
    if as_bytes(seen) != as_bytes(expected):
        fields = [field for field in {*seen, *expected} if seen.get(field) != expected.get(field)]
        detail = {field: (seen.get(field), expected.get(field)) for field in sorted(fields)}
        raise Fault("diverged", f"{phone.name} shows other heads of {record}: {detail}")
    if entry and server and not loose and entry.view().conflicts != server.conflicts:
        conflicts = f"{entry.view().conflicts} in {record}, the server {server.conflicts}"
        raise Fault("diverged", f"{phone.name} has conflicts {conflicts}")


def _nothing_open(phone: Phone, opens_all: bool, opens_of: str | None) -> None:
    if opens_all:
        return
    for record, snap, opened in phone.db.conn.execute(
        "SELECT record, snap, opened FROM snapshot WHERE opened IS NOT NULL"
    ):
        for id in msgspec.json.decode(opened):
            if decode_snapshot(snap)[id].person != opens_of:
                raise Fault("lost", f"{phone.name} can read a restricted answer of another in {record}")
