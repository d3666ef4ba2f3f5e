"""``tapak bundle`` and what ``status`` says of files that travel, as a person sees it."""

from __future__ import annotations

import hmac
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from field_client import edge, facts, journal
from field_client.main import tapak
from sync.bundle import Manifest, Receipt, receipt_message, with_end, write_manifest, write_receipt
from sync.chain import START, Place
from sync.packing import packed
from tests.field_client.test_attachments import attaches
from tests.field_client.world import Phone, World


class Shell:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys
        self.code = 0

    def __call__(self, phone: Phone, *arguments: object) -> tuple[str, list[str]]:
        """What stood on stdout, and the lines of the talk."""
        self.capsys.readouterr()
        self.code = edge.run(tapak, ["--home", str(phone.home), *map(str, arguments)])
        captured = self.capsys.readouterr()
        return captured.out, captured.err.splitlines()

    def json(self, phone: Phone, *arguments: object) -> Any:
        return json.loads(self(phone, *arguments, "--json")[0])


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv("TAPAK_LANGUAGE", "en")
    return Shell(capsys)


def device_of(phone: Phone) -> str:
    return facts.get(phone.db, facts.ENROLLED) or ""


def from_the_office(world: World, receipt: Receipt, *, made_ms: int) -> Path:
    file = world.folder / "receipts.tapak"
    lines = [write_manifest(Manifest(1, made=made_ms)), write_receipt(receipt)]
    file.write_bytes(b"".join(packed(with_end(lines))))
    return file


def receipt_for(phone: Phone, have: Place) -> Receipt:
    token = facts.get(phone.db, facts.TOKEN) or ""
    receipt = Receipt(device_of(phone), have)
    mac = hmac.digest(token.encode(), receipt_message(receipt), sha256)
    return Receipt(device_of(phone), have, START, mac)


def test_a_file_is_written_and_handed_to_another_phone(world: World, shell: Shell) -> None:
    siti, budi = world.phone("Siti"), world.phone("Budi")
    record = siti.starts(status="kosong")
    attaches(siti, record)
    file = world.folder / "siti.tapak"

    written = shell.json(siti, "bundle", "export", file)
    taken = shell.json(budi, "bundle", "import", file)
    status = shell.json(budi, "status")
    said = shell(budi, "status")[0].splitlines()

    numbers = [{"device": device_of(siti), "from": 1, "to": 2}]
    assert written == {
        "file": str(file),
        "lines": 2,
        "numbers": numbers,
        "photos": 1,
        "left_sealed": 0,
        "bytes": file.stat().st_size,
    }
    assert taken == {
        "sha256": sha256(file.read_bytes()).hexdigest(),
        "carried": True,
        "again": False,
        "whole": True,
        "numbers": numbers,
        "photos": 1,
        "receipts": 0,
    }
    assert (status["carried_left"], status["saved"]) == (1, 0)
    assert status["carried"] == [
        {
            "sha256": taken["sha256"],
            "file": "siti.tapak",
            "owner": "Siti",
            "bytes": written["bytes"],
            "state": "kept",
            "whole": True,
            "old_phone": False,
            "numbers": numbers,
        }
    ]
    assert "Carried for others: 1 files (0.3 MB)" in said
    assert f"  siti.tapak: saves 1–2 of Siti ({device_of(siti)}): waits for a sync." in said


def test_the_talk_says_where_the_work_is_now(world: World, shell: Shell) -> None:
    siti, budi = world.phone("Siti"), world.phone("Budi")
    siti.starts(status="kosong")
    file = world.folder / "siti.tapak"

    _, written = shell(siti, "bundle", "export", file)
    _, taken = shell(budi, "bundle", "import", file)
    _, again = shell(budi, "bundle", "import", file)

    assert written == [
        f"Written: {file} (0.0 MB). Saves: 1; photos and documents: 0. "
        "Your saves stay on this device as well."
    ]
    assert taken == [
        f"This device now carries the file to the server: saves 1–1 of Siti ({device_of(siti)}); photos 0. "
        "It goes with the next sync and is not shown among your entries."
    ]
    assert again == ["This file is carried here already; nothing was added."]


def test_where_there_is_nothing_to_write_no_file_is_made(world: World, shell: Shell) -> None:
    siti = world.phone("Siti")
    siti.starts(status="kosong")
    siti.syncs()
    file = world.folder / "siti.tapak"

    written = shell.json(siti, "bundle", "export", file, "--since-receipt")

    assert (shell.code, written["file"], written["lines"]) == (0, None, 0)
    assert not file.exists()


