"""Exports of a whole province's entries: how long, and in how much memory.

Every export runs in a process of its own, as an office starts it, and the floor of the workbook
in another one, for it holds all cells in memory.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter
from zoneinfo import ZoneInfo

import msgspec
from xlsxwriter import Workbook

from server.app import open_server
from server.exports.formats import FORMATS
from server.exports.table import Cell
from server.hub.exchange import exchange
from server.hub.export import Asked, table
from server.hub.forms import FormShelf
from server.store.sqlite.database import open_store
from tests.bench.bodies import bodies_of
from tests.bench.fielddata import FIRST_DAY_MS, field_log
from tests.bench.plan import Run
from tests.bench.served import enrol, prepared, program
from tests.bench.table import Row

PROMISED_RECORDS = 100_000
"""Below this number the start of the program weighs too much for a limit to say anything."""

CSV_MAX_S = 15.0
XLSX_MAX = 1.5
"""Times of XlsxWriter, which writes the same cells from memory."""

RSS_MAX_MB = 300
SEED = 30_000
LINES_A_BODY = 500
IN_CONFLICT = 100
"""Of so many records one is edited by a second device that had not seen the first one's answers."""

NOW_MS = FIRST_DAY_MS + 300 * 24 * 3600 * 1000


class Took(msgspec.Struct, frozen=True):
    """What one export cost."""

    seconds: float
    rss_mb: float


def rows(run: Run) -> Iterator[Row]:
    """Seconds of a CSV, a workbook against plain XlsxWriter, map formats, and their memory."""
    data = run.subfolder("export")
    records = run.plan.export_records
    promised = records >= PROMISED_RECORDS
    _fill(run, data, records)
    csv = [_exported(run, data, "csv") for _ in range(run.plan.export_turns)]
    floor = [_floor_s(run, data) for _ in range(run.plan.export_turns)]
    xlsx = [_exported(run, data, "xlsx") for _ in range(run.plan.export_turns)]
    yield Row(
        name=f"export of {records:,} records as CSV",
        figure=median(took.seconds for took in csv),
        unit="s",
        limit=CSV_MAX_S if promised else None,
    )
    yield Row(name=f"XlsxWriter alone, the same {records:,} rows from memory", figure=median(floor), unit="s")
    yield Row(
        name=f"export of {records:,} records as XLSX, against XlsxWriter alone",
        figure=median(took.seconds for took in xlsx) / median(floor),
        unit="×",
        limit=XLSX_MAX if promised else None,
    )
    for kind in ("geojson", "gpkg"):
        took = _exported(run, data, kind)
        yield Row(name=f"export of {records:,} records as {kind}", figure=took.seconds, unit="s")
    memory = max(took.rss_mb for took in (*csv, *xlsx))
    yield Row(name=f"memory of an export of {records:,} records", figure=memory, unit="MB", limit=RSS_MAX_MB)


def _fill(run: Run, data: Path, records: int) -> None:
    log, other = field_log(SEED, 0), field_log(SEED, 1)
    log.entry_every_s = 60
    store, shelf = open_store(prepared(data, [log]), synchronous="OFF"), FormShelf()
    for count in range(0, records, LINES_A_BODY):
        run.say(f"filling a store: {count:,} of {records:,} records")
        for body in bodies_of(log, log.entries, count=1, lines_a_body=LINES_A_BODY):
            exchange(store, shelf, body.device, body.raw, now_ms=NOW_MS)
    other.written_by = {record: {} for record in list(log.written_by)[::IN_CONFLICT]}
    enrol(store, other)
    for body in bodies_of(other, other.edits, count=1, lines_a_body=records // IN_CONFLICT):
        exchange(store, shelf, body.device, body.raw, now_ms=NOW_MS)
    store.close()


def _exported(run: Run, data: Path, kind: str) -> Took:
    run.say(f"export as {kind}")
    output = data / f"lahan.{kind}"
    command = [
        program("tapak-server"),
        "--data",
        data,
        "export",
        "lahan",
        "--format",
        kind,
        "--output",
        output,
    ]
    return _taken(list(map(str, command)))


def _floor_s(run: Run, data: Path) -> float:
    run.say("XlsxWriter alone")
    command = [sys.executable, "-m", "tests.bench.export", str(data)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


# A process of this size starts the export: the memory of whoever starts a process counts as its
# own until its program is loaded, and this one has filled a store.
_STARTER = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


def _taken(command: list[str]) -> Took:
    """Run a command to its end: its time, and the most memory that it held at once."""
    begin = perf_counter()
    run = subprocess.run([sys.executable, "-c", _STARTER, *command], capture_output=True, check=False)
    seconds = perf_counter() - begin
    if run.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{run.stderr.decode(errors='replace')}")
    return Took(seconds, int(run.stdout) / 1024)


def _floor(data: Path) -> float:
    """Seconds in which XlsxWriter writes the cells of a workbook that are all in memory."""
    server = open_server(data)
    with server.store.read() as unit:
        found = table(
            unit,
            server.shelf,
            "lahan",
            Asked(area=None),
            FORMATS["csv"],
            zone=ZoneInfo("Asia/Jakarta"),
            now_ms=NOW_MS,
        )
        cells: list[list[Cell]] = [[column.name for column in found.columns]]
        cells += [row.cells for row in found.rows]
    server.close()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    begin = perf_counter()
    with Workbook(data / "floor.xlsx", options) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(cells):
            sheet.write_row(number, 0, row)
    return perf_counter() - begin


if __name__ == "__main__":
    print(_floor(Path(sys.argv[1])))
