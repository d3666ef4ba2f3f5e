"""The short form of the campaign: histories with fixed seeds, and every broken rule noticed."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.simulation import history
from tests.simulation.mutants import MUTANTS, histories_until_noticed

HISTORIES = 480
CHUNK = 40
MUTANT_HISTORIES_MAX = 120


@pytest.fixture(autouse=True)
def unmeasured() -> Iterator[None]:
    """Histories run four times faster where coverage does not count their lines; laws measure sync/."""
    tracer = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(tracer)


@pytest.mark.parametrize("first_seed", range(1, HISTORIES, CHUNK))
def test_nothing_is_lost_and_everything_converges(first_seed: int) -> None:
    """Again and told line by line: python -m tests.simulation --seed SEED --histories 1 --trace"""
    for seed in range(first_seed, first_seed + CHUNK):
        try:
            told = history.run(seed, trace=lambda line: None)
        except Exception as error:
            raise AssertionError(f"history of seed {seed}: {error}") from error
        assert told.saves >= history.SAVES_MIN


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_a_broken_rule_is_noticed(name: str) -> None:
    assert histories_until_noticed(name, 1, MUTANT_HISTORIES_MAX) is not None


def test_a_seed_tells_the_same_history_again() -> None:
    first: list[str] = []
    again: list[str] = []

    history.run(7, trace=first.append)
    history.run(7, trace=again.append)

    assert first == again
    assert len(first) > history.SAVES_MIN
