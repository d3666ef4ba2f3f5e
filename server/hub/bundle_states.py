"""What a device hears of the bundles that it keeps for others."""

from collections.abc import Sequence

from server.store.base import Unit
from sync.wire import CARRIED

WANTED, STORED, DURABLE = CARRIED


def states_of(unit: Unit, sha256s: Sequence[str]) -> dict[str, str]:
    """How each of these bundles stands, in the words of ``sync.wire.CARRIED``."""
    rows = unit.bundles.load(sha256s)
    safe = unit.bundles.in_all(unit.backups.offered())
    states = {}
    for sha256 in sha256s:
        is_here = sha256 in rows and rows[sha256].imported_ms is not None
        states[sha256] = WANTED if not is_here else DURABLE if sha256 in safe else STORED
    return states
