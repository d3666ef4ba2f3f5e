"""What an exchange costs while the store grows: it must follow what changed, not what exists.

The same server is filled further and further; a copy of its database is kept at each size,
and the copies are measured in turns, so that a busy moment of the machine falls on all.
"""

import gzip
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter

import msgspec

from server.hub.exchange import exchange
from server.hub.forms import FormShelf
from server.store.sqlite.database import SqliteStore, open_store
from sync.area import in_regency
from sync.chain import START
from sync.feed import Cursor, scope_tag, write_cursor
from sync.wire import ROWS_MAX, WIRE_VERSION, Answer, Limit, SyncHeader, read_answer, write_request
from tests.bench.bodies import bodies_of
from tests.bench.fielddata import FIRST_DAY_MS, REGENCY, FieldLog, field_log
from tests.bench.plan import Run
from tests.bench.senders import answer_of
from tests.bench.served import prepared, serving, token_of
from tests.bench.table import Row

EMPTY_SYNC_MAX_MS = 5.0
FLAT_MAX = 1.5
"""Largest store against smallest: a tree grows one level deeper, and caches are missed more often."""

SMALL_DELTA = 10
DELTA_SHARE = 0.01
SEED = 200_000
FILL_LINES_A_BODY = 1_000
EDIT_LINES_A_BODY = 50
NOW_MS = FIRST_DAY_MS + 300 * 24 * 3600 * 1000


class Sized(msgspec.Struct):
    """A store of one size, what an asker of the regency has read of it, and what was measured."""

    records: int
    path: Path
    store: SqliteStore
    editor: FieldLog
    before_share: str
    before_small: str
    newest: str
    empty_ms: list[float] = []
    small_ms: list[float] = []
    share_ms_per_record: list[float] = []
    push_ms: list[float] = []


def rows(run: Run) -> Iterator[Row]:
    """An exchange without news, one with ten records, and a delta of 1 %, at every size."""
    asker = field_log(SEED, 0)
    stores = list(_grown(run, asker))
    shelf = FormShelf()
    for turn in range(run.plan.reads):
        run.say(f"sync in stores of several sizes {turn + 1}/{run.plan.reads}")
        for sized in stores:
            _measure(sized, shelf, asker.device, share_wanted=turn % 10 == 0)
    for _ in range(run.plan.reads):
        for sized in stores:
            sized.push_ms.append(_pushed(sized, shelf))
    largest = stores[-1]
    largest.newest = _newest_cursor(largest.store)
    for sized in stores:
        sized.store.close()
    over_http = list(_empty_over_http(run, largest, asker.device))
    yield from _table(stores)
    yield Row(
        name=f"sync without news, over HTTP, {largest.records:,} records",
        figure=median(over_http),
        unit="ms",
        limit=EMPTY_SYNC_MAX_MS,
    )


def _grown(run: Run, asker: FieldLog) -> Iterator[Sized]:
    """Stores of every size, each with 1 % and then ten more of its records edited."""
    folder = run.subfolder("flat")
    filler = field_log(SEED, 1)
    filler.entry_every_s = 60
    path = prepared(folder, [asker, filler])
    shelf, here = FormShelf(), 0
    for records in run.plan.store_records:
        # Without waiting for the disk: what is measured comes later.
        store = open_store(path, synchronous="OFF")
        while here < records:
            run.say(f"filling a store: {here:,} of {run.plan.store_records[-1]:,} records")
            lines = min(FILL_LINES_A_BODY, records - here)
            for body in bodies_of(filler, filler.entries, count=1, lines_a_body=lines):
                exchange(store, shelf, body.device, body.raw, now_ms=NOW_MS)
            here += lines
        store.close()
        copy = run.subfolder(f"flat-{records}") / path.name
        shutil.copy(path, copy)
        yield _edited(copy, records, filler, shelf)


def _edited(path: Path, records: int, filler: FieldLog, shelf: FormShelf) -> Sized:
    store = open_store(path)
    # In this copy of the store the filler's log ends with edits; the filler itself goes on growing.
    written = {record: dict(heads) for record, heads in filler.written_by.items()}
    editor = replace(filler, random=Random(records), written_by=written)
    before_share = _newest_cursor(store)
    _edit(store, shelf, editor, round(records * DELTA_SHARE))
    before_small = _newest_cursor(store)
    _edit(store, shelf, editor, SMALL_DELTA)
    # As a running server does twice a second: pages in a long WAL are found more slowly.
    store.write_back()
    return Sized(
        records, path, store, editor, before_share, before_small, _newest_cursor(store), [], [], [], []
    )


def _edit(store: SqliteStore, shelf: FormShelf, editor: FieldLog, lines: int) -> None:
    for body in bodies_of(editor, editor.edits, count=1, lines_a_body=lines):
        exchange(store, shelf, body.device, body.raw, now_ms=NOW_MS)


