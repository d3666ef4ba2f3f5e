"""A day in the field: the form pack on a real server, phones with real databases."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from field_client.settings import DATABASE_NAME
from server.forms import compile_form, library_forms
from server.hub.people import known_person
from server.hub.publishing import publish
from server.hub.records import seen_record
from sync.chain import START
from sync.record import RecordView
from tests.field_client.world import Phone, World


class Field(World):
    """The survey with the forms of the pack, and an operator who makes backups."""

    def __post_init__(self) -> None:
        super().__post_init__()
        with self.server.store.write() as unit:
            for name, source in library_forms():
                publish(unit, self.server.shelf, compile_form(source, name=name), now_ms=self.now_ms)

    def verifier(self, name: str, **more: str) -> Phone:
        """A verifier with a phone of his own."""
        return self.phone(name, **more)

    def copies(self, phone: Phone, name: str) -> Phone:
        """The phone's folder on another phone, as a vendor's phone clone makes it."""
        home = self.folder / name
        home.mkdir()
        with sqlite3.connect(phone.home / DATABASE_NAME) as source:
            source.execute("VACUUM INTO ?", [str(home / DATABASE_NAME)])
        copy = Phone(self, home)
        copy.wire.token, copy.person = phone.wire.token, phone.person
        self.phones.append(copy)
        return copy

    def works_in(self, phone: Phone, area: str) -> None:
        """The person of a phone works in another area from now on."""
        with self.server.store.write() as unit:
            unit.connection.execute("UPDATE person_area SET area = ? WHERE person = ?", [area, phone.person])

    def everyone_syncs(self) -> None:
        """Twice round, so that the first hears of the last."""
        for phone in (*self.phones, *self.phones):
            assert phone.syncs().problem is None

    def shows(self, record: str) -> RecordView:
        """The record as the server shows it."""
        with self.server.store.read() as unit:
            seen = seen_record(unit, self.server.shelf, record, None)
        assert seen is not None
        return seen.view

    def heads(self, record: str, field: str) -> dict[str, Any]:
        """``{person's name: value}`` of a field's heads."""
        heads = self.shows(record).fields[field].heads
        with self.server.store.read() as unit:
            return {known_person(unit, head.person).name: head.value for head in heads}

    def backs_up(self) -> Path:
        """A copy of the server's database, made while it runs."""
        copy = self.folder / f"backup-{self.now_ms}.db"
        with sqlite3.connect(self.server.folder.database) as source:
            source.execute("VACUUM INTO ?", [str(copy)])
        return copy

    def restores(self, copy: Path) -> None:
        """The copy takes the database's place; the server goes on as another own device."""
        self.server.store.close()
        database = self.server.folder.database
        for stale in database.parent.glob(database.name + "*"):
            stale.unlink()
        database.write_bytes(copy.read_bytes())
        self.open()
        with self.server.store.write() as unit:
            unit.log.set_own_device(f"console-{self.now_ms}", START)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Field]:
    world = Field(tmp_path)
    yield world
    world.close()
