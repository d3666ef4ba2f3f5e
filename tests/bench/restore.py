"""A server that comes back: how long the backup, ``verify`` and ``restore`` take, and in how much memory.

Every command runs in a process of its own, as an operator types it. What was saved after the backup
stands in the mirror alone.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

import msgspec

from server.hub.exchange import exchange
from server.hub.forms import FormShelf
from server.store.base import Store
from server.store.mirror import Mirror, MirroredStore
from server.store.sqlite.database import open_store
from tests.bench.bodies import bodies_of
from tests.bench.fielddata import FIRST_DAY_MS, FieldLog, field_log
from tests.bench.plan import Run
from tests.bench.served import prepared, program
from tests.bench.table import Row

PROMISED_LINES = 1_000_000
"""Below this number the start of the program weighs too much for a limit to say anything."""

VERIFY_MAX_S = 120.0
RESTORE_MAX_S = 15 * 60.0
SEED = 60_000
LINES_A_DEVICE = 5_000
EDITS_AN_ENTRY = 4
LINES_A_BODY = 500
MIRRORED = 20
"""Of so many lines one came after the backup."""

NOW_MS = FIRST_DAY_MS + 300 * 24 * 3600 * 1000


class Took(msgspec.Struct, frozen=True):
    """What one command cost, and what it printed. ``processor_s`` says it on a busy machine."""

    seconds: float
    processor_s: float
    rss_mb: float
    printed: str


def rows(run: Run) -> Iterator[Row]:
    """Seconds of each command, lines in a second, and the memory of the largest."""
    data = run.subfolder("restore")
    lines, later = run.plan.restore_lines, run.plan.restore_lines // MIRRORED
    promised = lines >= PROMISED_LINES
    backup, mirror = data.parent / "usb" / "tapak.db", data.parent / "mirror"
    mirror.mkdir()
    logs = [field_log(SEED, number) for number in range(1 + (lines - 1) // LINES_A_DEVICE)]
    database = prepared(data, logs)
    _fill(run, open_store(database, synchronous="OFF"), logs, lines - later)
    made = _taken(run, data, "backup", str(backup))
    store = open_store(database, synchronous="OFF")
    _edit(run, MirroredStore(store, Mirror(mirror)), logs, later)
    verified = _taken(run, data, "verify")
    restored = _taken(
        run,
        data.parent / "restored",
        "restore",
        str(backup),
        "--keys",
        str(data / "secrets"),
        "--mirror",
        str(mirror),
        "--json",
    )
    said = json.loads(restored.printed)
    if said["lines"] != lines or said["findings"] or said["missing"]:
        raise AssertionError(f"{said['lines']} of {lines} lines came back: {restored.printed[:500]}")
    yield Row(name=f"backup of {lines - later:,} revisions, verified", figure=made.seconds, unit="s")
    yield from _timed(verified, f"verify of {lines:,} revisions", lines, VERIFY_MAX_S if promised else None)
    name = f"restore of {lines:,} revisions, {later:,} of them from the mirror"
    yield from _timed(restored, name, lines, RESTORE_MAX_S if promised else None)


def _timed(took: Took, name: str, lines: int, limit: float | None) -> Iterator[Row]:
    yield Row(name=name, figure=took.seconds, unit="s", limit=limit)
    yield Row(name=f"{name.split()[0]}: revisions in a second", figure=lines / took.seconds, unit="1/s")
    yield Row(name=f"{name.split()[0]}: processor time", figure=took.processor_s, unit="s")
    yield Row(name=f"{name.split()[0]}: memory", figure=took.rss_mb, unit="MB")


def _fill(run: Run, store: Store, logs: list[FieldLog], lines: int) -> None:
    """Each device writes entries and then edits them."""
    shelf, here = FormShelf(), 0
    for number, log in enumerate(logs, start=1):
        share = lines * number // len(logs) - here
        entries = -(-share // (1 + EDITS_AN_ENTRY))
        for saves, count in ((log.entries, entries), (log.edits, share - entries)):
            for start in range(0, count, LINES_A_BODY):
                run.say(f"filling a store: {here:,} of {lines:,} lines")
                size = min(LINES_A_BODY, count - start)
                _send(store, shelf, log, saves, size)
                here += size
    store.close()


def _edit(run: Run, store: Store, logs: list[FieldLog], lines: int) -> None:
    """What came after the backup: edits by every device."""
    shelf, here = FormShelf(), 0
    for number, log in enumerate(logs, start=1):
        run.say(f"saves after the backup: {here:,} of {lines:,}")
        size = lines * number // len(logs) - here
        _send(store, shelf, log, log.edits, size)
        here += size
    store.close()


def _send(
    store: Store, shelf: FormShelf, log: FieldLog, saves: Callable[[int], list[bytes]], count: int
) -> None:
    for body in bodies_of(log, saves, count=1, lines_a_body=count):
        exchange(store, shelf, body.device, body.raw, now_ms=NOW_MS)


# A process of this size starts the command: the memory of whoever starts a process counts as its
# own until its program is loaded, and this one has filled a store.
_STARTER = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([done.returncode, used.ru_maxrss, used.ru_utime + used.ru_stime, done.stdout]))
"""


def _taken(run: Run, data: Path, *words: str) -> Took:
    run.say(" ".join(words[:1]))
    command = [sys.executable, "-c", _STARTER, program("tapak-server"), "--data", str(data), *words]
    begin = perf_counter()
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds = perf_counter() - begin
    code, rss_kib, processor_s, out = json.loads(printed)
    if code:
        raise AssertionError(f"{words[0]} ended with {code}: {out[:500]}")
    return Took(seconds, processor_s, rss_kib / 1024, out)
