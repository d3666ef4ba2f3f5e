"""What every store promises about passwords and sessions of the console."""

from __future__ import annotations

import msgspec
import pytest

from server.store.accounts import AccountRow, SessionRow
from server.store.base import Store
from server.store.people import PersonRow

RINA = PersonRow(id="p1", name="Rina", role="coordinator", organisation="dpmd", areas=("62.02",))
BUDI = PersonRow(id="p2", name="Budi", role="regency", organisation="dpmd", areas=("62.02",))
OF_RINA = SessionRow(token_hash="h1", person="p1", csrf="c1", started_ms=10, seen_ms=10)


@pytest.fixture(autouse=True)
def people(store: Store) -> None:
    with store.write() as unit:
        for person in (RINA, BUDI):
            unit.people.add_person(person, now_ms=1)


def test_a_password_is_replaced_and_ends_the_sessions_of_its_person_only(store: Store) -> None:
    of_budi = msgspec.structs.replace(OF_RINA, token_hash="h2", person="p2")
    with store.write() as unit:
        unit.accounts.set_password("p1", "old", now_ms=1)
        unit.accounts.start(OF_RINA)
        unit.accounts.start(of_budi)
        unit.accounts.set_password("p1", "new", now_ms=2)

    with store.read() as unit:
        assert unit.accounts.all() == [AccountRow(person="p1", name="Rina", password_hash="new")]
        assert unit.accounts.session("h1") is None
        assert unit.accounts.session("h2") == of_budi


def test_a_session_is_seen_and_ended(store: Store) -> None:
    with store.write() as unit:
        unit.accounts.start(OF_RINA)
        unit.accounts.seen("h1", now_ms=70)
        assert unit.accounts.session("h1") == msgspec.structs.replace(OF_RINA, seen_ms=70)
        unit.accounts.end("h1")
        unit.accounts.end("h1")

    with store.read() as unit:
        assert unit.accounts.session("h1") is None


def test_sessions_end_that_started_or_were_used_too_long_ago(store: Store) -> None:
    sessions = {
        "long": SessionRow(token_hash="long", person="p1", csrf="c", started_ms=1, seen_ms=90),
        "idle": SessionRow(token_hash="idle", person="p1", csrf="c", started_ms=50, seen_ms=51),
        "live": SessionRow(token_hash="live", person="p1", csrf="c", started_ms=50, seen_ms=90),
    }
    with store.write() as unit:
        for session in sessions.values():
            unit.accounts.start(session)
        unit.accounts.end_older(started_before_ms=2, seen_before_ms=52)

    with store.read() as unit:
        assert [name for name in sessions if unit.accounts.session(name)] == ["live"]
