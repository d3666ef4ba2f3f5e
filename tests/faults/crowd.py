"""A15 and A16: everybody comes at once, and some are very slow."""

from __future__ import annotations

import re
import resource
import socket
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from random import Random

from field_client import facts
from sync.chain import START
from sync.wire import WIRE_VERSION, Limit, SyncHeader, write_request
from tests.faults.office import Office
from tests.faults.phone import Phone, save, sync
from tests.faults.server_killed import pid_of
from tests.faults.stage import Stage

TEXT_MIN = 2
PHOTOS_MIN = 10
RSS_MB_MAX = 512
PHOTO_BYTES = 200_000
PROCESSES = 2
HELD_SYNCS = 20
P95_S_MAX = 2.0
BODY = b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nhalf"


def everybody_at_once(stage: Stage) -> str:
    """Phones with a day's work each: text first, then the photos."""
    devices = stage.count(long=200, short=20)
    records, photos = (40, 15) if not stage.short else (5, 1)
    with Office(stage.fresh("office")) as office:
        homes = [stage.fresh("phone") for _ in range(devices)]
        for number, home in enumerate(homes):
            Phone(home, stage.rng).enrols(office, office.url, f"N{number}")
        workers = ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn"))
        with workers as pool:
            shares = [(homes[part::PROCESSES], stage.rng.randrange(2**32)) for part in range(PROCESSES)]
            list(pool.map(_work, *zip(*shares, strict=True), [records] * PROCESSES, [photos] * PROCESSES))
            text_s, text_errors = _all_sync(pool, homes, photos=False)
            photos_s, photo_errors = _all_sync(pool, homes, photos=True)
        rss_mb = _peak_rss_mb(pid_of(office))
        lines, files = len(office.lines()), office.data / "attachments"
        arrived = sum(path.is_file() for path in files.glob("??/??/*"))
        errors = text_errors + photo_errors
        stage.tell(f"text {text_s:.1f} s, photos {photos_s:.1f} s, peak RSS {rss_mb} MB, errors {errors[:3]}")
        stage.expect(not errors, f"{len(errors)} errors: {errors[:3]}")
        stage.expect(lines == devices * (records + photos), f"{lines} lines arrived")
        stage.expect(arrived == devices * photos, f"{arrived} photos arrived")
        stage.expect(text_s <= TEXT_MIN * 60, f"text took {text_s:.0f} s")
        stage.expect(photos_s <= PHOTOS_MIN * 60, f"photos took {photos_s:.0f} s")
        stage.expect(rss_mb < RSS_MB_MAX, f"the server took {rss_mb} MB")
    megabytes = arrived * PHOTO_BYTES / 1e6
    return (
        f"{devices} devices × ({records} records, {photos} photos): text {text_s / 60:.1f} min, "
        f"photos ({megabytes:.0f} MB) {photos_s / 60:.1f} min, 0 errors, server RSS {rss_mb} MB at most"
    )


def _work(homes: list[Path], seed: int, records: int, photos: int) -> None:
    """A day in the field of each phone."""
    rng = Random(seed)
    for home in homes:
        phone = Phone(home, rng)
        with phone.opened() as db:
            made = [save(db, phone, f"parcel {number}") for number in range(records)]
        for record in made[:photos]:
            phone.attaches(record, rng.randbytes(PHOTO_BYTES))


def _all_sync(pool: ProcessPoolExecutor, homes: list[Path], *, photos: bool) -> tuple[float, list[str]]:
    started = time.monotonic()
    parts = [homes[part::PROCESSES] for part in range(PROCESSES)]
    told = [error for errors in pool.map(_sync_all, parts, [photos] * PROCESSES) for error in errors]
    return time.monotonic() - started, told


def _sync_all(homes: list[Path], photos: bool) -> list[str]:
    """All phones of this process at once, until each has nothing left; what went wrong."""
    with ThreadPoolExecutor(len(homes)) as threads:
        return [error for error in threads.map(lambda home: _sync_one(home, photos), homes) if error]


def _sync_one(home: Path, photos: bool) -> str:
    phone = Phone(home, Random(home.name))
    try:
        with phone.opened() as db:
            report = sync(db, phone, photos=photos)
    except Exception as error:  # the report counts errors of every kind
        return f"{home.name}: {type(error).__name__} {error}"
    if report.problem is not None:
        return f"{home.name}: {report.problem} {report.problem.values}"
    return (
        "" if not report.unsent and not (photos and report.attachments_left) else f"{home.name}: not all sent"
    )


def _peak_rss_mb(pid: int) -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    return int(found[1]) // 1024 if found else 0


def slow_phones(stage: Stage) -> str:
    """Bodies that never end and readers that hardly read; twenty others sync as always."""
    readers = stage.count(long=200, short=20)
    held = _with_open_files(stage, stage.count(long=1500, short=100) + readers) - readers
    with Office(stage.fresh("office")) as office, ExitStack() as open_ones:
        rich = Phone(stage.fresh("phone"), stage.rng)
        rich.enrols(office, office.url, "Siti")
        with rich.opened() as db:
            for number in range(40):
                save(db, rich, f"parcel {number} {'x' * 2000}")
            token = facts.get(db, facts.TOKEN) or ""
        rich.syncs()
        for _ in range(held):
            open_ones.enter_context(_connection(office)).sendall(BODY)
        for _ in range(readers):
            slow = open_ones.enter_context(_connection(office))
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.sendall(_pull(token))
            slow.recv(1)
        took_s = []
        for number in range(HELD_SYNCS):
            rich.saves(f"normal {number}")
            started = time.monotonic()
            report = rich.syncs()
            took_s.append(time.monotonic() - started)
            stage.expect(report.problem is None, f"a normal sync: {report.problem}")
        p95_s = sorted(took_s)[int(0.95 * HELD_SYNCS) - 1]
        stage.tell(f"{held} held bodies, {readers} slow readers: {sorted(took_s)}")
        stage.expect(p95_s < P95_S_MAX, f"95 of 100 normal syncs took {p95_s:.2f} s or less")
    return f"{held} held bodies + {readers} slow readers: {HELD_SYNCS} normal syncs p95 {p95_s * 1000:.0f} ms"


def _connection(office: Office) -> socket.socket:
    return socket.create_connection(("127.0.0.1", office.port))


def _pull(token: str) -> bytes:
    header = SyncHeader(
        v=WIRE_VERSION,
        device="",
        app="",
        after=START,
        tip=START,
        n=0,
        last="",
        feeds={},
        limit=Limit(rows=500),
        now=0,
    )
    body = write_request(header, [])
    head = [
        b"POST /v1/sync HTTP/1.1",
        b"Host: x",
        b"Authorization: Bearer " + token.encode(),
        b"Content-Type: application/x-ndjson",
        b"Content-Length: %d" % len(body),
    ]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def _with_open_files(stage: Stage, wanted: int) -> int:
    """So many connections, or as many as this account may have; the server inherits the limit."""
    spare = 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted + spare:
        stage.not_run.append(f"{wanted} connections (this account may open {hard} files)")
        wanted = hard - spare
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted + spare), hard))
    return wanted
