"""What the use cases ask of a store about logging in to the console."""

from typing import Protocol

import msgspec


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """A person who has a password. ``password_hash`` names its own method and cost."""

    person: str
    name: str
    password_hash: str


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A login that has not ended, known by the hash of its token. ``csrf``: what its forms carry."""

    token_hash: str
    person: str
    csrf: str
    started_ms: int
    seen_ms: int


class Accounts(Protocol):
    """Passwords and sessions of the console."""

    def set_password(self, person: str, password_hash: str, *, now_ms: int) -> None:
        """A person's password from now on; every session of that person ends."""
        ...

    def all(self) -> list[AccountRow]:
        """Everybody who has a password, by person id."""
        ...

    def start(self, session: SessionRow) -> None:
        """Store a new session."""
        ...

    def session(self, token_hash: str) -> SessionRow | None:
        """One session, however old."""
        ...

    def seen(self, token_hash: str, *, now_ms: int) -> None:
        """A session was used just now."""
        ...

    def end(self, token_hash: str) -> None:
        """A session is no more. Safe to repeat."""
        ...

    def end_older(self, *, started_before_ms: int, seen_before_ms: int) -> None:
        """End every session that started or was last used before these."""
        ...
