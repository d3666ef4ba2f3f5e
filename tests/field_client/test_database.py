"""What the database of a device promises, whoever shares it and whatever the disk does."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import stat
import tempfile
from pathlib import Path

import pytest

from field_client import capture, facts, forms, journal, records
from field_client.capture import Change
from field_client.database import StoreProblem, open_device, read, write
from field_client.schema import migrations
from sync.forms.model import Form, encode
from tests.field_client.world import NOW_MS, VILLAGE

SAVES_EACH = 500


def enrolled(home: Path):
    db = open_device(home)
    with write(db):
        facts.put(db, facts.ENROLLED, "device-of-siti-1")
        facts.put(db, facts.LOG_DEVICE, "device-of-siti-1")
        db.execute("INSERT INTO identity VALUES ('psiti', 'Siti', 'verifier', 'tni', '[\"62.02\"]')")
        forms.put(db, encode(Form("lahan", "1", {"id": "Lahan"}, "id")))
    return db


def saves(home: Path, count: int) -> None:
    db = open_device(home)
    for number in range(count):
        save(db, str(number))


def save(db, status: str) -> str:
    change = Change(form_id="lahan", area=VILLAGE, typed=(("status", status),))
    return capture.save(db, change, now_ms=NOW_MS, random_bytes=os.urandom).record


def test_two_processes_that_save_at_once_lose_nothing_and_make_one_chain(tmp_path):
    db = enrolled(tmp_path)
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=saves, args=(tmp_path, SAVES_EACH)) for _ in range(2)]

    for process in processes:
        process.start()
    for process in processes:
        process.join(60)

    assert [process.exitcode for process in processes] == [0, 0]
    assert journal.count(db) == 2 * SAVES_EACH
    assert [line.seq for line in journal.lines(db)] == list(range(1, 2 * SAVES_EACH + 1))
    assert journal.damaged(db) == []


def test_the_database_waits_for_the_disk_and_only_its_owner_reads_it(tmp_path):
    db = open_device(tmp_path / "phone")

    pragmas = {name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}

    assert pragmas == {"journal_mode": "wal", "synchronous": 2}
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "phone" / "tapak.db").stat().st_mode) == 0o600


def test_tables_are_made_once_and_are_strict(tmp_path):
    open_device(tmp_path).close()
    db = open_device(tmp_path)

    own_tables = [table for table in db.tables if not table.name.startswith("_")]

    assert migrations.pending(db) == []
    assert [table.name for table in own_tables if not table.strict] == []


def test_what_a_block_did_is_undone_when_it_fails(tmp_path):
    db = enrolled(tmp_path)

    def fails() -> None:
        with write(db):
            facts.put(db, "x", "1")
            with write(db):
                facts.put(db, "y", "1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()

    assert (facts.get(db, "x"), facts.get(db, "y")) == (None, None)


def test_a_reader_sees_one_moment_while_another_process_saves(tmp_path):
    db, other = enrolled(tmp_path), open_device(tmp_path)

    with read(db):
        before = journal.count(db)
        save(other, "a")
        during = journal.count(db)

    assert (before, during, journal.count(db)) == (0, 0, 1)


def test_a_full_disk_is_said_what_was_stored_can_be_read_and_saving_works_again(tmp_path):
    db = enrolled(tmp_path)
    first = save(db, "a")
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StoreProblem) as caught:
        save(db, "x" * 60_000)

    assert caught.value.code == "disk-full"
    assert records.load(db, first) is not None
    db.execute("PRAGMA max_page_count = 1000000")
    save(db, "x" * 60_000)
    assert (journal.count(db), journal.damaged(db)) == (2, [])


def test_a_file_that_is_no_database_is_left_alone_and_said(tmp_path):
    (tmp_path / "tapak.db").write_bytes(b"not a database" * 100)

    with pytest.raises(StoreProblem) as caught:
        open_device(tmp_path)

    assert caught.value.code == "damaged"
    assert (tmp_path / "tapak.db").read_bytes() == b"not a database" * 100


def test_a_database_that_another_command_holds_is_waited_for(tmp_path):
    db = enrolled(tmp_path)
    db.execute("PRAGMA busy_timeout = 50")
    holder = sqlite3.connect(tmp_path / "tapak.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreProblem) as caught:
        save(db, "a")
    holder.execute("ROLLBACK")

    assert caught.value.code == "busy"
    assert save(db, "a")


def test_ten_thousand_lines_are_hashed_again_within_a_second(tmp_path):
    import time

    db = enrolled(tmp_path)
    with write(db):
        for number in range(10_000):
            save(db, str(number))

    started = time.perf_counter()
    damaged = journal.damaged(db)

    assert damaged == []
    assert time.perf_counter() - started < 1


def reads_in_a_folder_that_cannot_be_written(home: Path, record: str) -> None:
    if os.geteuid() == 0:  # nothing is read-only to root
        os.setuid(65534)
    db = open_device(home)
    assert records.load(db, record) is not None
    with pytest.raises(StoreProblem) as caught:
        save(db, "b")
    assert caught.value.code == "read-only"


def reads_where_no_file_can_grow(home: Path, record: str) -> None:
    import resource

    # Less than a page, so that the index of the WAL finds no room.
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    db = open_device(home)
    assert records.load(db, record) is not None
    with pytest.raises(StoreProblem) as caught:
        save(db, "b")
    assert caught.value.code == "disk-full"


def test_a_disk_without_room_for_anything_can_be_read_and_is_called_full(tmp_path, needs):
    needs("a limit on the size of files: none here", os.name == "posix")
    db = enrolled(tmp_path)
    record = save(db, "a")
    db.close()

    reader = multiprocessing.get_context("spawn").Process(
        target=reads_where_no_file_can_grow, args=(tmp_path, record)
    )
    reader.start()
    reader.join(60)

    assert reader.exitcode == 0
    assert save(open_device(tmp_path), "b")


def test_a_folder_that_cannot_be_written_any_more_can_be_read(needs):
    needs("a read-only folder: no POSIX permissions here", os.name == "posix")
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        db = enrolled(home)
        record = save(db, "a")
        db.close()
        (home / "tapak.db").chmod(0o444)
        home.chmod(0o555)

        process = multiprocessing.get_context("fork").Process(
            target=reads_in_a_folder_that_cannot_be_written, args=(home, record)
        )
        process.start()
        process.join(30)
        home.chmod(0o755)

        assert process.exitcode == 0
