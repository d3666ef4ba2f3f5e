"""The server of a simulated survey: the real store and use cases over a database in memory."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import msgspec

from server.attachments.folder import FolderAttachments
from server.hub import console, publishing
from server.hub.bundles import Bundles, Limits
from server.hub.console import Choice
from server.hub.errors import HubError, UsageError
from server.hub.exchange import exchange
from server.hub.forms import FormShelf
from server.hub.sealing import SealingKey, new_key
from server.store.people import PersonRow
from server.store.sqlite.database import SqliteStore, SqliteUnit, migrate
from sync.chain import START
from sync.forms.model import Form


class MemoryStore(SqliteStore):
    """The store of one thread whose database is no file; its bytes can be copied and put back."""

    def __init__(self, data: bytes) -> None:
        super().__init__(Path(":memory:"))
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.connection.deserialize(data)
        self._local.unit = self._writer = SqliteUnit(self.connection)


@cache
def _empty_database() -> bytes:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection)
    return connection.serialize()


FILE_LIMITS = Limits(
    inflated_bytes_max=2**26, lines_max=100_000, attachment_bytes_max=2**20, free_bytes_min=0
)


@cache
def sealing_key() -> SealingKey:
    """The key pair of every simulated server; what a carrier may read is no part of a history."""
    return SealingKey(new_key())


class Hub:
    """The server, as the network and its operator see it."""

    def __init__(self, own_device: str) -> None:
        self.store = MemoryStore(_empty_database())
        self.shelf = FormShelf()
        with self.store.write() as unit:
            unit.log.set_own_device(own_device, START)

    def exchange(self, device: str, body: bytes, now_ms: int) -> bytes:
        """What comes back for a body."""
        return exchange(self.store, self.shelf, device, body, now_ms=now_ms)

    def bring(self, file: bytes, random_bytes: Callable[[int], bytes], now_ms: int) -> str:
        """Take in a carried file; what the operator is told, in short."""
        with tempfile.TemporaryDirectory() as folder:
            found = Bundles(
                self.store,
                self.shelf,
                FolderAttachments(Path(folder)),
                sealing_key(),
                FILE_LIMITS,
                mint=lambda: random_bytes(8).hex(),
                now_ms=lambda: now_ms,
            )
            try:
                report = found.deposit([file])
            except HubError as error:
                return error.code
        return f"{report.lines.new} new, {report.lines.known} known, held {report.lines.held}"

    def copied(self) -> bytes:
        """The database as a backup has it."""
        return self.store.connection.serialize()

    def put_back(self, data: bytes, own_device: str) -> None:
        """Yesterday's database is today's; a restored server takes a new own device id."""
        self.store.connection.close()
        self.store, self.shelf = MemoryStore(data), FormShelf()
        with self.store.write() as unit:
            unit.log.set_own_device(own_device, START)

    def enrol(self, device: str, persons: list[PersonRow], public_key: str, now_ms: int) -> None:
        """A device with its persons, and the key by which it signs what others carry, if it has one."""
        with self.store.write() as unit:
            for person in persons:
                if unit.people.person(person.id) is None:
                    unit.people.add_person(person, now_ms=now_ms)
            unit.people.put_device(device, name=device, public_key=public_key, app="sim", now_ms=now_ms)
            unit.people.link(device, [person.id for person in persons])

    def set_scope(self, person: str, areas: tuple[str, ...]) -> None:
        """A person works somewhere else from now on."""
        with self.store.write() as unit:
            unit.connection.execute("DELETE FROM person_area WHERE person = ?", [person])
            unit.connection.executemany(
                "INSERT INTO person_area (person, area) VALUES (?, ?)", [(person, area) for area in areas]
            )

    def publish(self, form: Form, now_ms: int) -> None:
        """Publish a form version; lines that waited for it are merged."""
        with self.store.write() as unit:
            publishing.publish(unit, self.shelf, form, now_ms=now_ms)

    def resolve(
        self, record: str, field: str, head: str, person: str, minted: console.Minted, now_ms: int
    ) -> str | None:
        """A decision at the console; ``None`` where this person may not make it, or it is not there."""
        try:
            with self.store.write() as unit:
                return console.resolve(
                    unit,
                    self.shelf,
                    record,
                    field,
                    Choice(head=head),
                    reason="diputuskan",
                    person_id=person,
                    new_row=minted,
                    salt=minted,
                    now_ms=now_ms,
                )
        except UsageError:
            return None

    def release(self, line: str, person: str, now_ms: int) -> None:
        """A coordinator merges a held line."""
        with self.store.write() as unit:
            console.release_held(unit, self.shelf, line, person_id=person, now_ms=now_ms)

    def held(self) -> list[str]:
        """Ids of all held lines that can be read."""
        with self.store.read() as unit:
            return [row.id for row in unit.log.held() if row.record is not None]

    def get(self, path: str) -> bytes:
        """What a device fetches besides the exchange: forms and areas."""
        if path in ("/v1/areas", "/v1/areas/boundaries"):
            return b""
        form_id, version = path.removeprefix("/v1/forms/").removesuffix(".json").split("/")
        with self.store.read() as unit:
            body = unit.catalogue.form(form_id, version)
        assert body is not None, path
        return body


def person_row(id: str, role: str, organisation: str, areas: tuple[str, ...]) -> PersonRow:
    """A person of the survey."""
    return PersonRow(id=id, name=id, role=role, organisation=organisation, areas=areas)


def sealed_json(value: object) -> bytes:
    """A value as comparable bytes."""
    return msgspec.json.encode(value, order="deterministic")
