"""``python -m tests.faults``: the long form of the process-level faults, one line a row.

``--only A4`` one row; ``--short`` the form that ``make test`` runs; ``--seed N --trace`` tells a
run again, event by event. ``TAPAK_CAMPAIGN`` (or ``--factor``) multiplies the counts.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.faults.rows import ROWS, Row
from tests.faults.stage import Stage

WORKERS = 2


class Outcome:
    """What a row came to."""

    def __init__(self, row: Row, figure: str, *, ok: bool, took_s: float) -> None:
        self.row, self.what = row.row, row.what
        self.figure, self.ok, self.took_s = figure, ok, took_s

    def __str__(self) -> str:
        state = "ok" if self.ok else "FAIL"
        return f"{self.row:4} {self.what}: {self.figure}  [{self.took_s:.0f} s]  {state}"


def outcome_of(index: int, seed: int, factor: float, short: bool, trace: bool) -> Outcome:
    """Run one row; whatever is raised is its failure."""
    row, started = ROWS[index], time.monotonic()
    if not row.can_run():
        return Outcome(row, f"NOT RUN: {row.reason}", ok=True, took_s=0)

    def tell(line: str) -> None:
        if trace:
            print(f"  {row.row} {line}", flush=True)

    with tempfile.TemporaryDirectory(prefix="tapak-faults-") as folder:
        stage = Stage(Path(folder), seed=seed, short=short, factor=factor, tell=tell)
        try:
            figure, ok = row.run(stage), True
        except Exception as error:
            again = f"python -m tests.faults --only {row.row} --seed {seed}{' --short' if short else ''}"
            figure, ok = f"{type(error).__name__} {error}; again: {again} --trace", False
    if stage.not_run:
        figure += f"; NOT RUN: {'; '.join(stage.not_run)}"
    return Outcome(row, figure, ok=ok, took_s=time.monotonic() - started)


def main() -> int:
    """Read the command line and run the rows; 1 where one fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", action="append", help="this row; may be repeated")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("TAPAK_SEED", "1")))
    parser.add_argument("--factor", type=float, default=float(os.environ.get("TAPAK_CAMPAIGN", "1")))
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--trace", action="store_true")
    chosen = parser.parse_args()
    wanted = [index for index, row in enumerate(ROWS) if not chosen.only or row.row in chosen.only]
    print(f"seed {chosen.seed}, factor {chosen.factor:g}{', short form' if chosen.short else ''}", flush=True)
    beside = [index for index in wanted if not ROWS[index].alone]
    alone = [index for index in wanted if ROWS[index].alone]
    failed = 0
    rest = (chosen.seed, chosen.factor, chosen.short, chosen.trace)
    with ProcessPoolExecutor(1 if chosen.trace else WORKERS) as pool:
        running = [pool.submit(outcome_of, index, *rest) for index in beside]
        for future in running:
            failed += not _told(future.result())
    for index in alone:
        failed += not _told(outcome_of(index, *rest))
    return 1 if failed else 0


def _told(outcome: Outcome) -> bool:
    print(outcome, flush=True)
    return outcome.ok


if __name__ == "__main__":
    sys.exit(main())
