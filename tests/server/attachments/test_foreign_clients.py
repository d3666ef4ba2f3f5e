"""Clients that others wrote upload to this server, on a link that is cut in the middle."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tusclient.client import TusClient
from tusclient.uploader import Uploader

from server.listener import Listener
from tests.conftest import Needs
from tests.server.attachments.conftest import Sender
from tests.server.attachments.cutting import CuttingLink
from tests.server.attachments.pictures import sha256, some_bytes
from tests.server.conftest import House

KIB = 1024
PHOTO = some_bytes(1024 * KIB)
NAME = sha256(PHOTO)
JS = Path(__file__).with_name("js")
Senders = Callable[..., Sender]


@pytest.fixture
def address(house: House) -> Iterator[str]:
    listener = Listener(house.app, house.server.settings, host="127.0.0.1", port=0)
    thread = threading.Thread(target=listener.run)
    thread.start()
    yield listener.address
    listener.stop()
    thread.join()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "photo.jpg"
    file.write_bytes(PHOTO)
    return file


def tuspy(base: str, sender: Sender, photo: Path, **options: object) -> Uploader:
    client = TusClient(f"{base}/v1/attachments", headers={"Authorization": f"Bearer {sender.phone.token}"})
    return client.uploader(
        str(photo),
        chunk_size=64 * KIB,
        metadata={"sha256": NAME, "filename": "../../evil.html"},
        retries=50,
        retry_delay=0,
        **options,
    )


@pytest.fixture
def js(needs: Needs) -> Callable[..., str]:
    """Runs ``upload.mjs``; what it prints."""
    node, npm = shutil.which("node"), shutil.which("npm")
    needs("tus-js-client (no npm)", node and npm)
    if not (JS / "node_modules").exists():
        subprocess.run([str(npm), "ci", "--silent"], cwd=JS, check=True, timeout=300)

    def uploaded(url: str, sender: Sender, photo: Path, *how: str) -> str:
        words = [f"{url}/v1/attachments", sender.phone.token, NAME, str(photo), str(64 * KIB), *how]
        run = subprocess.run(
            [str(node), str(JS / "upload.mjs"), *words],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        return run.stdout.strip()

    return uploaded


@pytest.mark.parametrize("checked", [False, True])
def test_tuspy_uploads_through_cuts(
    house: House, sender: Senders, address: str, photo: Path, checked: bool
) -> None:
    siti = sender("Siti")
    with CuttingLink(address, every_bytes=150 * KIB) as link:
        uploader = tuspy(address, siti, photo, upload_checksum=checked)
        uploader.set_url(uploader.create_url())
        uploader.set_url(uploader.url.replace(address, link.url))
        uploader.upload()

    assert link.cuts >= 4
    assert house.server.attachments.is_whole(NAME)


def test_tuspy_resumes_an_upload_that_another_run_began(
    house: House, sender: Senders, address: str, photo: Path
) -> None:
    siti = sender("Siti")
    first = tuspy(address, siti, photo)
    first.upload(stop_at=200 * KIB)

    second = tuspy(address, siti, photo, url=first.url)

    assert second.offset == first.offset > 200 * KIB - 1
    second.upload()
    assert house.server.attachments.is_whole(NAME)
    tuspy(address, sender("Budi"), photo).upload()  # what is there already is done at once


def test_tus_js_client_uploads_through_cuts(
    house: House, sender: Senders, address: str, photo: Path, js: Callable[..., str]
) -> None:
    with CuttingLink(address, every_bytes=150 * KIB) as link:
        js(link.url, sender("Siti"), photo)

    assert link.cuts >= 4
    assert house.server.attachments.is_whole(NAME)


def test_tus_js_client_resumes_an_upload_that_another_run_began(
    house: House, sender: Senders, address: str, photo: Path, js: Callable[..., str]
) -> None:
    siti = sender("Siti")
    url = js(address, siti, photo, "stop")
    path = url.removeprefix(address)
    begun = int(siti.asks("HEAD", path).headers["Upload-Offset"])

    js(address, siti, photo, url)

    assert begun >= 128 * KIB
    assert house.server.attachments.is_whole(NAME)
    js(address, sender("Budi"), photo)  # what is there already is done at once
