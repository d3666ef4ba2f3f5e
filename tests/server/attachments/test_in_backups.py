"""A backup has the photos too: what is durable is, and a server that comes back shows them."""

from __future__ import annotations

import errno
import itertools
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from server.app import open_server
from server.hub.attachment_care import verify_attachments
from server.hub.backup import (
    FILES_FOLDER,
    LEASE_MS,
    PATTERN,
    adopt,
    back_up,
    back_up_if_due,
    prune,
    refresh,
    retire,
)
from server.hub.verify import verify
from server.main import main
from server.restoration import Restored, restore
from server.store.backups import BackupRow
from sync.chain import START
from tests.server.attachments.conftest import Sender
from tests.server.attachments.pictures import sha256, some_bytes
from tests.server.conftest import House
from tests.server.hub.phones import NOW_MS, VILLAGE

PHOTO, OTHER = some_bytes(30_000), some_bytes(20_000, seed=2)
Senders = Callable[..., Sender]


def backs_up(house: House, folder: Path, name: str = "one.db", *, at_ms: int = NOW_MS) -> BackupRow:
    server = house.server
    assert server.copies is not None
    return back_up(server.store, server.copies, server.files, folder / name, now_ms=at_ms)


def comes_back(house: House, backup: str, data: Path) -> Restored:
    return restore(
        data,
        Path(backup),
        mirror=None,
        keys=house.server.folder.token_key.parent,
        fresh_key=None,
        device_id="console-2",
        now_ms=NOW_MS,
        environ={},
    )


def sent_by(siti: Sender, *photos: bytes) -> Sender:
    """Her phone with the server's receipt for photos, each named in a line of its own."""
    for photo in photos:
        siti.names(photo)
        siti.phone.syncs()
        siti.brings(photo)
    return siti


def no_link(self: Path, target: Path) -> None:
    """Backups lie on another disk."""
    raise OSError(errno.EXDEV, "another disk")


def lies(folder: Path, data: bytes) -> Path:
    name = sha256(data)
    return folder / name[:2] / name[2:4] / name


def test_a_line_is_durable_with_its_photo_or_while_that_has_not_arrived(
    sender: Senders, house: House, tmp_path: Path
) -> None:
    siti = sender("Siti")
    siti.phone.saves("r1", {"_area": VILLAGE})
    before = siti.phone.tip
    siti.names(PHOTO)
    siti.phone.saves("r1", {"luas_m2": 2})
    siti.phone.syncs()
    backs_up(house, tmp_path)
    assert siti.phone.syncs().header.durable == siti.phone.tip  # as a text: she has the photo still

    siti.brings(PHOTO)

    assert siti.phone.syncs().header.durable == before
    second = backs_up(house, tmp_path, "two.db", at_ms=NOW_MS + 1)
    assert (second.files, second.files_missing) == (1, 0)
    assert siti.phone.syncs().header.durable == before  # the older backup can still be restored
    retire(house.server.store, house.server.files, tmp_path, kept=1)
    assert siti.phone.syncs().header.durable == siti.phone.tip


def test_a_photo_of_the_first_line_holds_the_whole_log_back(
    sender: Senders, house: House, tmp_path: Path
) -> None:
    siti = sender("Siti")
    siti.names(PHOTO)
    siti.phone.syncs()
    backs_up(house, tmp_path)
    siti.brings(PHOTO)

    assert siti.phone.syncs().header.durable == START


def test_a_cloned_phones_photos_count_on_the_log_it_branched_from(
    sender: Senders, house: House, tmp_path: Path
) -> None:
    siti = sender("Siti")
    siti.phone.saves("r1", {"_area": VILLAGE})
    before = siti.phone.tip
    siti.names(PHOTO)
    siti.phone.syncs()
    siti.phone.device = "phone-of-siti-again"
    siti.phone.saves("r1", {"luas_m2": 2}, was="phone-of-siti")
    siti.phone.syncs()
    backs_up(house, tmp_path)
    assert siti.phone.syncs().header.durable == siti.phone.tip

    siti.brings(PHOTO)

    assert siti.phone.syncs().header.durable == before


def test_a_restored_server_shows_the_photos(sender: Senders, house: House, tmp_path: Path) -> None:
    sent_by(sender("Siti"), PHOTO)
    backup = backs_up(house, tmp_path / "usb").path
    assert os.name != "posix" or (tmp_path / "usb" / FILES_FOLDER).stat().st_mode & 0o077 == 0
    shutil.rmtree(house.server.folder.attachments)

    restored = comes_back(house, backup, tmp_path / "new")

    assert (restored.files, restored.files_missing) == (1, 0)
    server = open_server(tmp_path / "new", environ={})
    file = server.attachments.open(sha256(PHOTO))
    assert file is not None
    with file:
        assert file.read() == PHOTO
    server.close()