def test_a_cut_file_needs_a_person_and_a_wrong_one_is_wrong_usage(world: World, shell: Shell) -> None:
    siti, budi = world.phone("Siti"), world.phone("Budi")
    record = siti.starts(status="kosong")
    attaches(siti, record)
    file, letter = world.folder / "siti.tapak", world.folder / "letter.txt"
    shell(siti, "bundle", "export", file)
    file.write_bytes(file.read_bytes()[:-1000])
    letter.write_text("Dear Budi")

    _, cut = shell(budi, "bundle", "import", file)
    cut_code = shell.code
    _, wrong = shell(budi, "bundle", "import", letter)

    assert cut_code == 3
    assert cut[-1] == (
        "The file is cut or damaged. What is whole in it is carried; ask its owner for the file once more."
    )
    assert shell.code == 2
    assert wrong[0].startswith(f"'{letter}' is no Tapak file that can be carried: ")


def test_a_folder_that_is_not_there_is_named(world: World, shell: Shell) -> None:
    siti = world.phone("Siti")
    siti.starts(status="kosong")

    _, said = shell(siti, "bundle", "export", world.folder / "usb" / "siti.tapak")

    assert (shell.code, said) == (2, [f"There is no folder '{world.folder / 'usb'}'."])


def test_a_receipt_by_file_is_shown_and_never_believed(world: World, shell: Shell) -> None:
    siti = world.phone("Siti")
    record = siti.starts(status="a")
    siti.saves(record, status="b")
    file = from_the_office(world, receipt_for(siti, journal.tip(siti.db)), made_ms=world.now_ms)

    _, said = shell(siti, "bundle", "import", file)
    status = shell.json(siti, "status")

    assert said == ["The file holds no saves to carry. Confirmations in it: 1; see: tapak status"]
    assert status["receipt"]["have"] == [2, journal.tip(siti.db).id]
    assert (status["received"], status["unsent"], status["carried"]) == (0, 2, [])
    assert siti.syncs().sent == 2


@pytest.mark.parametrize("change", ["mac", "number", "device", "line"])
def test_a_receipt_that_the_server_did_not_write_shows_nothing(
    world: World, shell: Shell, change: str
) -> None:
    siti, budi = world.phone("Siti"), world.phone("Budi")
    record = siti.starts(status="a")
    siti.saves(record, status="b")
    true = receipt_for(siti, journal.place_at(siti.db, 1))
    receipts = {
        "mac": Receipt(true.device, true.have, START, b"x" * 32),
        "number": Receipt(true.device, journal.tip(siti.db), START, true.mac),
        "device": receipt_for(budi, true.have),
        "line": receipt_for(siti, Place(1, "no-line-of-mine")),
    }

    shell(siti, "bundle", "import", from_the_office(world, receipts[change], made_ms=world.now_ms))

    assert shell.json(siti, "status")["receipt"] is None


def test_an_older_receipt_does_not_take_the_place_of_a_newer_one(world: World, shell: Shell) -> None:
    siti = world.phone("Siti")
    record = siti.starts(status="a")
    siti.saves(record, status="b")

    for made_ms, local in ((2000, 2), (1000, 1)):
        have = journal.place_at(siti.db, local)
        shell(siti, "bundle", "import", from_the_office(world, receipt_for(siti, have), made_ms=made_ms))

    assert shell.json(siti, "status")["receipt"]["have"][0] == 2


def test_a_new_phone_says_which_saves_of_the_old_one_did_not_arrive(world: World, shell: Shell) -> None:
    old, new = world.phone("Old"), world.phone("New")
    record = old.starts(status="a")
    old.saves(record, status="b")
    old.syncs()
    old.saves(record, status="c")
    old.saves(record, status="d")
    file = world.folder / "old.tapak"
    shell(old, "bundle", "export", file, "--since-receipt")

    shell(new, "bundle", "import", file, "--take-over")
    status = shell.json(new, "status")
    said = shell(new, "status")[0].splitlines()

    assert status["old_phones"] == [
        {"device": device_of(old), "name": "Old", "saved": 4, "waiting": [[3, 4]], "missing": []}
    ]
    assert "Old phone (Old): saves 3–4 have not arrived yet; they are here and go with the next sync." in said
    assert status["carried"][0]["old_phone"] is True
    assert status["saved"] == 0


def test_a_file_without_saves_cannot_be_taken_over(world: World, shell: Shell) -> None:
    siti = world.phone("Siti")
    file = from_the_office(world, receipt_for(siti, START), made_ms=1)

    _, said = shell(siti, "bundle", "import", file, "--take-over")

    assert shell.code == 2
    assert said == [f"'{file}' holds no saves. Make it on the old phone with: tapak bundle export FILE"]
