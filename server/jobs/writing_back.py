"""What was committed moves to where it stays, beside those who write."""

from server.jobs.job import Job
from server.store.base import Store


class WritingBack(Job):
    """Without it a body of a large crowd would wait for it now and then."""

    NAME = "writing-back"
    # At 10 KB a line and 5,000 lines a second a large crowd writes 25 MB between two turns.
    EVERY_S = 0.5
    FAILED = "The database could not be written back"

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store

    def turn(self) -> None:
        """See Job."""
        self._store.write_back()
