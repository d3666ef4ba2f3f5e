"""A server and phones around it: real databases on both sides, and no network between them.

The link of a phone calls the server's HTTP application directly; a story may break it.
"""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any

import msgspec
from werkzeug.test import TestResponse

from field_client import capture, decisions, enrolment, exchange, facts, fetching, journal, records, syncing
from field_client.ahead import when_asked
from field_client.asking import Around
from field_client.capture import Change, Saved
from field_client.database import open_device
from field_client.exchange import Outcome
from field_client.pace import Budget
from field_client.syncing import Report
from field_client.transport import NoNetwork, Problem
from server.app import Server, initialise, open_server, web_app
from server.forms import compile_form
from server.hub.areas import load_areas
from server.hub.enrolment import issue
from server.hub.people import add_person
from server.hub.publishing import publish
from sync.shown import fields_json
from tests.server.conftest import AREAS, ORGANISATIONS

NOW_MS = 1_764_040_000_000
VILLAGE, NEIGHBOUR, FAR = "62.02.01.2004", "62.02.01.2005", "62.03.05.2001"
FORM = """
| survey |
| | type | name | label | merge | class |
| | text | sebutan_lahan | Sebutan | latest | |
| | date | tanggal_kunjungan | Tanggal | latest | |
| | text | status | Status | | |
| | geopoint | titik | Titik | tolerance:30m | |
| | select_one listrik | listrik | Listrik | latest | |
| | select_one sengketa | sengketa | Sengketa | cautious | |
| | select_multiple unit | unit_ada | Unit | union | |
| | begin_group | ukuran | Ukuran | unit | |
| | decimal | panjang_m | Panjang | | |
| | decimal | lebar_m | Lebar | | |
| | end_group | | | | |
| | text | nik | NIK | latest | restricted |
| | image | foto | Foto | union | |
| | image | surat | Surat | union | restricted |
| | begin_repeat | pengurus | Pengurus | | |
| | text | nama | Nama | | |
| | end_repeat | | | | |
"""


@dataclass
class World:
    """The server, its clock, and chance from a seed."""

    folder: Path
    now_ms: int = NOW_MS
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    phones: list[Phone] = field(default_factory=list)

    def __post_init__(self) -> None:
        initialise(self.folder / "server", url=None, practice=False, token_key=b"k" * 32, device_id="console")
        self.open()
        with self.server.store.write() as unit:
            load_areas(unit, AREAS.splitlines(), version="areas", now_ms=0, zone=UTC)
        self.publishes(form_id="lahan")

    def open(self) -> None:
        self.server: Server = open_server(self.folder / "server", {})
        self.client = web_app(self.server, now_ms=lambda: self.now_ms).test_client()

    def publishes(self, *, form_id: str, version: str = "1", settings: str = "") -> None:
        columns, cells = settings.split("=") if settings else ("", "")
        sheet = (
            f"\n| settings |\n| | form_id | version | form_title | observation_date | {columns} |\n"
            f"| | {form_id} | {version} | {form_id} | tanggal_kunjungan | {cells} |\n"
            "\n| choices |\n| | list_name | name | label | exclusive |\n| | listrik | pln | PLN | |\n"
            "| | listrik | genset | Genset | |\n"
            "| | sengketa | tidak | Tidak | |\n| | sengketa | ada | Ada | |\n"
            "| | unit | sembako | Sembako | |\n| | unit | apotek | Apotek | |\n"
        )
        source = (FORM + sheet).encode()
        with self.server.store.write() as unit:
            publish(unit, self.server.shelf, compile_form(source, name=f"{form_id}.md"), now_ms=self.now_ms)

    def phone(
        self, name: str, *, role: str = "verifier", organisation: str = "tni", area: str = "62.02"
    ) -> Phone:
        phone = Phone(self, self.folder / name)
        phone.joins(name, role=role, organisation=organisation, area=area)
        self.phones.append(phone)
        return phone

    def close(self) -> None:
        self.server.store.close()
        for phone in self.phones:
            phone.db.close()


@dataclass
class Wire:
    """The link of one phone. ``breaks``: called with each sync answer, may cut it or raise."""

    world: World
    url: str = "http://tapak.test"
    token: str = ""
    breaks: Callable[[bytes], bytes] = lambda answer: answer
    bodies: list[bytes] = field(default_factory=list)
    uploads: Callable[..., Mapping[str, str]] = lambda step, method, data: step()

    def exchange(self, body: bytes) -> bytes:
        self.bodies.append(body)
        headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
        return self.breaks(self._send("POST", "/v1/sync", gzip.compress(body), headers))

    def get(self, path: str) -> bytes:
        return self._send("GET", path, b"", {})

    def tus(
        self, method: str, path: str, *, headers: Mapping[str, str], data: bytes = b""
    ) -> Mapping[str, str]:
        """One step of an upload. ``uploads``: called with it; may raise before it arrives or after."""
        return self.uploads(
            lambda: self._opened(method, path, data, {**headers, "Tus-Resumable": "1.0.0"}).headers,
            method,
            data,
        )

    def post_json(self, path: str, value: Any) -> Any:
        headers = {"Content-Type": "application/json"}
        return msgspec.json.decode(self._send("POST", path, msgspec.json.encode(value), headers))

    def _send(self, method: str, path: str, data: bytes, headers: dict[str, str]) -> bytes:
        return self._opened(method, path, data, headers).get_data()

    def _opened(self, method: str, path: str, data: bytes, headers: Mapping[str, str]) -> TestResponse:
        headers = {**headers, "Authorization": f"Bearer {self.token}"}
        answer = self.world.client.open(path, method=method, data=data, headers=headers)
        if answer.status_code >= 400:
            fields = answer.get_json(silent=True) or {"code": "", "detail": ""}
            if method == "HEAD" and answer.status_code == 404:
                fields["code"] = "not-found"  # no body comes with it
            wait = answer.headers.get("Retry-After")
            raise Problem(
                answer.status_code, fields["code"], fields["detail"], fields, int(wait) if wait else None
            )
        return answer


