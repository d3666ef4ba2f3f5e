"""A server of one regency, as an operator sets it up, and phones that speak HTTP to it."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server.app import Server, initialise, open_server, web_app
from server.forms import LIBRARY, compile_form
from server.hub.areas import load_areas
from server.hub.enrolment import issue
from server.hub.passwords import Passwords
from server.hub.people import add_person
from server.hub.publishing import publish
from sync.chain import START, Place
from sync.forms.model import Form
from sync.wire import Answer, read_answer
from tests.server.hub.phones import NOW_MS, Phone

AREAS = """code,name,level,parent
62,Kalimantan Tengah,province,
62.02,Kabupaten Kotawaringin Timur,regency,62
62.02.01,Mentaya Hilir Selatan,district,62.02
62.02.01.2004,Samuda Besar,village,62.02.01
62.02.01.2005,Basirih Hilir,village,62.02.01
62.03,Kabupaten Kapuas,regency,62
62.03.05,Selat,district,62.03
62.03.05.2001,Pulau Telo,village,62.03.05
"""
QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
"""Passwords that cost nothing to compare."""

ORGANISATIONS = ("tni", "dpmd", "dinas_koperasi")


@dataclass
class House:
    """An open server, its HTTP face, and a clock that only moves when told."""

    server: Server
    clock_ms: int = NOW_MS
    codes: Iterator[str] = field(default_factory=lambda: iter(()))

    def __post_init__(self) -> None:
        self.app = web_app(self.server, now_ms=lambda: self.clock_ms, passwords=QUICK)
        self.client: FlaskClient = self.app.test_client()

    def person(
        self, name: str, *, role: str = "verifier", organisation: str = "tni", area: str = "62.02"
    ) -> str:
        id = f"p{name.lower():a<10}"
        with self.server.store.write() as unit:
            add_person(
                unit,
                id=id,
                name=name,
                role=role,
                organisation=organisation,
                areas=[area],
                organisations=ORGANISATIONS,
                now_ms=self.clock_ms,
            )
        return id

    def code(self, person: str) -> str:
        import secrets

        with self.server.store.write() as unit:
            issued = issue(
                unit, self.server.token_key, person, choose=secrets.choice, now_ms=self.clock_ms, valid_h=24
            )
        return issued.code

    def enrols(self, code: str, device: str, **more: Any) -> TestResponse:
        return self.client.post("/v1/enrol", json={"code": code, "device": device, **more})

    def get(self, path: str, token: str | None, **options: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.client.get(path, headers=headers, **options)

    def sync(self, token: str | None, body: bytes, **headers: str) -> TestResponse:
        sent = {"Content-Type": "application/x-ndjson", **headers}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        return self.client.post("/v1/sync", data=body, headers=sent)


@dataclass
class Handset(Phone):
    """A phone whose bodies and answers go over HTTP."""

    house: House = None  # type: ignore[assignment]
    token: str = ""

    def sends(self, body: bytes, *, now_ms: int = NOW_MS) -> Answer:
        response = self.house.sync(self.token, gzip.compress(body), **{"Content-Encoding": "gzip"})
        assert response.status_code == 200, response.text
        return read_answer(response.data)


@cache
def pack_form(name: str) -> Form:
    """A form of the pack; compiled once for all tests of a process."""
    return compile_form((LIBRARY / f"{name}.md").read_bytes(), name=f"{name}.md")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A server with the area list and two forms of the pack."""
    data = tmp_path / "data"
    initialise(
        data,
        url="https://tapak.example.id",
        practice=False,
        token_key=b"k" * 32,
        device_id="console-device-0",
    )
    server = open_server(data, environ={})
    with server.store.write() as unit:
        load_areas(unit, AREAS.splitlines(), version="areas", now_ms=NOW_MS, zone=UTC)
        for name in ("lahan", "kelembagaan"):
            publish(unit, server.shelf, pack_form(name), now_ms=NOW_MS)
    yield House(server)
    server.close()


@pytest.fixture
def handset(house: House) -> Callable[..., Handset]:
    """``handset("Siti", role=…)``: a person with an enrolled phone."""

    def enrolled(
        name: str, *, role: str = "verifier", organisation: str = "tni", area: str = "62.02"
    ) -> Handset:
        person = house.person(name, role=role, organisation=organisation, area=area)
        device = f"phone-of-{name.lower()}"
        token = house.enrols(house.code(person), device, name=f"HP {name}").json["token"]  # type: ignore[index]
        return Handset(
            house.server.store,
            house.server.shelf,
            device,
            person,
            capacity=f"{role}/{organisation}",
            house=house,
            token=token,
            token_device=device,
        )

    return enrolled


__all__ = ["AREAS", "START", "Handset", "House", "Place"]
