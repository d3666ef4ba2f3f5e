"""The real web server over real sockets."""

from __future__ import annotations

import gzip
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from server.app import web_app
from server.listener import Listener
from server.settings import Settings
from sync.wire import read_answer
from tests.server.conftest import Handset, House
from tests.server.hub.phones import NOW_MS, VILLAGE
from tests.server.served import serving

DEFAULTS = Settings()


@pytest.fixture
def listening() -> Iterator[Callable[[Callable[..., Any]], Listener]]:
    """``listening(app)`` serves it on a free port until the test ends."""
    running: list[tuple[Listener, threading.Thread]] = []

    def start(app: Callable[..., Any], settings: Settings = DEFAULTS) -> Listener:
        listener = Listener(app, settings, host="127.0.0.1", port=0)
        thread = threading.Thread(target=listener.run)
        thread.start()
        running.append((listener, thread))
        return listener

    yield start
    for listener, thread in running:
        listener.stop()
        thread.join()


def test_a_phone_enrols_and_syncs_over_the_network(
    house: House, listening: Callable[[Callable[..., Any]], Listener]
) -> None:
    url = listening(web_app(house.server, now_ms=lambda: NOW_MS)).address
    siti = house.person("Siti")
    asked = {"code": house.code(siti), "device": "phone-of-siti", "name": "HP", "app": "1.0.0"}
    token = requests.post(f"{url}/v1/enrol", json=asked, timeout=10).json()["token"]
    phone = Handset(house.server.store, house.server.shelf, "phone-of-siti", siti, house=house)
    phone.saves("r1", {"_area": VILLAGE, "sengketa": "tidak"})

    answer = requests.post(
        f"{url}/v1/sync",
        data=gzip.compress(phone.body()),
        headers={
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/x-ndjson",
            "Content-Encoding": "gzip",
        },
        timeout=10,
    )

    assert answer.status_code == 200
    assert read_answer(answer.content).header.have == phone.tip
    assert requests.get(f"{url}/v1/records/r1", headers={"Authorization": f"Bearer {token}"}, timeout=10).ok
    assert "Traceback" not in requests.get(f"{url}/nowhere", timeout=10).text


def test_many_stalled_uploads_keep_nobody_waiting(
    house: House, listening: Callable[[Callable[..., Any]], Listener]
) -> None:
    url = listening(web_app(house.server, now_ms=lambda: NOW_MS)).address
    port = int(url.rpartition(":")[2])
    stalled = [socket.create_connection(("127.0.0.1", port)) for _ in range(150)]
    try:
        for connection in stalled:
            connection.sendall(b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nhalf")

        assert requests.get(f"{url}/healthz", timeout=10).json() == {"status": "ok"}
    finally:
        for connection in stalled:
            connection.close()


def test_a_request_that_runs_when_the_server_stops_is_answered_whole() -> None:
    started, may_finish = threading.Event(), threading.Event()

    def slow(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        started.set()
        may_finish.wait(10)
        start_response("200 OK", [("Content-Length", "300000")])
        return [b"x" * 300_000]

    listener = Listener(slow, Settings(), host="127.0.0.1", port=0)
    thread = threading.Thread(target=listener.run)
    thread.start()
    got: list[int] = []
    asker = threading.Thread(
        target=lambda: got.append(len(requests.get(listener.address, timeout=10).content))
    )
    asker.start()
    assert started.wait(10)

    listener.stop()
    may_finish.set()
    asker.join()
    thread.join()

    assert got == [300_000]
    with pytest.raises(requests.ConnectionError):
        requests.get(listener.address, timeout=2)


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_a_server_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path / "data") as (process, url):
        ready = requests.get(f"{url}/readyz", timeout=10).json()
        assert ready == {"status": "ready", "warnings": []}

        process.send_signal(number)
        _, talk = process.communicate(timeout=20)

    assert process.returncode == 0
    assert talk.endswith("The server has stopped.\n")
    assert "Traceback" not in talk


def wrong_codes(url: str, *, phone: str, until: int, tries: int = 40) -> int:
    """How many wrong codes a phone sends through the proxy until it is asked to wait."""
    asked = {"code": "AAA-AAA-AAA", "device": "phone-of-siti", "name": "HP", "app": "1.0.0"}
    for number in range(tries):
        answer = requests.post(f"{url}/v1/enrol", json=asked, headers={"X-Forwarded-For": phone}, timeout=10)
        if answer.status_code == until:
            return number
    return tries


def test_behind_a_trusted_proxy_one_phone_that_guesses_stops_no_other(
    house: House, listening: Callable[..., Listener]
) -> None:
    app = web_app(house.server, now_ms=lambda: NOW_MS)
    url = listening(app, Settings(trusted_proxy="127.0.0.1")).address

    guessed = wrong_codes(url, phone="10.0.0.1", until=429)

    assert 0 < guessed < 40
    assert wrong_codes(url, phone="10.0.0.2", until=429, tries=1) == 1


def test_an_address_that_anybody_may_write_is_not_believed(
    house: House, listening: Callable[..., Listener]
) -> None:
    url = listening(web_app(house.server, now_ms=lambda: NOW_MS)).address

    wrong_codes(url, phone="10.0.0.1", until=429)

    assert wrong_codes(url, phone="10.0.0.2", until=429, tries=1) == 0