def _newest_cursor(store: SqliteStore) -> str:
    """The cursor of a reader who has just read the regency to its end."""
    with store.read() as unit:
        n, h = unit.feeds.counter(REGENCY)
    tag = scope_tag(in_regency((REGENCY,), REGENCY), opens_restricted=False)
    return write_cursor(Cursor(n, n, h, tag))


def _measure(sized: Sized, shelf: FormShelf, device: str, *, share_wanted: bool) -> None:
    sized.empty_ms.append(_pulled(sized, shelf, device, sized.newest, expected=0))
    sized.small_ms.append(_pulled(sized, shelf, device, sized.before_small, expected=SMALL_DELTA))
    if share_wanted:
        least = round(sized.records * DELTA_SHARE)
        sized.share_ms_per_record.append(
            _pulled(sized, shelf, device, sized.before_share, expected=least) / least
        )


def _pulled(sized: Sized, shelf: FormShelf, device: str, cursor: str, *, expected: int) -> float:
    """Milliseconds in the server until everything after a cursor was answered."""
    took_s, received, more = 0.0, 0, True
    while more:
        body = _pull_body(device, cursor)
        begin = perf_counter()
        answer_bytes = exchange(sized.store, shelf, device, body, now_ms=NOW_MS)
        took_s += perf_counter() - begin
        answer = read_answer(answer_bytes)
        received += len(answer.snapshots)
        cursor, more = _end_of(answer)
    if received < expected or (expected == 0 and received):
        raise AssertionError(f"{received} records came instead of {expected}")
    return took_s * 1000


def _pushed(sized: Sized, shelf: FormShelf) -> float:
    """Milliseconds in the server for a body of one edit, from the device that wrote every line there is."""
    (body,) = bodies_of(sized.editor, sized.editor.edits, count=1, lines_a_body=1)
    begin = perf_counter()
    exchange(sized.store, shelf, body.device, body.raw, now_ms=NOW_MS)
    return 1000 * (perf_counter() - begin)


def _end_of(answer: Answer) -> tuple[str, bool]:
    if answer.end is None or answer.end[REGENCY].reset:
        raise AssertionError("the answer was cut, or its feed started again")
    return answer.end[REGENCY].cursor, answer.end[REGENCY].more


def _pull_body(device: str, cursor: str) -> bytes:
    header = SyncHeader(
        v=WIRE_VERSION, device=device, after=START, feeds={REGENCY: cursor}, limit=Limit(rows=ROWS_MAX)
    )
    return write_request(header, [])


def _empty_over_http(run: Run, sized: Sized, device: str) -> Iterator[float]:
    """Milliseconds of each exchange without news, seen from a client on this machine."""
    folder = run.subfolder("flat-http")
    prepared(folder)
    shutil.move(sized.path, folder / sized.path.name)
    body = gzip.compress(_pull_body(device, sized.newest), mtime=0)
    with serving(folder) as port:
        connection = HTTPConnection("127.0.0.1", port)
        for _ in range(run.plan.reads):
            begin = perf_counter()
            status, answer = answer_of(connection, token_of(device), body)
            took_s = perf_counter() - begin
            if status != 200 or read_answer(answer).snapshots:
                raise AssertionError(f"a sync without news was answered {status}: {answer[:200]!r}")
            yield took_s * 1000
        connection.close()


def _table(stores: Sequence[Sized]) -> Iterator[Row]:
    for sized in stores:
        name = f"sync without news, {sized.records:,} records"
        yield Row(name=name, figure=median(sized.empty_ms), unit="ms", limit=EMPTY_SYNC_MAX_MS)
    yield _flat("sync without news", stores, [median(sized.empty_ms) for sized in stores])
    for sized in stores:
        name = f"{SMALL_DELTA} changed records, {sized.records:,} records"
        yield Row(name=name, figure=median(sized.small_ms), unit="ms")
    yield _flat(f"{SMALL_DELTA} changed records", stores, [median(sized.small_ms) for sized in stores])
    for sized in stores:
        name = f"a delta of {DELTA_SHARE:.0%}, each changed record, {sized.records:,} records"
        yield Row(name=name, figure=1000 * median(sized.share_ms_per_record), unit="µs")
    per_record = [median(sized.share_ms_per_record) for sized in stores]
    yield _flat(f"a delta of {DELTA_SHARE:.0%}, each changed record", stores, per_record)
    for sized in stores:
        name = f"a push of one edit after {sized.records:,} entries of the same device"
        yield Row(name=name, figure=median(sized.push_ms), unit="ms")
    yield _flat("a push of one edit", stores, [median(sized.push_ms) for sized in stores])


def _flat(name: str, stores: Sequence[Sized], figures: Sequence[float]) -> Row:
    largest, smallest = stores[-1].records, stores[0].records
    return Row(
        name=f"{name}: {largest:,} against {smallest:,}",
        figure=figures[-1] / figures[0],
        unit="×",
        limit=FLAT_MAX,
    )
