"""How much to send and to ask for at once, from how the link behaves; and how long to wait."""

import msgspec
from sqlite_utils import Database

from field_client import facts
from field_client.exchange import Budget
from field_client.facts import RandomBytes
from field_client.settings import (
    BACKOFF_MAX_S,
    BODY_BYTES_MAX,
    BODY_BYTES_MIN,
    BODY_BYTES_START,
    FAST_EXCHANGE_MS,
    ROWS_MAX,
    ROWS_MIN,
    ROWS_START,
    SLOW_EXCHANGE_MS,
)


def load(db: Database) -> Budget:
    """The pace at which the last exchange ended, for the link is likely the same."""
    stored = facts.get(db, facts.PACE)
    return (
        Budget(BODY_BYTES_START, ROWS_START) if stored is None else msgspec.json.decode(stored, type=Budget)
    )


def keep(db: Database, budget: Budget) -> None:
    """Remember a pace. Inside the caller's transaction."""
    facts.put_json(db, facts.PACE, budget)


def after(budget: Budget, *, took_ms: int) -> Budget:
    """The pace after an exchange that took so long."""
    if took_ms < FAST_EXCHANGE_MS:
        return Budget(min(budget.body_bytes * 2, BODY_BYTES_MAX), min(budget.rows * 2, ROWS_MAX))
    return halved(budget) if took_ms > SLOW_EXCHANGE_MS else budget


def halved(budget: Budget) -> Budget:
    """The pace after a time-out; a body holds one line and an answer one row at least."""
    return Budget(max(budget.body_bytes // 2, BODY_BYTES_MIN), max(budget.rows // 2, ROWS_MIN))


def jittered_s(random_bytes: RandomBytes, attempt: int, *, base_s: int) -> float:
    """Full jitter: anything between nothing and the base, doubled with every attempt.

    Phones that lost the same network at the same moment do not come back at the same moment.
    """
    longest_s: int = min(base_s << min(attempt, 20), BACKOFF_MAX_S)
    return longest_s * (int.from_bytes(random_bytes(4), "big") / 2**32)
