"""What the use cases ask of a store about persons, devices and enrolment codes."""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class PersonRow(msgspec.Struct, frozen=True, kw_only=True):
    """A person and the area prefixes that make the person's scope."""

    id: str
    name: str
    role: str
    organisation: str
    areas: tuple[str, ...]


class DeviceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A device, as the exchange needs it."""

    id: str
    name: str
    revoked: bool


class DeviceState(msgspec.Struct, frozen=True, kw_only=True):
    """A device, as an operator lists it. ``left_json``: what its last header said is unsent."""

    id: str
    name: str
    app: str
    enrolled_ms: int
    revoked_ms: int | None
    last_seen_ms: int | None
    clock_ahead_ms: int | None
    left_json: str
    persons: tuple[str, ...]


class People(Protocol):
    """Persons, their devices, and the codes that bring them together."""

    def add_person(self, person: PersonRow, *, now_ms: int) -> None:
        """Store a new person with the areas of the row."""
        ...

    def person(self, person_id: str) -> PersonRow | None:
        """One person."""
        ...

    def persons(self) -> list[PersonRow]:
        """Everybody, by name."""
        ...

    def persons_on(self, device_id: str) -> list[PersonRow]:
        """The persons that are enrolled on a device, by id."""
        ...

    def device(self, device_id: str) -> DeviceRow | None:
        """One device."""
        ...

    def public_key(self, device_id: str) -> str:
        """JSON ``{"alg","spki"}`` as the device gave it; empty where it gave none, or is not known."""
        ...

    def devices(self) -> list[DeviceState]:
        """Every device, the one enrolled last first."""
        ...

    def seen(
        self, device_id: str, *, now_ms: int, clock_ahead_ms: int | None, app: str, left_json: str
    ) -> None:
        """A known device exchanged just now; of others nothing is noted."""
        ...

    def issue(self, code_hash: str, person_id: str, *, now_ms: int, expires_ms: int) -> None:
        """Store a new enrolment code, by its hash."""
        ...

    def redeem(self, code_hash: str, device_id: str, *, now_ms: int) -> str | None:
        """Use a code up: the id of its person, or ``None`` where it is unknown, used or expired.

        Of many calls with one code exactly one gets the person.
        """
        ...

    def put_device(self, device_id: str, *, name: str, public_key: str, app: str, now_ms: int) -> None:
        """A device enrolled. A known one keeps its first day, takes the new name and key, and is
        no longer revoked: somebody with the right to it issued a code.
        """
        ...

    def link(self, device_id: str, persons: Sequence[str]) -> None:
        """These persons are on this device as well. Safe to repeat."""
        ...

    def revoke(self, device_id: str, *, now_ms: int) -> bool:
        """The device may no longer exchange; false where it is not known."""
        ...
