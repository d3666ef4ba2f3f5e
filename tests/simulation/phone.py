"""A simulated device: the real client over a database in memory, and a network that fails."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
from sqlite_utils import Database

from field_client import exchange, facts, fetching, forms, journal, records, signing
from field_client.database import write
from field_client.exchange import Budget, Outcome, Request
from field_client.schema import migrations
from server.store.people import PersonRow
from sync.forms.model import encode
from sync.record import heads_by_field
from sync.revision import Revision, read
from sync.wire import BadBody
from tests.simulation.forms import FORM_ID, form_version
from tests.simulation.hub import Hub, sealing_key

Opening = dict[str, set[str]]
"""``{field: ids of the heads that stood on the screen}``"""


class Draft(msgspec.Struct, frozen=True):
    """A form that somebody opened and has not saved yet."""

    record: str
    base: tuple[str, ...]
    opening: Opening


class Crash(Exception):
    """The process of a device ends here."""


@cache
def _empty_database() -> bytes:
    connection = sqlite3.connect(":memory:")
    migrations.apply(Database(connection, strict=True, execute_plugins=False))
    connection.commit()
    return connection.serialize()


class Phone:
    """One device. ``device`` is its enrolled id, which a copy of its database shares."""

    def __init__(
        self, name: str, data: bytes, persons: list[PersonRow], random_bytes: Callable[[int], bytes]
    ) -> None:
        self.name = name
        self.persons = persons
        self.random_bytes = random_bytes
        self.clock_off_ms = 0
        self.online = True
        self.noted = 0
        self.drafts: list[Draft] = []
        connection = sqlite3.connect(":memory:")
        connection.deserialize(data)
        self.db = Database(connection, strict=True, execute_plugins=False)

    @property
    def device(self) -> str:
        """The id that the token names."""
        return facts.get(self.db, facts.ENROLLED) or ""

    def copied(self) -> bytes:
        """The database, as a phone that is cloned or backed up has it."""
        self.db.conn.commit()
        return self.db.conn.serialize()

    def wall_ms(self, now_ms: int) -> int:
        """What the clock on its wall says."""
        return max(0, now_ms + self.clock_off_ms)

    def records(self) -> list[str]:
        """Everything that can be opened here."""
        return [id for (id,) in self.db.conn.execute(RECORDS)]

    def opening(self, record: str) -> tuple[tuple[str, ...], Opening]:
        """The ids on the screen of a record, and those of each field."""
        entry = records.load(self.db, record)
        if entry is None:
            return (), {}
        return tuple(sorted(entry.seen)), {
            field: {head.id for head in heads} for field, heads in heads_by_field(entry.seen).items()
        }

    def next_request(self, budget: Budget, now_ms: int) -> Request:
        """The next body."""
        return exchange.next_request(self.db, budget=budget, now_ms=self.wall_ms(now_ms))

    def take(self, hub: Hub, request: Request, answer: bytes, now_ms: int) -> Outcome | None:
        """Apply an answer and fetch what it names; ``None`` where it was no answer."""
        try:
            outcome = exchange.apply_answer(
                self.db, request, answer, now_ms=self.wall_ms(now_ms), random_bytes=self.random_bytes
            )
        except BadBody:
            return None
        fetching.fetch_forms(self.db, hub, outcome.forms_missing)
        if outcome.areas_changed:
            fetching.fetch_areas(self.db, hub)
        return outcome

    def crash_while_taking(self, request: Request, answer: bytes, now_ms: int) -> None:
        """The process ends inside the transaction that applies an answer."""
        try:
            with write(self.db):
                exchange.apply_answer(
                    self.db, request, answer, now_ms=self.wall_ms(now_ms), random_bytes=self.random_bytes
                )
                raise Crash
        except (Crash, BadBody):
            pass

    def follow_form(self, number: int) -> None:
        """A form version comes by hand, before the server knows it."""
        with write(self.db):
            forms.put(self.db, encode(form_version(number)))

    def new_lines(self) -> list[journal.OwnLine]:
        """Own lines that were not asked for yet."""
        found = list(journal.lines(self.db, after_local=self.noted))
        self.noted = max([self.noted, *(line.local for line in found)])
        return found

    def last_saved(self) -> tuple[str, tuple[str, ...]]:
        """Record and fields of the last line."""
        *_, last = journal.lines(self.db)
        revision = read(last.body)
        return last.record, tuple(revision.values) if isinstance(revision, Revision) else ()

    def mismatches(self) -> list[str]:
        """Feeds whose checksum was ever wrong since it was right."""
        return [feed for (feed,) in self.db.conn.execute("SELECT feed FROM cursor WHERE mismatches > 0")]


RECORDS = "SELECT record FROM snapshot UNION SELECT record FROM own ORDER BY record"


def enrolled(
    name: str, persons: list[PersonRow], hub: Hub, rng_bytes: Callable[[int], bytes], now_ms: int
) -> Phone:
    """A new device with its persons and the first form."""
    phone = Phone(name, _empty_database(), persons, rng_bytes)
    device = facts.fresh_device_id(rng_bytes)
    with write(phone.db):
        facts.put(phone.db, facts.ENROLLED, device)
        facts.put(phone.db, facts.LOG_DEVICE, device)
        for person in persons:
            phone.db.conn.execute(PUT_PERSON, _identity(person))
        forms.put(phone.db, hub.get(f"/v1/forms/{FORM_ID}/{form_version(1).version}.json"))
        facts.put(phone.db, facts.SERVER_KEY, sealing_key().public)
    # Phones of before signatures exist: what is carried of them waits until they come themselves.
    key = signing.public_key(phone.db) if rng_bytes(1)[0] % 3 else None
    hub.enrol(device, persons, msgspec.json.encode(key).decode() if key else "", now_ms)
    return phone


def _identity(person: PersonRow) -> dict[str, Any]:
    return msgspec.structs.asdict(person) | {"areas": msgspec.json.encode(person.areas).decode()}


PUT_PERSON = """
INSERT INTO identity (person, name, role, organisation, scope)
VALUES (:id, :name, :role, :organisation, :areas)
"""
