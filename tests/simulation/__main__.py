"""``python -m tests.simulation``: many histories, and what was in them.

``--seed S --histories 1 --trace`` replays one and tells it line by line; ``--mutant NAME`` breaks
a rule first and ends at the first history that notices; ``--mutants`` does so for every one.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from tests.simulation import history
from tests.simulation.mutants import MUTANTS, broken, histories_until_noticed

HISTORIES = 2000
MUTANT_HISTORIES_MAX = 400


class Verdict:
    """What a seed's history came to."""

    def __init__(self, seed: int, told: history.Told | None, fault: str) -> None:
        self.seed, self.told, self.fault = seed, told, fault


def verdict(seed: int) -> Verdict:
    """Run one history; anything that is raised is a fault of it."""
    try:
        return Verdict(seed, history.run(seed, trace=lambda line: None), "")
    except Exception as error:
        return Verdict(seed, None, f"{type(error).__name__} {error}")


def campaign(first_seed: int, histories: int, workers: int) -> int:
    """Run histories and print the report; the number of faults."""
    started = time.monotonic()
    seeds = range(first_seed, first_seed + histories)
    verdicts = list(_verdicts(seeds, workers))
    good = [one.told for one in verdicts if one.told]
    for one in verdicts:
        if one.fault:
            print(f"seed {one.seed}: {one.fault}")
            print(f"  again: python -m tests.simulation --seed {one.seed} --histories 1 --trace")
    faults = Counter(
        kind for told in good for kind, times in told.faults.items() if times and kind != "saves"
    )
    print(
        f"{len(verdicts)} histories (seeds {seeds[0]} to {seeds[-1]}) in {time.monotonic() - started:.0f} s"
    )
    print(
        f"saves: {sum(told.saves for told in good)}; contested fields: {sum(told.contested for told in good)}"
    )
    for kind, times in sorted(faults.items(), key=lambda pair: -pair[1]):
        print(f"  {times:6} histories with: {kind}")
    wrong = [one.fault for one in verdicts if one.fault]
    lost, diverged = (sum(f"Fault {kind}" in fault for fault in wrong) for kind in ("lost", "diverged"))
    print(f"lost: {lost}  diverged: {diverged}  other faults: {len(wrong) - lost - diverged}")
    return len(wrong)


def _verdicts(seeds: range, workers: int) -> Iterator[Verdict]:
    if workers <= 1:
        yield from map(verdict, seeds)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(verdict, seeds, chunksize=20)


def try_mutants(names: list[str], first_seed: int) -> int:
    """Break one rule after the other; the number of breakages that no history noticed."""
    missed = 0
    for name in names:
        noticed = histories_until_noticed(name, first_seed, MUTANT_HISTORIES_MAX)
        if noticed is None:
            missed += 1
            print(f"NOT NOTICED in {MUTANT_HISTORIES_MAX} histories: {name}")
        else:
            print(f"noticed after {noticed.histories:3} histories: {name} ({noticed.how})")
    return missed


def main() -> int:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--histories", type=int, default=HISTORIES)
    parser.add_argument(
        "--seed", type=int, default=1, help="of the first history; the others count up from it"
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--trace", action="store_true", help="tell every event; one process")
    parser.add_argument("--mutant", choices=sorted(MUTANTS), help="break this rule")
    parser.add_argument("--mutants", action="store_true", help="break every rule in turn")
    chosen = parser.parse_args()
    if chosen.trace:
        with broken(chosen.mutant):
            moods = MUTANTS[chosen.mutant].moods if chosen.mutant else None
            for seed in range(chosen.seed, chosen.seed + chosen.histories):
                print(f"seed {seed}")
                history.run(seed, trace=print, moods=moods)
        return 0
    if chosen.mutant or chosen.mutants:
        names = [chosen.mutant] if chosen.mutant else sorted(MUTANTS)
        return 1 if try_mutants(names, chosen.seed) else 0
    return 1 if campaign(chosen.seed, chosen.histories, chosen.workers) else 0


if __name__ == "__main__":
    sys.exit(main())
