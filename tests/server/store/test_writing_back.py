"""The WAL of the SQLite store is written back beside those who write."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from pathlib import Path

from server.jobs.writing_back import WritingBack
from server.store.base import StoreError
from server.store.sqlite.database import SqliteStore, open_store
from tests.contract.test_log import row


def lines_in(database: Path, folder: Path) -> int:
    """Lines in the file alone, as it would be without its WAL."""
    alone = folder / "alone.db"
    shutil.copyfile(database, alone)
    with sqlite3.connect(alone) as connection:
        return int(connection.execute("SELECT COUNT(*) FROM revision").fetchone()[0])


def test_a_line_moves_into_the_file_while_the_store_is_open(tmp_path: Path) -> None:
    store = open_store(tmp_path / "tapak.db")
    with store.write() as unit:
        unit.log.append([row("a")])

    before = lines_in(tmp_path / "tapak.db", tmp_path)
    store.write_back()

    assert (before, lines_in(tmp_path / "tapak.db", tmp_path)) == (0, 1)
    store.close()


def test_a_writer_does_not_wait_for_it_nor_it_for_a_writer(tmp_path: Path) -> None:
    store = open_store(tmp_path / "tapak.db")
    with store.write() as unit:
        unit.log.append([row("a")])
        beside = threading.Thread(target=store.write_back)
        beside.start()
        beside.join(timeout=5)
        assert not beside.is_alive()
    store.close()


def test_the_job_goes_on_after_a_turn_that_failed(tmp_path: Path) -> None:
    turned = threading.Event()

    class Stumbling(SqliteStore):
        turns = 0

        def write_back(self) -> None:
            self.turns += 1
            if self.turns == 1:
                raise StoreError("the disk stumbles")
            super().write_back()
            turned.set()

    open_store(tmp_path / "tapak.db").close()
    store = Stumbling(tmp_path / "tapak.db")
    job = WritingBack(store)
    job.start()

    assert turned.wait(timeout=10)
    job.stop()
    store.close()
