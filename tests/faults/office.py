"""The server of a row: a data folder, and ``tapak-server serve`` on it as a process that may die."""

from __future__ import annotations

import os
import secrets
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from functools import cache
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from server.app import Server, initialise, open_server
from server.forms import LIBRARY, compile_form
from server.hub.areas import load_areas
from server.hub.attachment_care import verify_attachments
from server.hub.enrolment import issue
from server.hub.people import add_person
from server.hub.publishing import publish
from server.hub.verify import verify
from sync.forms.model import Form
from tests.server.conftest import AREAS, ORGANISATIONS
from tests.server.served import PROGRAM, ROOT

VILLAGE = "62.02.01.2004"
START_TIMEOUT_S = 60
TRUTH = {
    "revision": "id, device, seq, previous, complete, record, form, body, held, suspect, stub",
    "secret": "revision, field, commitment, salt, text",
}
CACHES = {
    "record": "id, form, snapshot, areas, conflicts",
    "awaited": "*",
    "village": "*",
    "attachment_ref": "*",
}
WHOLE = ("revision", "log", "secret", "record", "awaited", "feed", "regency", "feed_log", "village", "flag")


def now_ms() -> int:
    """The wall clock."""
    return time.time_ns() // 1_000_000


class Office:
    """One server, always at the same address; ``settings`` are variables of its environment."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.data, self.settings = data, settings
        self.process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        initialise(data, url=None, practice=False, token_key=b"k" * 32, device_id="console-device-0")
        with self.opened() as server, server.store.write() as unit:
            load_areas(unit, AREAS.splitlines(), version="areas", now_ms=now_ms(), zone=UTC)
            publish(unit, server.shelf, _lahan(), now_ms=now_ms())

    @property
    def url(self) -> str:
        """Where it answers while it lives."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> Path:
        """Its file."""
        return self.data / "tapak.db"

    def __enter__(self) -> Office:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it and wait until it answers; no step of a person."""
        with (self.data / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, "--data", str(self.data), "serve", "--port", str(self.port)],
                cwd=ROOT,
                env={**os.environ, "TAPAK_LANGUAGE": "en", "TAPAK_BACKUP_EVERY_H": "0", **self.settings},
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + START_TIMEOUT_S
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"the server did not start:\n{self.log()}")

    def answers(self) -> bool:
        """Whether it is there."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            time.sleep(0.02)
            return False
        finally:
            connection.close()

    def dead(self) -> bool:
        """Whether the process has ended."""
        return self.process is None or self.process.poll() is not None

    def kill(self) -> None:
        """SIGKILL, as a machine that dies takes its processes."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def log(self) -> str:
        """What the server said."""
        return (self.data / "serve.log").read_text(encoding="utf-8", errors="replace")[-3000:]

    @contextmanager
    def opened(self) -> Iterator[Server]:
        """The same folder, opened in this process as a command of the operator opens it."""
        server = open_server(self.data, environ={})
        try:
            yield server
        finally:
            server.close()

    def code(self, name: str, *, role: str = "verifier") -> str:
        """A person of this name, and a code to enrol with."""
        with self.opened() as server, server.store.write() as unit:
            person = f"p{name.lower():a<10}"
            if unit.people.person(person) is None:
                add_person(
                    unit,
                    id=person,
                    name=name,
                    role=role,
                    organisation="tni",
                    areas=["62.02"],
                    organisations=ORGANISATIONS,
                    now_ms=now_ms(),
                )
            return issue(
                unit, server.token_key, person, choose=secrets.choice, now_ms=now_ms(), valid_h=24
            ).code

    def lines(self) -> dict[str, tuple[str, int, bytes]]:
        """``{id: (device, s, bytes)}`` of everything that is stored."""
        with self.opened() as server, server.store.read() as unit:
            return {row.id: (row.device, row.seq, row.line) for row in unit.log.all_lines()}

    def findings(self) -> list[str]:
        """What ``tapak-server verify`` says."""
        with self.opened() as server:
            found = [*verify(server.store, server.shelf)]
            found += verify_attachments(server.store, server.attachments)
            return [f"{finding.code} {finding.subject}" for finding in found]

    def has_file(self, sha256: str) -> bool:
        """Whether a photo is here whole, and known to be."""
        with self.opened() as server, server.store.read() as unit:
            return server.attachments.is_whole(sha256) and unit.attachments.get(sha256) is not None

    def content(self) -> dict[str, list[Any]]:
        """Truth and caches without the times and counters that depend on who came when."""
        return self._rows({**TRUTH, **CACHES})

    def whole(self) -> dict[str, list[Any]]:
        """Truth and caches, every column."""
        return self._rows(dict.fromkeys(WHOLE, "*"))

    def _rows(self, tables: dict[str, str]) -> dict[str, list[Any]]:
        connection = sqlite3.connect(self.database)
        try:
            return {
                table: sorted(connection.execute(f"SELECT {columns} FROM {table}").fetchall(), key=repr)
                for table, columns in tables.items()
            }
        finally:
            connection.close()


@cache
def _lahan() -> Form:
    return compile_form((LIBRARY / "lahan.md").read_bytes(), name="lahan.md")


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
