"""Logging in to the console: who may, for how long, and what one session may do.

A session is a row of the store, known by the hash of a token that only the browser has. It ends
by logging out, by a new password, after half an hour without use, and after twelve hours.
"""

import hashlib
import hmac
from collections.abc import Callable, Collection

import msgspec

from server.hub.enrolment import Guesses
from server.hub.errors import UsageError
from server.hub.exchange import ROLES_THAT_OPEN, reader_of
from server.hub.pages import Reader
from server.hub.passwords import CHARACTERS_MAX, CHARACTERS_MIN, Busy, Passwords
from server.hub.people import ROLES_THAT_DECIDE, known_person
from server.store.accounts import AccountRow, SessionRow
from server.store.base import Store
from server.store.people import PersonRow
from sync.area import within
from sync.revision import storable

ROLES_THAT_LOG_IN = ROLES_THAT_DECIDE | {"auditor"}
IDLE_MAX_MS = 30 * 60_000
AGE_MAX_MS = 12 * 3_600_000
NOTED_EVERY_MS = 60_000
"""How exactly the last use is known: reading a page writes nothing more often than this."""

FAILED, TOO_MANY = "console.login.failed", "console.login.too-many"

Mint = Callable[[], str]
"""Gives a fresh, unpredictable token a call."""


class Session(msgspec.Struct, frozen=True):
    """A person who is logged in, and what the forms of this session carry."""

    person: PersonRow
    csrf: str

    @property
    def reader(self) -> Reader:
        """What this person may read: the rule of the API."""
        return reader_of([self.person])

    @property
    def decides(self) -> bool:
        """Whether this person may decide within the scope."""
        return self.person.role in ROLES_THAT_DECIDE

    def may_enrol(self, person: PersonRow) -> bool:
        """Whether this person may give the other a code: nobody hands out more than he has."""
        inside = bool(person.areas) and all(within(area, self.person.areas) for area in person.areas)
        return self.decides and inside and _rights(person.role) <= _rights(self.person.role)


def log_in(
    store: Store,
    passwords: Passwords,
    failures: Guesses,
    typed: str,
    password: str,
    *,
    now_ms: int,
    mint: Mint,
) -> str:
    """The token of a new session. ``typed``: a person's id, or a name that one account has.

    Raises UsageError, the same for a wrong name and a wrong password, and another one after too
    many failures of one account in a minute.
    """
    with store.read() as unit:
        account = _account(unit.accounts.all(), typed)
        role = known_person(unit, account.person).role if account else ""
    key = account.person if account else typed.strip().casefold()
    if failures.exhausted(key, now_ms=now_ms):
        raise UsageError(TOO_MANY)
    try:
        fits = passwords.matches(account.password_hash if account else None, password)
    except Busy as error:
        raise UsageError(TOO_MANY) from error
    if account is None or not fits or role not in ROLES_THAT_LOG_IN:
        failures.failed(key, now_ms=now_ms)
        raise UsageError(FAILED)
    token = mint()
    with store.write() as unit:
        unit.accounts.end_older(started_before_ms=now_ms - AGE_MAX_MS, seen_before_ms=now_ms - IDLE_MAX_MS)
        unit.accounts.start(
            SessionRow(
                token_hash=_hash(token),
                person=account.person,
                csrf=mint(),
                started_ms=now_ms,
                seen_ms=now_ms,
            )
        )
    return token


def session_of(store: Store, token: str, *, now_ms: int) -> Session | None:
    """The session of a token, used just now; ``None`` where it has ended."""
    with store.read() as unit:
        row = unit.accounts.session(_hash(token))
        person = unit.people.person(row.person) if row else None
    if row is None or person is None or person.role not in ROLES_THAT_LOG_IN:
        return None
    if now_ms - row.started_ms > AGE_MAX_MS or now_ms - row.seen_ms > IDLE_MAX_MS:
        return None
    if now_ms - row.seen_ms >= NOTED_EVERY_MS:
        with store.write() as unit:
            unit.accounts.seen(row.token_hash, now_ms=now_ms)
    return Session(person, row.csrf)


def log_out(store: Store, token: str) -> None:
    """End a session."""
    with store.write() as unit:
        unit.accounts.end(_hash(token))


def is_of_session(session: Session, csrf: str) -> bool:
    """Whether a form was made for this session."""
    return hmac.compare_digest(session.csrf.encode(), csrf.encode("utf-8", "surrogatepass"))


def set_password(
    store: Store, passwords: Passwords, person_id: str, password: str, *, now_ms: int
) -> PersonRow:
    """Give a person a password. Raises UsageError for a short one and for a role without console."""
    with store.read() as unit:
        person = known_person(unit, person_id)
    if person.role not in ROLES_THAT_LOG_IN:
        raise UsageError("server.error.role-logs-in-not", person=person.name, role=person.role)
    if not CHARACTERS_MIN <= len(password) <= CHARACTERS_MAX:
        raise UsageError("server.error.password-length", least=CHARACTERS_MIN, most=CHARACTERS_MAX)
    password_hash = passwords.hash(storable(password))
    with store.write() as unit:
        unit.accounts.set_password(person.id, password_hash, now_ms=now_ms)
    return person


def _account(accounts: Collection[AccountRow], typed: str) -> AccountRow | None:
    wanted = typed.strip().casefold()
    for account in accounts:
        if account.person == wanted:
            return account
    named = [account for account in accounts if account.name.casefold() == wanted]
    return named[0] if len(named) == 1 else None


def _rights(role: str) -> frozenset[str]:
    held = {
        "decides": role in ROLES_THAT_DECIDE,
        "opens": role in ROLES_THAT_OPEN,
        "administers": role == "admin",
    }
    return frozenset(right for right, has in held.items() if has)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
