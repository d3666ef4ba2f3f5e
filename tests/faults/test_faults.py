"""The short form of the campaign. TAPAK_SEED chooses another one."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults import disk
from tests.faults.disk import Op
from tests.faults.rows import ROWS, Row
from tests.faults.stage import Fault, Stage

SEED = int(os.environ.get("TAPAK_SEED", "1"))


@pytest.fixture(autouse=True)
def unmeasured() -> Iterator[None]:
    """Coverage counts sync/ in its laws; here its tracing only takes time."""
    tracer = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(tracer)


@pytest.mark.parametrize("row", ROWS, ids=[row.name.replace(" ", "-") for row in ROWS])
def test_a_row_of_the_campaign_holds(row: Row, tmp_path: Path, needs: Callable[..., None]) -> None:
    """Again and told event by event: python -m tests.faults --short --only ROW --seed SEED --trace"""
    needs(row.reason, row.can_run())
    events: list[str] = []
    stage = Stage(tmp_path, seed=SEED, short=True, tell=events.append)

    print(f"seed {SEED}: python -m tests.faults --short --only {row.row} --seed {SEED} --trace")
    try:
        print(row.run(stage))
    except BaseException:
        print("\n".join(events[-20:]))
        raise
    assert stage.checked, "the row tried nothing that could fail"
    for reason in stage.not_run:
        needs(reason)


def test_a_save_that_is_not_synced_is_lost_in_a_power_cut(tmp_path: Path) -> None:
    """The recorder has teeth: only what an fsync came after is certain."""
    rest = tmp_path / "rest"
    rest.mkdir()
    (rest / "log").write_bytes(b"")
    write = Op(1, "write", "log", b"saved", 0)
    synced = [write, Op(2, "sync", "log")]
    chance = random.Random(SEED)

    lost = disk.after_cut(rest, [write], 1, keep="none", rng=chance)
    kept = disk.after_cut(rest, synced, 2, keep="none", rng=chance)

    assert (bytes(lost.files["log"]), bytes(kept.files["log"])) == (b"", b"saved")


def test_a_new_name_is_certain_only_with_its_folder(tmp_path: Path) -> None:
    ops = [Op(1, "create", "photos/part"), Op(2, "sync", "photos/part"), Op(3, "sync", "photos")]
    chance = random.Random(SEED)

    assert disk.after_cut(tmp_path, ops, 2, keep="none", rng=chance).files == {}
    assert disk.after_cut(tmp_path, ops, 3, keep="none", rng=chance).files == {"photos/part": bytearray()}


def test_a_broken_promise_names_its_seed(tmp_path: Path) -> None:
    stage = Stage(tmp_path, seed=7, short=True, tell=print)

    with pytest.raises(Fault, match=r"lost a line \(seed 7\)"):
        stage.expect([], "lost a line")
