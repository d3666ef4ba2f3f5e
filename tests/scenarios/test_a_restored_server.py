"""A server that was put back to yesterday, and what phones must hear from it."""

from __future__ import annotations

from pathlib import Path

from server.hub.pages import Reader, pages_for
from server.store.sqlite.database import open_store
from sync.feed import Cursor, write_cursor


def test_a_feed_that_the_restored_server_has_never_seen_starts_again(tmp_path: Path):
    """Seed 280 of the simulation: left out of the answer, the phone kept what yesterday did not have."""
    store = open_store(tmp_path / "tapak.db")
    cursors = {
        "62.03": write_cursor(Cursor(1, 1, "hash of the days that were lost", "tag")),
        "63.01": write_cursor(Cursor(1, 1, "of another province", "tag")),
        "no code": "",
    }

    with store.read() as unit:
        pages = pages_for(unit, Reader(scope=("62",)), cursors, rows_max=100)

    assert list(pages.end) == ["62.03"]
    assert (pages.end["62.03"].reset, pages.end["62.03"].sum) == (True, "0" * 16)
    store.close()
