"""The office's pages over a large store: the server's time for each, and how large it is."""

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from statistics import median
from time import perf_counter

from argon2 import PasswordHasher
from flask.testing import FlaskClient

from server.app import Server, open_server, web_app
from server.hub.areas import load_areas
from server.hub.exchange import exchange
from server.hub.listing import catch_up
from server.hub.passwords import Passwords
from server.hub.readiness import judge
from server.hub.sessions import set_password
from server.store.people import PersonRow
from sync.area import regency_of
from tests.bench.bodies import bodies_of
from tests.bench.fielddata import FIRST_DAY_MS, REGENCY, VILLAGES, field_log
from tests.bench.plan import Run
from tests.bench.served import enrol, prepared
from tests.bench.table import Row

PAGE_MAX_MS = 200
PAGE_MAX_KIB = 150
RECORDS = 100_000
TURNS = 9
SEED = 40_000
LINES_A_BODY = 500
IN_CONFLICT = 50
"""Of so many records one is edited by a device that had not seen the first one's answers."""

NOW_MS = FIRST_DAY_MS + 300 * 24 * 3600 * 1000
PASSWORD = "a-password-for-the-bench"
WHO = "prina"

PAGES = {
    "overview": "",
    "overview of a district": "?area=" + VILLAGES[0][:8],
    "list": "records",
    "search for a frequent word": "records?q=kebun",
    "search for two words in a district": "records?q=lapangan+rt&area=" + VILLAGES[0][:8],
    "list of a form without records": "records?form=gerai",
    "one record": "records/{record}",
    "conflicts": "conflicts",
    "people": "people",
    "held lines": "held",
}


def rows(run: Run) -> Iterator[Row]:
    """Milliseconds of each page, and the largest page."""
    records = min(RECORDS, max(run.plan.store_records))
    data = run.subfolder("console")
    record = _fill(run, data, records)
    server = open_server(data, environ={})
    try:
        client = _at_desk(server)
        largest = 0
        for name, path in PAGES.items():
            run.say(f"page: {name}")
            took, size = _measured(client, path.format(record=record))
            largest = max(largest, size)
            yield Row(name=f"page at {records:,} records: {name}", figure=took, unit="ms", limit=PAGE_MAX_MS)
        yield Row(name="largest of these pages", figure=largest / 1024, unit="KiB", limit=PAGE_MAX_KIB)
    finally:
        server.close()


def _measured(client: FlaskClient, path: str) -> tuple[float, int]:
    """The median of some turns in milliseconds, and the bytes of the page."""
    times = []
    for _ in range(TURNS):
        begin = perf_counter()
        response = client.get(f"/console/{path}")
        times.append((perf_counter() - begin) * 1000)
        if response.status_code != 200:
            raise RuntimeError(f"/console/{path}: {response.status}")
    return median(times), len(response.data)


def _at_desk(server: Server) -> FlaskClient:
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    with server.store.write() as unit:
        unit.people.add_person(
            PersonRow(id=WHO, name="Rina", role="regency", organisation="dpmd", areas=(REGENCY,)),
            now_ms=NOW_MS,
        )
    set_password(server.store, cheap, WHO, PASSWORD, now_ms=NOW_MS)
    client = web_app(server, now_ms=lambda: NOW_MS, passwords=cheap).test_client()
    client.post("/console/login", data={"name": WHO, "password": PASSWORD})
    return client


def _fill(run: Run, data: Path, records: int) -> str:
    """A regency's records, some in conflict, listed and judged; the id of one in conflict."""
    log, other = field_log(SEED, 0), field_log(SEED, 1)
    log.entry_every_s = 60
    prepared(data, [log])
    server = open_server(data, environ={})
    store, shelf = server.store, server.shelf
    with store.write() as unit:
        load_areas(unit, _areas(), version="bench", now_ms=0, zone=UTC)
    for count in range(0, records, LINES_A_BODY):
        run.say(f"filling a store: {count:,} of {records:,} records")
        for body in bodies_of(log, log.entries, count=1, lines_a_body=LINES_A_BODY):
            exchange(store, shelf, body.device, body.raw, now_ms=NOW_MS)
    other.written_by = {record: {} for record in list(log.written_by)[::IN_CONFLICT]}
    enrol(store, other)
    for body in bodies_of(other, other.edits, count=1, lines_a_body=records // IN_CONFLICT):
        exchange(store, shelf, body.device, body.raw, now_ms=NOW_MS)
    while left := catch_up(store, shelf):
        run.say(f"listing the records: {left:,} left")
    while left := judge(store, shelf, today="2026-11-01"):
        run.say(f"readiness of the villages: {left:,} left")
    server.close()
    return next(iter(other.written_by))


def _areas() -> Iterator[str]:
    """The villages of the field data, with the areas around them."""
    yield "code,name,level,parent"
    yield f"{REGENCY[:2]},Provinsi,province,"
    yield f"{REGENCY},Kabupaten,regency,{REGENCY[:2]}"
    for district in sorted({village[:8] for village in VILLAGES}):
        yield f"{district},Kecamatan {district[6:]},district,{regency_of(district)}"
    for village in VILLAGES:
        yield f"{village},Desa {village[9:]},village,{village[:8]}"
