"""What an operator types before and after the disk dies."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.app import open_server
from server.hub.backup import OLD_MS
from server.jobs.backing_up import BackingUp
from server.main import main
from sync.chain import START
from sync.proof import Proof, write_proof
from tests.server.conftest import House
from tests.server.hub.phones import NOW_MS, VILLAGE, Phone

Run = Callable[..., Result]


@pytest.fixture
def run(house: House, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run("verify")``: the command with the house's data folder, or another."""
    monkeypatch.setenv("TAPAK_LANGUAGE", "en")

    def typed(*words: str, code: int = 0, data: Path | None = None) -> Result:
        result = CliRunner().invoke(main, ["--data", str(data or house.server.folder.path), *words])
        assert result.exit_code == code, result.output
        return result

    return typed


@pytest.fixture
def siti(handset: Callable[..., Phone]) -> Phone:
    siti = handset("Siti")
    siti.saves("r1", {"_area": VILLAGE, "luas_m2": 1}, form="lahan/2026112301")
    siti.saves("r1", {"luas_m2": 2}, form="lahan/2026112301")
    siti.syncs()
    return siti


def proof_of(phone: Phone) -> str:
    return write_proof(
        Proof(device=phone.device, tip=phone.tip, saved=len(phone.log), have=START, time="2026-11-24")
    )


def test_a_server_is_restored_from_the_copy_and_the_key(run: Run, siti: Phone, house: House, tmp_path: Path):
    made = json.loads(run("backup", str(tmp_path / "usb/tapak.db"), "--json").stdout)
    assert (made["lines"], made["records"]) == (2, 1)
    keys = tmp_path / "usb/keys"
    shutil.copytree(house.server.folder.token_key.parent, keys)

    new = tmp_path / "new"
    talk = run("restore", made["file"], "--keys", str(keys), data=new).stderr

    assert "Restored: 2 saves, 1 records." in talk
    assert run("verify", data=new).exit_code == 0
    server = open_server(new, environ={})
    assert server.token_key == house.server.token_key
    assert server.sealing_key.id == house.server.sealing_key.id
    with server.store.read() as unit:
        own = unit.log.own_device()
    assert own is not None
    assert own[0] != "console-device-0"
    server.close()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            (),
            "secrets/token.key is not there. Give the folder of the key by --keys, "
            "or --new-key where it is lost.",
        ),
        (("--keys", "."), "token.key is not there. Give the folder of the key by --keys"),
    ],
)
def test_a_restore_without_the_key_says_so_and_leaves_no_server(
    run: Run, siti: Phone, tmp_path: Path, words: tuple[str, ...], says: str
):
    run("backup", str(tmp_path / "one.db"))

    assert says in run("restore", str(tmp_path / "one.db"), *words, code=1, data=tmp_path / "new").stderr

    assert not (tmp_path / "new/tapak.db").exists()
    run("restore", str(tmp_path / "one.db"), "--new-key", data=tmp_path / "new")


def test_a_restore_takes_no_place_that_is_taken_and_no_file_that_is_no_backup(
    run: Run, siti: Phone, house: House, tmp_path: Path
):
    run("backup", str(tmp_path / "one.db"))
    taken = run("restore", str(tmp_path / "one.db"), code=1).stderr
    assert taken == (
        f"Error: {house.server.folder.database} is not empty; restore into an empty data folder.\n"
    )

    (tmp_path / "text.db").write_text("this is no database")
    new = tmp_path / "new"
    broken = run("restore", str(tmp_path / "text.db"), "--new-key", code=1, data=new).stderr
    assert broken == "Error: The database cannot be used: file is not a database\n"
    assert not (new / "tapak.db").exists()


def test_a_backup_that_was_tampered_with_is_not_restored(run: Run, siti: Phone, tmp_path: Path):
    run("backup", str(tmp_path / "one.db"))
    with sqlite3.connect(tmp_path / "one.db") as db:
        db.execute("UPDATE revision SET received_ms = received_ms + 1")
    db.close()

    said = run("restore", str(tmp_path / "one.db"), "--new-key", code=1, data=tmp_path / "new").stderr

    assert "(1 findings: receipt-altered phone-of-siti)" in said


def test_a_drill_restores_the_newest_backup_and_compares(run: Run, siti: Phone, house: House):
    assert "GAGAL The newest backup can be restored. There is no backup yet." in (
        run("doctor", "--drill", code=1).stdout
    )
    path = house.server.folder.backups / "tapak-20261124-113000.db"
    run("backup", str(path))

    report = run("doctor", "--drill", code=0).stdout

    noted = f"{path}: 2 saves, 1 records, 0 photos and documents, as noted."
    assert f"ok    The newest backup can be restored. {noted}" in report
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM record")
    db.close()
    assert "GAGAL The newest backup can be restored." in run("doctor", "--drill", code=1).stdout


def test_a_proof_says_whether_everything_is_here_and_in_a_backup(
    run: Run, siti: Phone, house: House, tmp_path: Path
):
    siti.saves("r1", {"luas_m2": 3}, form="lahan/2026112301")
    assert run("verify", "--proof", proof_of(siti), code=3).stdout == (
        "Device phone-of-siti: its last save has not arrived.\n"
    )

    siti.syncs()
    assert run("verify", "--proof", proof_of(siti), code=3).stdout == (
        "Device phone-of-siti: all 3 saves arrived; no backup has all of them yet.\n"
    )

    path = (tmp_path / "one.db").resolve()
    run("backup", str(path))
    assert run("verify", "--proof", proof_of(siti)).stdout == (
        f"Device phone-of-siti: all 3 saves arrived and are in the verified backup {path}.\n"
    )
    assert json.loads(run("verify", "--proof", proof_of(siti), "--json").stdout) == {
        "device": "phone-of-siti",
        "arrived": True,
        "backup": str(path),
    }
    path.unlink()
    assert run("verify", "--proof", proof_of(siti), code=3)
    assert run("verify", "--proof", "all is well", code=1).stderr == (
        "Error: This is no text of 'tapak status --proof'.\n"
    )


def test_readyz_warns_of_an_old_backup(house: House, handset: Callable[..., Phone]):
    house.clock_ms = 2_000_000_000_000
    assert house.client.get("/readyz").json == {"status": "ready", "warnings": []}

    phone = handset("Siti")
    phone.saves("r1", {"_area": VILLAGE, "sengketa": "tidak"})
    phone.syncs()
    assert house.client.get("/readyz").json == {"status": "ready", "warnings": ["backup-old"]}

    ticks(house)
    assert house.client.get("/readyz").json == {"status": "ready", "warnings": []}

    house.clock_ms += OLD_MS + 1
    assert house.client.get("/readyz").json == {"status": "ready", "warnings": ["backup-old"]}


def ticks(house: House) -> None:
    server = house.server
    assert server.copies is not None
    BackingUp(
        server.store,
        server.copies,
        server.files,
        server.backup_folder,
        every_h=24,
        kept=2,
        now_ms=lambda: house.clock_ms,
    ).tick()


def test_the_schedule_starts_with_a_backup_and_stops(house: House, siti: Phone):
    server = house.server
    assert server.copies is not None
    backing_up = BackingUp(
        server.store,
        server.copies,
        server.files,
        server.backup_folder,
        every_h=24,
        kept=2,
        now_ms=lambda: NOW_MS,
    )

    backing_up.start()
    backing_up.stop()
    backing_up.tick()  # not due again

    assert [path.name for path in server.backup_folder.iterdir()] == ["tapak-20251125-030640.db"]
    assert siti.syncs().header.durable == siti.tip