def test_photos_that_were_kept_in_another_way_are_taken_as_well(
    sender: Senders, house: House, tmp_path: Path
) -> None:
    siti = sender("Siti")
    siti.names(PHOTO)
    siti.phone.syncs()
    backup = backs_up(house, tmp_path / "usb").path
    siti.brings(PHOTO)  # after the backup: only the folder, copied since, has it
    shutil.copytree(house.server.folder.attachments, tmp_path / "new" / "attachments")

    restored = comes_back(house, backup, tmp_path / "new")

    assert (restored.files, restored.files_missing) == (1, 0)
    house.server.close()
    house.__init__(open_server(tmp_path / "new", environ={}))  # type: ignore[misc]
    assert siti.phone.syncs().header.wanted.files == ()
    assert siti.gets(f"/v1/attachments/{sha256(PHOTO)}").data == PHOTO


@pytest.mark.parametrize("damage", ["gone", "altered"])
def test_a_photo_that_its_backup_lost_is_asked_for_again(
    sender: Senders, house: House, tmp_path: Path, damage: str
) -> None:
    siti = sent_by(sender("Siti"), PHOTO)
    backup = backs_up(house, tmp_path / "usb").path
    file = lies(tmp_path / "usb" / FILES_FOLDER, PHOTO)
    file.unlink()
    if damage == "altered":
        file.write_bytes(b"x" * len(PHOTO))

    restored = comes_back(house, backup, tmp_path / "new")

    assert (restored.files, restored.files_missing) == (0, 1)
    house.server.close()
    house.__init__(open_server(tmp_path / "new", environ={}))  # type: ignore[misc]
    assert siti.phone.syncs().header.wanted.files == (sha256(PHOTO),)
    siti.brings(PHOTO)
    assert siti.gets(f"/v1/attachments/{sha256(PHOTO)}").data == PHOTO


def test_a_photo_that_is_damaged_on_the_server_is_in_no_backup_and_its_line_not_durable(
    sender: Senders, house: House, tmp_path: Path
) -> None:
    siti = sent_by(sender("Siti"), PHOTO)
    lies(house.server.folder.attachments, PHOTO).write_bytes(b"x")

    row = backs_up(house, tmp_path)

    assert (row.lines, row.files, row.files_missing) == (1, 0, 1)
    assert not any((tmp_path / FILES_FOLDER).rglob("?" * 64))
    assert siti.phone.syncs().header.durable == START


def test_a_full_disk_keeps_photos_out_of_a_backup_and_no_text(
    sender: Senders, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    siti = sender("Siti")
    siti.phone.saves("r1", {"_area": VILLAGE})
    text = siti.phone.tip
    sent_by(siti, PHOTO)

    monkeypatch.setattr(Path, "hardlink_to", no_link)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(1, 1, 1_000_000))

    row = backs_up(house, tmp_path)

    assert (row.lines, row.files, row.files_missing) == (2, 0, 1)
    assert siti.phone.syncs().header.durable == text


