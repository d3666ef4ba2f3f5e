"""Between requests, the console's list and the readiness of villages catch up with what came in."""

import logging
import threading
import time
from collections.abc import Callable

from server.hub.forms import FormShelf
from server.hub.listing import catch_up
from server.hub.readiness import judge
from server.store.base import Store, StoreError

EVERY_S = 2.0
"""How long a change may wait before it is listed while nobody looks."""

REST = 9.0
"""Times as long as a batch took that the thread rests after it while lines come in. Without rest
it took the interpreter from the requests at every statement: a body of one line needed 8 ms
instead of 2."""

QUIET_S = 1.0
"""How long no line must have come in until the thread takes no rests. Whether one came in during
a batch says nothing: a batch holds the lock that receiving waits for."""

VILLAGES = 1
"""Villages of a batch; one with many records is work enough."""

_log = logging.getLogger(__name__)


class CatchingUp:
    """A thread that does it in small transactions, so that receiving hardly waits.

    ``today``: the local date.
    """

    def __init__(self, store: Store, shelf: FormShelf, today: Callable[[], str]) -> None:
        self._store = store
        self._shelf = shelf
        self._today = today
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="catching-up", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, at the latest after the batch that is being listed."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(EVERY_S):
            try:
                self._catch_up()
            except StoreError as error:
                _log.error("The list of records could not catch up: %s", error)

    def _catch_up(self) -> None:
        newest, came_in_s = self._newest(), time.monotonic()
        stopped = False
        while not stopped:
            began_s = time.monotonic()
            if not self._works():
                return
            before, newest, now_s = newest, self._newest(), time.monotonic()
            came_in_s = now_s if newest != before else came_in_s
            rest_s = REST * (now_s - began_s) if now_s - came_in_s < QUIET_S else 0
            stopped = self._stopping.wait(rest_s)

    def _newest(self) -> int:
        """Changes of records so far, in all feeds."""
        with self._store.read() as unit:
            return sum(unit.listing.counters().values())

    def _works(self) -> int:
        """Do a little of each; how much is left."""
        left = catch_up(self._store, self._shelf)
        return left or judge(self._store, self._shelf, today=self._today(), villages_max=VILLAGES)
