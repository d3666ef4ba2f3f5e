"""A full pull: a new device reads everything in its scope from a real server."""

import gc
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

import msgspec
from sqlite_utils import Database

from field_client import exchange as device_exchange
from field_client import syncing
from field_client.exchange import Budget
from field_client.settings import BODY_BYTES_START
from field_client.transport import Transport
from server.hub.exchange import exchange
from server.hub.forms import FormShelf
from server.store.sqlite.database import open_store
from sync.wire import ROWS_MAX, read_answer, read_request, write_request
from tests.bench.bodies import bodies_of
from tests.bench.fielddata import FIRST_DAY_MS, field_log
from tests.bench.phone import AROUND, code_for, enrolled, now_ms
from tests.bench.plan import Run
from tests.bench.served import prepared, serving
from tests.bench.table import Row

RECORDS_PER_S_MIN = 10_000
SEED = 10_000
FILL_LINES_A_BODY = 1_000
TURNS = 3


def rows(run: Run) -> Iterator[Row]:
    """Records per second from request to commit on the device, and what the transfer alone takes."""
    data = run.subfolder("pull")
    records = run.plan.pull_records
    _fill(run, data, records)
    codes = [code_for(data, number) for number in range(TURNS)]
    # A device's process holds nothing of the parts that were measured before in this one.
    gc.collect()
    gc.freeze()
    whole, transfer, again = [], [], []
    with serving(data) as port:
        for turn, code in enumerate(codes):
            run.say(f"full pull {turn + 1}/{TURNS}")
            db, transport = enrolled(run.subfolder(f"pull-device-{turn}"), port, code)
            transfer.append(_transfer_s(db, transport, records))
            whole.append(_sync_s(db, transport, records))
            again.append(_sync_s(db, transport, 0))
            transport.close()
            db.close()
    yield Row(
        name=f"full pull of {records:,} records, transfer alone",
        figure=records / median(transfer),
        unit="records/s",
    )
    yield Row(
        name=f"full pull of {records:,} records, applied by a device",
        figure=records / median(whole),
        unit="records/s",
        limit=RECORDS_PER_S_MIN,
        sense="at least",
    )
    yield Row(
        name=f"'tapak sync' without news on a device with {records:,} records",
        figure=1000 * median(again),
        unit="ms",
    )


def _fill(run: Run, data: Path, records: int) -> None:
    log = field_log(SEED, 0)
    log.entry_every_s = 60
    store, shelf = open_store(prepared(data, [log]), synchronous="OFF"), FormShelf()
    run.say(f"filling a store with {records:,} records")
    for body in bodies_of(
        log, log.entries, count=records // FILL_LINES_A_BODY, lines_a_body=FILL_LINES_A_BODY
    ):
        exchange(store, shelf, body.device, body.raw, now_ms=FIRST_DAY_MS + 300 * 24 * 3600 * 1000)
    store.close()


def _transfer_s(db: Database, transport: Transport, records: int) -> float:
    """Seconds to fetch and inflate all pages, none of which is read or applied on the way."""
    request = device_exchange.next_request(db, budget=Budget(BODY_BYTES_START, ROWS_MAX), now_ms=now_ms())
    header, _ = read_request(request.body)
    received, took_s, more = 0, 0.0, True
    while more:
        body = write_request(header, [])
        begin = perf_counter()
        answer_bytes = transport.exchange(body)
        took_s += perf_counter() - begin
        answer = read_answer(answer_bytes)
        ends = answer.end or {}
        received += len(answer.snapshots)
        header = msgspec.structs.replace(header, feeds={feed: end.cursor for feed, end in ends.items()})
        more = any(end.more for end in ends.values())
    _require(received, records)
    return took_s


def _sync_s(db: Database, transport: Transport, records: int) -> float:
    """Seconds of the run behind ``tapak sync``, to the last commit."""
    begin = perf_counter()
    report = syncing.sync(db, transport, AROUND)
    took_s = perf_counter() - begin
    if report.problem is not None:
        raise AssertionError(report.problem.key)
    _require(report.received, records)
    return took_s


def _require(received: int, records: int) -> None:
    if received != records:
        raise AssertionError(f"{received} records came instead of {records}")
