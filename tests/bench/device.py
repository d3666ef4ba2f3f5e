"""The field client by itself: how long a save takes, and how long a command takes to start."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random
from statistics import median, quantiles
from time import perf_counter

from sqlite_utils import Database

from field_client import capture
from field_client.capture import Change
from tests.bench.fielddata import edit_values, entry_values
from tests.bench.phone import code_for, enrolled, now_ms
from tests.bench.plan import Run
from tests.bench.served import prepared, program, serving
from tests.bench.table import Row

SAVE_P95_MAX_MS = 20.0
START_MAX_S = 0.5
HISTORY = 1_000
"""Saves that the device already holds: a verifier's season."""

SEED = 300


def rows(run: Run) -> Iterator[Row]:
    """Saves on a device with a season of its own saves, and commands started on it."""
    data, home = run.subfolder("device-server"), run.subfolder("device")
    prepared(data)
    with serving(data) as port:
        db, transport = enrolled(home, port, code_for(data, 0))
        transport.close()
    random = Random(SEED)
    run.say("a season of saves")
    records = [_save_entry(db, random) for _ in range(HISTORY)]
    took_ms: dict[str, list[float]] = {"new 37-field entry": [], "3-field edit": []}
    for number in range(run.plan.saves):
        run.say(f"save {number + 1}/{run.plan.saves}")
        kind = list(took_ms)[number % 2]
        begin = perf_counter()
        _save_entry(db, random) if number % 2 == 0 else _save_edit(db, random, random.choice(records))
        took_ms[kind].append(1000 * (perf_counter() - begin))
    db.close()
    for kind, found in took_ms.items():
        name = f"save of a {kind} on a device with {HISTORY:,} saves"
        yield Row(name=f"{name}, median", figure=median(found), unit="ms")
        yield Row(name=f"{name}, p95", figure=quantiles(found, n=20)[-1], unit="ms", limit=SAVE_P95_MAX_MS)
    run.say("starting commands")
    for arguments in (["--help"], ["status", "--json"]):
        seconds = median(_start_s(home, arguments) for _ in range(run.plan.starts))
        yield Row(name=f"start of 'tapak {' '.join(arguments)}'", figure=seconds, unit="s", limit=START_MAX_S)


def _save_entry(db: Database, random: Random) -> str:
    change = Change(form_id="lahan", fields=entry_values(random, now_ms()))
    return capture.save(db, change, now_ms=now_ms(), random_bytes=os.urandom).record


def _save_edit(db: Database, random: Random, record: str) -> None:
    change = Change(form_id="lahan", record=record, fields=edit_values(random))
    capture.save(db, change, now_ms=now_ms(), random_bytes=os.urandom)


def _start_s(home: Path, arguments: list[str]) -> float:
    begin = perf_counter()
    subprocess.run([program("tapak"), "--home", str(home), *arguments], check=True, capture_output=True)
    return perf_counter() - begin
