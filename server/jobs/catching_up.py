"""Between requests, the console's list and the readiness of villages catch up with what came in."""

import time
from collections.abc import Callable

from server.hub.forms import FormShelf
from server.hub.listing import catch_up
from server.hub.readiness import judge
from server.jobs.job import Job
from server.store.base import Store

REST = 9.0
"""Times as long as a batch took that the thread rests after it while lines come in. Without rest
it took the interpreter from the requests at every statement: a body of one line needed 8 ms
instead of 2."""

QUIET_S = 1.0
"""How long no line must have come in until the thread takes no rests. Whether one came in during
a batch says nothing: a batch holds the lock that receiving waits for."""

VILLAGES = 1
"""Villages of a batch; one with many records is work enough."""


class CatchingUp(Job):
    """It works in small transactions, so that receiving hardly waits.

    ``today``: the local date.
    """

    NAME = "catching-up"
    # How long a change may wait before it is listed while nobody looks.
    EVERY_S = 2.0
    FAILED = "The list of records could not catch up"

    def __init__(self, store: Store, shelf: FormShelf, today: Callable[[], str]) -> None:
        super().__init__()
        self._store = store
        self._shelf = shelf
        self._today = today

    def turn(self) -> None:
        """See Job."""
        newest, came_in_s = self._newest(), time.monotonic()
        stopped = False
        while not stopped:
            began_s = time.monotonic()
            if not self._works():
                return
            before, newest, now_s = newest, self._newest(), time.monotonic()
            came_in_s = now_s if newest != before else came_in_s
            stopped = self.rests(REST * (now_s - began_s) if now_s - came_in_s < QUIET_S else 0)

    def _newest(self) -> int:
        """Changes of records so far, in all feeds."""
        with self._store.read() as unit:
            return sum(unit.listing.counters().values())

    def _works(self) -> int:
        """Do a little of each; how much is left."""
        left = catch_up(self._store, self._shelf)
        return left or judge(self._store, self._shelf, today=self._today(), villages_max=VILLAGES)
