"""Backups, what is durable by them, and a server that comes back from one."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from server.attachments.folder import FolderAttachments
from server.hub.backup import FILES_FOLDER, Files, adopt, back_up, back_up_if_due, refresh, retire
from server.hub.errors import UsageError
from server.hub.forms import FormShelf
from server.store.base import Store
from server.store.sqlite.copies import SqliteCopies
from server.store.sqlite.database import SqliteStore
from sync.chain import START
from tests.server.hub.phones import NOW_MS, VILLAGE, Phone
from tests.stores import IN_SQLITE

Phones = Callable[..., Phone]
HOUR_MS = 3_600_000
pytestmark = IN_SQLITE


@pytest.fixture
def copies(store: SqliteStore) -> SqliteCopies:
    return SqliteCopies(store.path)


@pytest.fixture
def files(store: SqliteStore) -> Files:
    return Files(
        FolderAttachments(store.path.with_name("attachments")),
        lambda backup: FolderAttachments(backup.parent / FILES_FOLDER),
        0,
    )


def test_durable_follows_the_backups(
    store: Store, copies: SqliteCopies, files: Files, phone: Phones, tmp_path: Path
):
    siti = phone("siti")
    siti.saves("r1", {"_area": VILLAGE})
    assert siti.syncs().header.durable == START

    back_up(store, copies, files, tmp_path / "one.db", now_ms=NOW_MS)
    first = siti.tip
    siti.saves("r1", {"luas_m2": 2})
    assert siti.syncs().header.durable == first

    back_up(store, copies, files, tmp_path / "two.db", now_ms=NOW_MS + 1)
    assert siti.syncs().header.durable == first  # the older one can still be restored
    second = siti.tip
    siti.saves("r1", {"luas_m2": 3})
    retire(store, files, tmp_path, kept=1)
    assert not (tmp_path / "one.db").exists()
    assert siti.syncs().header.durable == second

    (tmp_path / "two.db").unlink()
    refresh(store, files)
    assert siti.syncs().header.durable == START


def test_a_phone_that_heard_of_less_than_the_backup_has_is_told_its_own_place(
    store: Store, copies: SqliteCopies, files: Files, phone: Phones, tmp_path: Path
):
    siti = phone("siti")
    for luas in range(4):
        siti.saves("r1", {"_area": VILLAGE, "luas_m2": luas})
    siti.syncs()
    back_up(store, copies, files, tmp_path / "one.db", now_ms=NOW_MS)

    siti.log = siti.log[:2]  # put back to its own backup of an earlier day
    siti.after = siti.tip

    assert siti.syncs().header.durable == siti.tip


def test_a_cloned_phone_is_told_the_last_line_that_both_have(
    store: Store, shelf: FormShelf, copies: SqliteCopies, files: Files, phone: Phones, tmp_path: Path
):
    siti = phone("siti")
    shared = [siti.saves("r1", {"_area": VILLAGE, "luas_m2": luas}) for luas in range(3)][-1]
    clone = Phone(store, shelf, siti.device, "siti", log=list(siti.log), token_device=siti.device)
    siti.saves("r1", {"status": "here"})
    siti.syncs()
    back_up(store, copies, files, tmp_path / "one.db", now_ms=NOW_MS)

    for status in ("there", "and there"):
        clone.saves("r1", {"status": status})
    assert clone.syncs().header.durable.id == shared
    siti.saves("r1", {"status": "still here"})
    assert siti.syncs().header.durable == siti.log[3][0]

    clone.device = "phone-of-siti-2"
    clone.saves("r1", {"status": "as another device"}, was=siti.device)
    assert clone.syncs().header.durable.id == shared
    back_up(store, copies, files, tmp_path / "two.db", now_ms=NOW_MS + 1)
    retire(store, files, tmp_path, kept=1)
    assert clone.syncs().header.durable == clone.tip
    clone.saves("r1", {"status": "more"})
    assert clone.syncs().header.durable == clone.log[-2][0]


def test_a_branch_under_a_new_device_id_is_followed_back(
    store: Store, copies: SqliteCopies, files: Files, phone: Phones, tmp_path: Path
):
    siti = phone("siti")
    before = siti.saves("r1", {"_area": VILLAGE})
    siti.syncs()
    back_up(store, copies, files, tmp_path / "one.db", now_ms=NOW_MS)

    siti.device = "phone-of-siti-2"
    siti.saves("r1", {"luas_m2": 1}, was="phone-of-siti")

    assert siti.syncs().header.durable.id == before


def test_a_log_of_which_a_backup_has_nothing_has_nothing_durable(
    store: Store, copies: SqliteCopies, files: Files, phone: Phones, tmp_path: Path
):
    back_up(store, copies, files, tmp_path / "one.db", now_ms=NOW_MS)
    siti = phone("siti")
    siti.saves("r1", {"_area": VILLAGE})
    siti.syncs()
    back_up(store, copies, files, tmp_path / "two.db", now_ms=NOW_MS + 1)

    assert siti.syncs().header.durable == START


def test_a_copy_that_does_not_verify_is_no_backup(
    store: SqliteStore, copies: SqliteCopies, files: Files, phone: Phones, tmp_path: Path
):
    siti = phone("siti")
    line = siti.saves("r1", {"_area": VILLAGE})
    siti.syncs()
    with store.write() as unit:
        unit.connection.execute("UPDATE revision SET body = CAST(body || ' ' AS BLOB)")

    with pytest.raises(UsageError) as refusal:
        back_up(store, copies, files, tmp_path / "one.db", now_ms=NOW_MS)

    assert refusal.value.values["findings"] == f"line-altered phone-of-siti 1 {line}"
    assert [path.name for path in tmp_path.glob("one*")] == ["one.db.unverified"]
    assert siti.syncs().header.durable == START


def test_a_backup_never_takes_the_place_of_a_file(
    store: Store, copies: SqliteCopies, files: Files, tmp_path: Path
):
    (tmp_path / "one.db").write_text("somebody's")

    with pytest.raises(UsageError):
        back_up(store, copies, files, tmp_path / "one.db", now_ms=NOW_MS)

    assert (tmp_path / "one.db").read_text() == "somebody's"


def test_a_backup_is_readable_by_the_servers_account_only(
    store: Store, copies: SqliteCopies, files: Files, tmp_path: Path
):
    row = back_up(store, copies, files, tmp_path / "one.db", now_ms=NOW_MS)

    assert os.name != "posix" or Path(row.path).stat().st_mode & 0o077 == 0


def test_the_schedule_makes_one_when_it_is_due_and_keeps_the_newest(
    store: Store, copies: SqliteCopies, files: Files, tmp_path: Path
):
    folder = tmp_path / "backups"

    def ticks(hour: int) -> bool:
        now_ms = NOW_MS + hour * HOUR_MS
        return back_up_if_due(store, copies, files, folder, every_h=24, kept=2, now_ms=now_ms) is not None

    made = [hour for hour in range(0, 100, 6) if ticks(hour)]

    assert made == [0, 24, 48, 72, 96]
    assert sorted(path.name for path in folder.iterdir()) == [
        "tapak-20251128-030640.db",
        "tapak-20251129-030640.db",
    ]


def test_backups_that_a_database_does_not_know_of_are_noted(
    store: Store, copies: SqliteCopies, files: Files, phone: Phones, tmp_path: Path
):
    siti = phone("siti")
    siti.saves("r1", {"_area": VILLAGE})
    siti.syncs()
    row = back_up(store, copies, files, tmp_path / "tapak-1.db", now_ms=NOW_MS)
    with store.write() as unit:
        unit.backups.forget(row.path)
    sqlite3.connect(tmp_path / "tapak-2.db").execute("CREATE TABLE other (x)").close()

    assert adopt(store, copies, files, sorted(tmp_path.glob("tapak-*.db"))) == [tmp_path / "tapak-1.db"]
    assert siti.syncs().header.durable == siti.tip
