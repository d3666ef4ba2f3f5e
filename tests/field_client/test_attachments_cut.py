"""The real command over real HTTP, on a link that is cut, and killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from field_client import edge
from server.app import web_app
from server.listener import Listener
from tests.field_client.test_commands import code_for
from tests.field_client.world import VILLAGE, World
from tests.server.attachments.cutting import CuttingLink
from tests.server.attachments.pictures import sha256, some_bytes

KIB = 1024
PHOTO = some_bytes(3 * 1024 * KIB)


@pytest.fixture
def address(world: World) -> Iterator[str]:
    app = web_app(world.server, now_ms=edge.now_ms)
    listener = Listener(app, world.server.settings, host="127.0.0.1", port=0)
    thread = threading.Thread(target=listener.run)
    thread.start()
    yield listener.address
    listener.stop()
    thread.join()


def tapak(home: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "field_client.main", "--home", str(home), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TAPAK_LANGUAGE": "en"},
    )


def done(home: Path, *arguments: str) -> Any:
    run = tapak(home, *arguments)
    out, err = run.communicate(timeout=120)
    assert run.returncode == 0, err
    return json.loads(out)


def told(home: Path, *arguments: str) -> list[str]:
    run = tapak(home, *arguments)
    out, err = run.communicate(timeout=120)
    assert run.returncode == 0, err
    return (out + err).splitlines()


def attached(world: World, url: str, photo: bytes) -> Path:
    """A phone with a record and a photo, whose text is with the server; its folder."""
    home = world.folder / "phone"
    done(home, "enrol", url, code_for(world, "Siti"), "--json")
    record = str(done(home, "save", "lahan", "--area", VILLAGE, "status=kosong")["record"])
    file = world.folder / "photo.jpg"
    file.write_bytes(photo)
    done(home, "attach", record, "foto", str(file))
    return home


def test_show_says_how_many_photos_the_server_has(world: World, address: str) -> None:
    home = attached(world, address, PHOTO[:KIB])
    record = str(done(home, "list", "--json")[0]["record"])

    before = told(home, "show", record)
    sent = told(home, "sync")
    after = told(home, "show", record)

    assert "foto 0/1" in before
    assert "Photos and documents that the server received: 1." in sent
    assert "foto 1/1" in after


def test_three_megabytes_with_twenty_cuts_send_little_again(world: World, address: str) -> None:
    with CuttingLink(address, every_bytes=10**9) as link:
        home = attached(world, link.url, PHOTO)
        link.carried = 0
        link.every_bytes = link._budget = len(PHOTO) // 20
        link.cuts_max = 20

        told = done(home, "sync", "--json")

        assert told["attachments_left"] == 0
        assert link.cuts == 20
        assert world.server.attachments.is_whole(sha256(PHOTO))
        assert link.carried <= len(PHOTO) * 1.15


@pytest.mark.parametrize("every_kib", [20, 33, 100])
def test_a_photo_comes_through_whatever_the_link_lets_through(
    world: World, address: str, every_kib: int
) -> None:
    photo = PHOTO[: 400 * KIB]
    with CuttingLink(address, every_bytes=10**9) as link:
        home = attached(world, link.url, photo)
        link.every_bytes = link._budget = every_kib * KIB

        told = done(home, "sync", "--json")

    assert told["attachments_left"] == 0
    assert link.cuts > 2
    assert world.server.attachments.is_whole(sha256(photo))


def test_a_killed_run_goes_on_where_it_was(world: World, address: str) -> None:
    with CuttingLink(address, every_bytes=10**9) as link:
        home = attached(world, link.url, PHOTO)
        killed: list[subprocess.Popen[str]] = []
        link.when_cut = lambda cuts: killed[0].send_signal(signal.SIGKILL)
        link.every_bytes = link._budget = 1024 * KIB
        link.cuts_max = 1
        killed.append(tapak(home, "sync"))
        killed[0].wait(timeout=60)
        before = done(home, "status", "--json")["attachments"]
        link.carried = 0

        told = done(home, "sync", "--json")

        assert killed[0].returncode == -signal.SIGKILL
        assert before == {"left": 1, "bytes_left": len(PHOTO)}
        assert told["attachments_left"] == 0
        assert link.carried < len(PHOTO) - 700 * KIB
        assert world.server.attachments.is_whole(sha256(PHOTO))
        assert done(home, "status", "--json")["attachments"] == {"left": 0, "bytes_left": 0}
