"""Passwords and sessions of the console in PostgreSQL."""

import msgspec
from psycopg import Connection

from server.store.accounts import AccountRow, SessionRow

SET_PASSWORD = """
INSERT INTO password (person, hash, changed_ms)
VALUES (%(person)s, %(hash)s, %(now_ms)s)
ON CONFLICT (person) DO UPDATE
   SET hash = excluded.hash, changed_ms = excluded.changed_ms
"""
END_OF_PERSON = "DELETE FROM session WHERE person = %(person)s"
ALL = """
SELECT password.person, person.name, password.hash
  FROM password
  JOIN person ON person.id = password.person
 ORDER BY password.person
"""
START = """
INSERT INTO session (token_hash, person, csrf, started_ms, seen_ms)
VALUES (%(token_hash)s, %(person)s, %(csrf)s, %(started_ms)s, %(seen_ms)s)
"""
SESSION = """
SELECT token_hash, person, csrf, started_ms, seen_ms
  FROM session
 WHERE token_hash = %(token_hash)s
"""
SEEN = "UPDATE session SET seen_ms = %(now_ms)s WHERE token_hash = %(token_hash)s"
END = "DELETE FROM session WHERE token_hash = %(token_hash)s"
END_OLDER = """
DELETE FROM session
 WHERE started_ms < %(started_before_ms)s
    OR seen_ms < %(seen_before_ms)s
"""


class PostgresAccounts:
    """``server.store.accounts.Accounts`` over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def set_password(self, person: str, password_hash: str, *, now_ms: int) -> None:
        """See Accounts."""
        self._db.execute(SET_PASSWORD, {"person": person, "hash": password_hash, "now_ms": now_ms})
        self._db.execute(END_OF_PERSON, {"person": person})

    def all(self) -> list[AccountRow]:
        """See Accounts."""
        return [
            AccountRow(person=person, name=name, password_hash=password_hash)
            for person, name, password_hash in self._db.execute(ALL)
        ]

    def start(self, session: SessionRow) -> None:
        """See Accounts."""
        self._db.execute(START, msgspec.structs.asdict(session))

    def session(self, token_hash: str) -> SessionRow | None:
        """See Accounts."""
        row = self._db.execute(SESSION, {"token_hash": token_hash}).fetchone()
        if row is None:
            return None
        return SessionRow(token_hash=row[0], person=row[1], csrf=row[2], started_ms=row[3], seen_ms=row[4])

    def seen(self, token_hash: str, *, now_ms: int) -> None:
        """See Accounts."""
        self._db.execute(SEEN, {"token_hash": token_hash, "now_ms": now_ms})

    def end(self, token_hash: str) -> None:
        """See Accounts."""
        self._db.execute(END, {"token_hash": token_hash})

    def end_older(self, *, started_before_ms: int, seen_before_ms: int) -> None:
        """See Accounts."""
        limits = {"started_before_ms": started_before_ms, "seen_before_ms": seen_before_ms}
        self._db.execute(END_OLDER, limits)
