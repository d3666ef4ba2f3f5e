"""Enrolment: a code that a coordinator hands out makes a device speak for a person.

A code is used up by one statement of the store, so that of many redemptions one wins. Only
a keyed hash of it is stored: whoever reads the database cannot try codes against it.
"""

import hashlib
import hmac
import threading
from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from server.hub.errors import HubError
from server.hub.forms import FormShelf
from server.hub.ingest import release_waiting
from server.hub.people import known_person
from server.hub.tokens import token_for
from server.store.base import Unit
from server.store.people import PersonRow
from sync.area import minimal

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No 0 O 1 I L: a code is read out, and written on paper. 31^9 codes are 44 bits."""

CODE_CHARACTERS = 9
_HOUR_MS = 3_600_000
_WINDOW_MS = 60_000


class Issued(msgspec.Struct, frozen=True):
    """A new code, as it is shown once and never again."""

    person: PersonRow
    code: str
    expires_ms: int


class Newcomer(msgspec.Struct, frozen=True):
    """What a device says of itself when it enrols. ``public_key`` is JSON, or empty."""

    device: str
    name: str
    public_key: str
    app: str


class Enrolled(msgspec.Struct, frozen=True):
    """Who a device now speaks for, with which token."""

    token: str
    person: PersonRow
    scope: tuple[str, ...]
    released: int


def issue(
    unit: Unit,
    key: bytes,
    person_id: str,
    *,
    choose: Callable[[Sequence[str]], str],
    now_ms: int,
    valid_h: int,
) -> Issued:
    """A new code for a person. ``choose`` picks one of several characters, unpredictably."""
    person = known_person(unit, person_id)
    code = "".join(choose(ALPHABET) for _ in range(CODE_CHARACTERS))
    expires_ms = now_ms + valid_h * _HOUR_MS
    unit.people.issue(_hash(key, code), person.id, now_ms=now_ms, expires_ms=expires_ms)
    return Issued(person, "-".join((code[:3], code[3:6], code[6:])), expires_ms)


def redeem(
    unit: Unit, shelf: FormShelf, key: bytes, code: str, newcomer: Newcomer, *, now_ms: int
) -> Enrolled:
    """Use a code up: the device is known from now on, and speaks for the code's person as well.

    Lines that waited for this device or person are merged at once. Raises HubError
    ``enrolment-code-invalid``, the same for a used, an expired and an invented code.
    """
    person_id = unit.people.redeem(_hash(key, _plain(code)), newcomer.device, now_ms=now_ms)
    if person_id is None:
        raise HubError("enrolment-code-invalid")
    unit.people.put_device(
        newcomer.device,
        name=newcomer.name,
        public_key=newcomer.public_key,
        app=newcomer.app,
        now_ms=now_ms,
    )
    unit.people.link(newcomer.device, [person_id])
    released = release_waiting(
        unit, shelf, reasons=("unknown-device", "device-revoked", "person-not-on-device"), now_ms=now_ms
    )
    persons = unit.people.persons_on(newcomer.device)
    return Enrolled(
        token=token_for(key, newcomer.device),
        person=known_person(unit, person_id),
        scope=minimal(area for person in persons for area in person.areas),
        released=released,
    )


class Guesses:
    """Wrong codes of the last minute by address. A right code is never counted."""

    def __init__(self, per_minute_max: int) -> None:
        self._per_minute_max = per_minute_max
        self._failures: dict[str, deque[int]] = {}
        self._lock = threading.Lock()

    def exhausted(self, address: str, *, now_ms: int) -> bool:
        """Whether this address must wait."""
        with self._lock:
            return len(self._recent(address, now_ms)) >= self._per_minute_max

    def failed(self, address: str, *, now_ms: int) -> bool:
        """Count a wrong code; true where it was the last one that this address had."""
        with self._lock:
            recent = self._recent(address, now_ms)
            recent.append(now_ms)
            self._failures[address] = recent
            return len(recent) == self._per_minute_max

    def _recent(self, address: str, now_ms: int) -> deque[int]:
        for name in [name for name, times in self._failures.items() if times[-1] <= now_ms - _WINDOW_MS]:
            del self._failures[name]
        recent = self._failures.get(address, deque())
        while recent and recent[0] <= now_ms - _WINDOW_MS:
            recent.popleft()
        return recent


def _plain(code: str) -> str:
    """A code as it was issued, whatever was typed between its characters."""
    return "".join(character for character in code.upper() if character.isalnum())


def _hash(key: bytes, code: str) -> str:
    return hmac.digest(key, b"enrolment\n" + code.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()
