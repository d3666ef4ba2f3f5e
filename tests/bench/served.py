"""A real server: its data folder, its process, its address."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from server.app import initialise, open_server
from server.forms import compile_form, library_forms
from server.hub.publishing import publish
from server.hub.tokens import token_for
from server.store.base import Store
from server.store.people import PersonRow
from tests.bench.fielddata import FIRST_DAY_MS, REGENCY, FieldLog

TOKEN_KEY = b"k" * 32
START_TIMEOUT_S = 30


def prepared(folder: Path, logs: Iterable[FieldLog] = ()) -> Path:
    """The folder, with the forms of the pack and the devices of these logs; its database.

    Devices stand in the store as enrolment leaves them there; enrolling is not measured.
    """
    initialise(folder, url=None, practice=False, token_key=TOKEN_KEY, device_id="c" * 16)
    server = open_server(folder)
    with server.store.write() as unit:
        for name, source in library_forms():
            publish(unit, server.shelf, compile_form(source, name=name), now_ms=FIRST_DAY_MS)
    for log in logs:
        enrol(server.store, log)
    server.close()
    return server.folder.database


def enrol(store: Store, log: FieldLog) -> None:
    """The device of a log and its one person are known."""
    person = PersonRow(id=log.author, name=log.author, role="verifier", organisation="tni", areas=(REGENCY,))
    with store.write() as unit:
        unit.people.add_person(person, now_ms=FIRST_DAY_MS)
        unit.people.put_device(log.device, name=log.device, public_key="", app="", now_ms=FIRST_DAY_MS)
        unit.people.link(log.device, [log.author])


def token_of(device: str) -> str:
    """The token that the prepared server signed."""
    return token_for(TOKEN_KEY, device)


@contextmanager
def serving(data: Path) -> Iterator[int]:
    """The port of a ``tapak-server serve`` of its own process on this data folder."""
    port = _free_port()
    command = [program("tapak-server"), "--data", str(data), "serve", "--port", str(port)]
    log = data / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            _await_ready(port, process, log)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=START_TIMEOUT_S)


def program(name: str) -> str:
    """A command of the environment in which the measurement runs."""
    return str(Path(sys.executable).with_name(name))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise RuntimeError(f"tapak-server did not start:\n{log.read_text(encoding='utf-8', errors='replace')}")