def test_on_another_disk_photos_are_copied(
    sender: Senders, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent_by(sender("Siti"), PHOTO)

    monkeypatch.setattr(Path, "hardlink_to", no_link)

    assert backs_up(house, tmp_path).files == 1

    copy = lies(tmp_path / FILES_FOLDER, PHOTO)
    assert copy.read_bytes() == PHOTO
    assert copy.stat().st_ino != lies(house.server.folder.attachments, PHOTO).stat().st_ino


def test_a_backup_whose_photos_were_taken_away_is_not_offered(
    sender: Senders, house: House, tmp_path: Path
) -> None:
    siti = sent_by(sender("Siti"), PHOTO)
    backs_up(house, tmp_path)
    assert siti.phone.syncs().header.durable == siti.phone.tip

    shutil.rmtree(tmp_path / FILES_FOLDER)
    refresh(house.server.store, house.server.files)

    assert siti.phone.syncs().header.durable == START


def test_photos_that_no_kept_backup_names_go_and_none_while_one_cannot_be_read(
    sender: Senders, house: House, tmp_path: Path
) -> None:
    siti, server = sender("Siti"), house.server
    assert server.copies is not None
    sent_by(siti, PHOTO, OTHER)
    first = backs_up(house, tmp_path, "tapak-1.db")
    with server.store.write() as unit:
        unit.attachments.forget(sha256(OTHER))
    server.attachments.delete(sha256(OTHER))
    backs_up(house, tmp_path, "tapak-2.db", at_ms=NOW_MS + 1)
    assert prune(server.store, server.copies, server.files, tmp_path) == []  # the first one names it

    Path(first.path).unlink()
    (tmp_path / "tapak-0.db").write_bytes(b"no database")
    assert prune(server.store, server.copies, server.files, tmp_path) == []
    (tmp_path / "tapak-0.db").unlink()
    assert prune(server.store, server.copies, server.files, tmp_path) == [sha256(OTHER)]

    assert lies(tmp_path / FILES_FOLDER, PHOTO).exists()


def test_backups_that_are_found_are_told_apart_by_their_photos(
    sender: Senders, house: House, tmp_path: Path
) -> None:
    siti, server = sender("Siti"), house.server
    assert server.copies is not None
    sent_by(siti, PHOTO)
    old = backs_up(house, tmp_path, "tapak-old.db")
    before = siti.phone.tip
    sent_by(siti, OTHER)
    young = backs_up(house, tmp_path, "tapak-young.db", at_ms=NOW_MS + 1)
    with server.store.write() as unit:
        unit.backups.forget(old.path)
        unit.backups.forget(young.path)
    for row, later_s in ((old, 1_000), (young, 2_000)):
        os.utime(row.path, (NOW_MS // 1000 + later_s,) * 2)

    adopt(server.store, server.copies, server.files, [Path(young.path), Path(old.path)])

    assert siti.phone.syncs().header.durable == before
    Path(old.path).unlink()
    refresh(server.store, server.files)
    assert siti.phone.syncs().header.durable == siti.phone.tip


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process of ours must die at a chosen operation")
def test_a_backup_that_is_killed_anywhere_is_none_or_whole(
    sender: Senders, house: House, tmp_path: Path
) -> None:
    sent_by(sender("Siti"), PHOTO, OTHER)
    house.server.store.close()
    deaths = 0
    for step in itertools.count(1, 2):
        folder = tmp_path / str(step)
        at_ms = NOW_MS + 10 * LEASE_MS * step
        if not dies_at(step, lambda folder=folder, at_ms=at_ms: is_due(house, folder, now_ms=at_ms)):
            break
        deaths += 1
        if list(folder.glob(PATTERN)):
            assert [lies(folder / FILES_FOLDER, picture).read_bytes() for picture in (PHOTO, OTHER)] == [
                PHOTO,
                OTHER,
            ]
        again = is_due(house, folder, now_ms=at_ms + 5 * LEASE_MS)
        assert again is not None
        assert (again.lines, again.files, again.files_missing) == (2, 2, 0)
        assert not list(folder.rglob("*.part*"))
        house.server.store.close()
    print(f"killed at {deaths} operations")
    assert deaths > 10


def is_due(house: House, folder: Path, *, now_ms: int) -> BackupRow | None:
    server = house.server
    assert server.copies is not None
    return back_up_if_due(server.store, server.copies, server.files, folder, every_h=1, kept=3, now_ms=now_ms)


def dies_at(step: int, work: Callable[[], object]) -> bool:
    """A process dies before its ``step``-th operation on files; false where it lived."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0
    left = itertools.count(step, -1)

    def counted(operation: Callable[..., Any]) -> Callable[..., Any]:
        def dying(*arguments: Any, **options: Any) -> Any:
            if next(left) <= 1:
                os._exit(9)
            return operation(*arguments, **options)

        return dying

    for owner, name in ((os, "fsync"), (os, "open"), (Path, "mkdir"), (shutil, "copyfile")):
        setattr(owner, name, counted(getattr(owner, name)))
    for name in ("replace", "unlink", "hardlink_to"):
        setattr(Path, name, counted(getattr(Path, name)))
    work()
    os._exit(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process of ours must die at a chosen operation")
def test_a_restore_that_is_killed_anywhere_leaves_no_server_or_a_whole_one(
    sender: Senders, house: House, tmp_path: Path
) -> None:
    sent_by(sender("Siti"), PHOTO)
    backup = backs_up(house, tmp_path / "usb").path
    house.server.store.close()
    deaths = 0
    for step in itertools.count(1, 2):
        data = tmp_path / str(step)
        if not dies_at(step, lambda data=data: comes_back(house, backup, data)):
            break
        deaths += 1
        if not (data / "tapak.db").exists():
            restored = comes_back(house, backup, data)
            assert (restored.lines, restored.files, restored.files_missing) == (1, 1, 0)
        server = open_server(data, environ={})
        assert list(verify(server.store, server.shelf)) == []
        assert list(verify_attachments(server.store, server.attachments)) == []
        server.close()
    print(f"killed at {deaths} operations")
    assert deaths > 10


def test_the_operator_hears_of_photos_that_a_backup_lacks_or_lost(
    sender: Senders, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAPAK_LANGUAGE", "en")

    def types(*words: str) -> Result:
        return CliRunner().invoke(main, ["--data", str(house.server.folder.path), *words])

    sent_by(sender("Siti"), PHOTO)
    made = types("backup", str(tmp_path / "one.db"), "--json")
    assert (made.exit_code, json.loads(made.stdout)["files"]) == (0, 1)
    assert f"Photos and documents: 1, in {tmp_path / FILES_FOLDER}." in made.stderr
    assert "1 photos and documents, as noted." in types("doctor", "--drill").stdout

    copy = lies(tmp_path / FILES_FOLDER, PHOTO)
    copy.unlink()
    copy.write_bytes(b"x")
    drill = types("doctor", "--drill")
    assert drill.exit_code == 1
    assert "0 photos and documents; noted were 1, 1 and 1" in drill.stdout

    lies(house.server.folder.attachments, PHOTO).write_bytes(b"y")
    (tmp_path / "other").mkdir()
    lacking = types("backup", str(tmp_path / "other" / "two.db"))
    assert lacking.exit_code == 3
    assert "Photos and documents that are not in the backup: 1." in lacking.stderr
    assert "!     Photos and documents that the last backup lacks: 1." in types("doctor").stdout
