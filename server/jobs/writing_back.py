"""What was committed moves to where it stays, beside those who write."""

import logging
import threading

from server.store.base import Store, StoreError

EVERY_S = 0.5
"""At 10 KB a line and 5,000 lines a second a large crowd writes 25 MB between two turns."""

_log = logging.getLogger(__name__)


class WritingBack:
    """A thread that does it. Without it every large crowd's body would wait for it now and then."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="writing-back", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, after the turn that is running."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(EVERY_S):
            try:
                self._store.write_back()
            except StoreError as error:
                _log.error("The database could not be written back: %s", error)
