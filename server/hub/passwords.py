"""Passwords: kept as argon2id, compared only at login.

A comparison takes 64 MiB and a quarter of a second on purpose, so few run at a time.
"""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

CHARACTERS_MIN = 10
CHARACTERS_MAX = 200
AT_ONCE_MAX = 2
"""Comparisons at the same time; others wait."""

WAITING_MAX = 2
"""How many may wait. Anybody can ask to log in, and must not take every thread from the devices."""


class Busy(Exception):
    """Too many comparisons at a time; nothing was compared."""


class Passwords:
    """Makes hashes and compares with them. The cost is that of RFC 9106, unless told otherwise."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = threading.Semaphore(AT_ONCE_MAX)
        self._room = threading.Semaphore(AT_ONCE_MAX + WAITING_MAX)
        self._of_nobody: str | None = None

    def hash(self, password: str) -> str:
        """The hash to store, with a salt of its own."""
        with self._turns:
            return self._hasher.hash(password)

    def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether this is the password; ``None``, for nobody's, takes as long and is false.

        Raises Busy instead of waiting in a long queue.
        """
        if not self._room.acquire(blocking=False):
            raise Busy
        try:
            return self._fits(password_hash, password)
        finally:
            self._room.release()

    def _fits(self, password_hash: str | None, password: str) -> bool:
        if self._of_nobody is None:
            self._of_nobody = self.hash("nobody's password")
        with self._turns:
            try:
                self._hasher.verify(password_hash or self._of_nobody, password[:CHARACTERS_MAX])
            except (Argon2Error, InvalidHashError):
                return False
        return password_hash is not None
