"""A thread of a server that takes its turn every so often."""

import logging
import threading
from abc import ABC, abstractmethod

from server.store.base import StoreError

_log = logging.getLogger(__name__)


class Job(ABC):
    """Subclasses say how often, and what a turn does.

    ``NAME``: of the thread. ``EVERY_S``: seconds between two turns. ``FAILED``: what the log says
    before the reason where the store failed; the next turn tries again.
    """

    NAME: str
    EVERY_S: float
    FAILED: str

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self.NAME, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, at the latest after the turn that is running."""
        self._stopping.set()
        self._thread.join()

    def rests(self, seconds: float) -> bool:
        """Wait within a turn; whether the job must end."""
        return self._stopping.wait(seconds)

    @abstractmethod
    def turn(self) -> None:
        """Do what is to do. Raises StoreError."""

    def _run(self) -> None:
        while not self._stopping.wait(self.EVERY_S):
            try:
                self.turn()
            except StoreError as error:
                _log.error("%s: %s", self.FAILED, error)
