"""Ingest: new entries and edits through HTTP, with fold, feed and checksum, against the floor."""

from collections.abc import Iterator
from statistics import median

import msgspec

from tests.bench.bodies import Body, bodies_of
from tests.bench.fielddata import FIELDS_OF_AN_EDIT, FIELDS_OF_AN_ENTRY, FIRST_DAY_MS, FieldLog, field_log
from tests.bench.floor import Floor, Reference, Written
from tests.bench.plan import Plan, Run
from tests.bench.senders import Senders, senders
from tests.bench.served import prepared, serving
from tests.bench.table import Row

SHARE_OF_FLOOR_MIN, SHARE_FROM_LINES_A_BODY = 0.20, 50
"""A body of one line has no limit: the request around it costs more than all that the floor does."""
LINES_PER_S_MIN, LINES_A_BODY_OF_MIN = 5_000, 256
SEED = 20261124
BODY_LINES = (1, 50, 256)
CLIENTS = (1, 8)
KINDS = {"entries": f"new {FIELDS_OF_AN_ENTRY}-field entries", "edits": f"{FIELDS_OF_AN_EDIT}-field edits"}
YEAR_MS = 365 * 24 * 3600 * 1000


class Case(msgspec.Struct, frozen=True):
    """One line of the table. The edits of a case are of the entries of the same case."""

    lines_a_body: int
    clients: int
    kind: str

    @property
    def name(self) -> str:
        """As the table says it."""
        clients = "1 client" if self.clients == 1 else f"{self.clients} clients"
        return f"{KINDS[self.kind]}, {self.lines_a_body} a body, {clients}"


CASES = [Case(lines, clients, kind) for lines in BODY_LINES for clients in CLIENTS for kind in KINDS]


class Rates(msgspec.Struct):
    """Lines per second of each turn of a case."""

    floor: list[float] = []
    server: list[float] = []


def rows(run: Run) -> Iterator[Row]:
    """Two figures a case, the floor's and the server's, and the share that the one is of the other."""
    rates = {case: Rates([], []) for case in CASES}
    names = [f"{case.clients}/{number}" for case in CASES[:4:2] for number in range(case.clients)]
    logs = {name: field_log(SEED, number) for number, name in enumerate(names)}
    folders = {name: run.subfolder(f"ingest-{name}") for name in ("server", "reference", "floor")}
    paths = {name: prepared(folder, logs.values()) for name, folder in folders.items()}
    reference = Reference(paths["reference"], now_ms=FIRST_DAY_MS + YEAR_MS)
    floor = Floor(paths["floor"])
    with serving(folders["server"]) as port, senders(max(CLIENTS)) as clients:
        for turn in range(run.plan.repeats):
            for case in CASES:
                run.say(f"ingest {turn + 1}/{run.plan.repeats}: {case.name}")
                bodies = _bodies(case, logs, run.plan)
                _measure(rates[case], bodies, reference, floor, clients, port)
    reference.close()
    floor.close()
    for case, found in rates.items():
        yield from _rows(case, found)


def _measure(
    rates: Rates, bodies: list[list[Body]], reference: Reference, floor: Floor, clients: Senders, port: int
) -> None:
    """One turn: the floor and the server take the same bodies, right after each other."""
    written: list[Written] = [reference.written(body) for ours in bodies for body in ours]
    lines = sum(len(body.lines) for body in written)
    rates.floor.append(lines / floor.seconds_for(written))
    rates.server.append(lines / clients.seconds_for(port, bodies))


def _bodies(case: Case, logs: dict[str, FieldLog], plan: Plan) -> list[list[Body]]:
    lines = plan.single_lines if case.lines_a_body == 1 else plan.lines
    count = max(1, lines // (case.lines_a_body * case.clients))
    ours = [logs[f"{case.clients}/{number}"] for number in range(case.clients)]
    return [
        bodies_of(
            log,
            log.entries if case.kind == "entries" else log.edits,
            count=count,
            lines_a_body=case.lines_a_body,
        )
        for log in ours
    ]


def _rows(case: Case, rates: Rates) -> Iterator[Row]:
    floor, server = median(rates.floor), median(rates.server)
    yield Row(name=f"floor: {case.name}", figure=floor, unit="lines/s")
    # Each turn has its own ratio, so that a busy moment of the machine falls on both sides.
    share = median(server / floor for floor, server in zip(rates.floor, rates.server, strict=True))
    yield Row(
        name=f"share of the floor: {case.name}",
        figure=100 * share,
        unit="%",
        limit=100 * SHARE_OF_FLOOR_MIN if case.lines_a_body >= SHARE_FROM_LINES_A_BODY else None,
        sense="at least",
    )
    limit = LINES_PER_S_MIN if case.lines_a_body == LINES_A_BODY_OF_MIN else None
    yield Row(name=f"server: {case.name}", figure=server, unit="lines/s", limit=limit, sense="at least")