class Phone:
    """A device in a folder, with its persons and its link."""

    def __init__(self, world: World, home: Path) -> None:
        self.world, self.home = world, home
        self.db = open_device(home)
        self.wire = Wire(world)
        self.slept_s: list[float] = []
        self.clock_ahead_ms = 0
        self.meanwhile: Callable[[Callable[[], Any]], Callable[[], Any]] = when_asked
        self.free_mb: int | None = None

    @property
    def now_ms(self) -> int:
        return self.world.now_ms + self.clock_ahead_ms

    def joins(self, name: str, *, role: str, organisation: str, area: str) -> str:
        id = f"p{name.lower():2<10}"[:11]
        with self.world.server.store.write() as unit:
            add_person(
                unit,
                id=id,
                name=name,
                role=role,
                organisation=organisation,
                areas=[area],
                organisations=ORGANISATIONS,
                now_ms=self.world.now_ms,
            )
            key = self.world.server.token_key
            code = issue(
                unit, key, id, choose=self.world.chance.choice, now_ms=self.world.now_ms, valid_h=24
            ).code
        enrolment.enrol(
            self.db, self.wire, code, name=name, now_ms=self.now_ms, random_bytes=self.world.chance.randbytes
        )
        self.wire.token = facts.get(self.db, facts.TOKEN) or ""
        fetching.fetch_listed_forms(self.db, self.wire)
        fetching.fetch_areas(self.db, self.wire)
        self.person = id
        return id

    def saves(self, record: str | None = None, *, form: str = "lahan", **answers: Any) -> Saved:
        options = {
            name: answers.pop(name) for name in ("area", "base", "why", "observed_on") if name in answers
        }
        fields = answers.pop("fields", {})
        change = Change(
            form_id=form,
            record=record,
            person=answers.pop("person", None),
            typed=tuple((name.replace("__", "."), text) for name, text in answers.items()),
            fields=fields,
            **options,
        )
        self.world.now_ms += 1000
        return capture.save(self.db, change, now_ms=self.now_ms, random_bytes=self.world.chance.randbytes)

    def starts(self, **answers: Any) -> str:
        """A new record in the village; its id."""
        return self.saves(area=answers.pop("area", VILLAGE), **answers).record

    def does(self, act: str, record: str, *arguments: Any, **options: Any) -> Saved:
        self.world.now_ms += 1000
        options = {"person_id": None, "why": None, **options}
        return getattr(decisions, act)(  # type: ignore[no-any-return]
            self.db,
            record,
            *arguments,
            now_ms=self.now_ms,
            random_bytes=self.world.chance.randbytes,
            **options,
        )

    def syncs(self) -> Report:
        self.world.now_ms += 1000
        around = Around(
            clock=lambda: self.now_ms,
            random_bytes=self.world.chance.randbytes,
            sleep=self.slept_s.append,
            attachments=self.home / "attachments",
            carried=self.home / "carried",
            meanwhile=self.meanwhile,
            free_mb=lambda: self.free_mb,
        )
        report = syncing.sync(self.db, self.wire, around)
        return report

    def exchanges(self, *, body_bytes: int = 1_000_000, rows: int = 500) -> Outcome:
        """One round trip, without the loop of a run."""
        request = exchange.next_request(self.db, budget=Budget(body_bytes, rows), now_ms=self.now_ms)
        answer = self.wire.exchange(request.body)
        return exchange.apply_answer(
            self.db, request, answer, now_ms=self.now_ms, random_bytes=self.world.chance.randbytes
        )

    def sees(self, record: str) -> dict[str, Any]:
        """``{field: shown value}`` without reserved fields; empty where the record is not here."""
        entry = records.load(self.db, record)
        if entry is None:
            return {}
        fields = fields_json(entry.view(), zone=UTC, opened=entry.opened)
        return {name: shown["shown"] for name, shown in fields.items() if not name.startswith("_")}

    def fields(self, record: str) -> dict[str, Any]:
        entry = records.load(self.db, record)
        assert entry is not None
        return fields_json(entry.view(), zone=UTC, opened=entry.opened)

    def conflicts(self, record: str) -> tuple[str, ...]:
        entry = records.load(self.db, record)
        return () if entry is None else entry.view().conflicts

    def lines(self) -> list[dict[str, Any]]:
        """The own log, each line read as JSON."""
        return [msgspec.json.decode(line.body) for line in journal.lines(self.db)]


def no_network(answer: bytes) -> bytes:
    raise NoNetwork("the link broke", reached=True)


def cut(answer: bytes) -> bytes:
    """The first line arrived whole, the rest did not."""
    return answer[: answer.index(b"\n") + 20]
