"""How much of the time the thread takes that lists what came in."""

from __future__ import annotations

import pytest

from server.hub.forms import FormShelf
from server.jobs import catching_up
from server.jobs.catching_up import CatchingUp
from server.store.base import Store
from tests.server.hub.phones import FAR, NEIGHBOUR, VILLAGE, Phone


class Watched(CatchingUp):
    """One that notes its rests instead of taking them."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, FormShelf(), lambda: "2026-11-24")
        self.rested_s: list[float] = []

    def rests(self, seconds: float) -> bool:
        self.rested_s.append(seconds)
        return False


@pytest.fixture
def behind(store: Store) -> Watched:
    """A list that lacks what a phone has just brought from three villages."""
    siti = Phone(store, FormShelf(), "device-of-siti-0", "psiti", areas=("62",)).enrols()
    for village in (VILLAGE, NEIGHBOUR, FAR):
        siti.saves(f"r-{village}", {"_area": village})
    siti.syncs()
    return Watched(store)


def test_right_after_lines_came_in_it_rests_between_its_batches(behind: Watched) -> None:
    behind.turn()

    assert behind.rested_s
    assert min(behind.rested_s) > 0


def test_once_nothing_comes_in_it_works_without_a_rest(
    behind: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catching_up, "QUIET_S", 0)

    behind.turn()

    assert behind.rested_s
    assert max(behind.rested_s) == 0
