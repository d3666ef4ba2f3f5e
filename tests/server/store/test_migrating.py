"""An update of the structure: a verified backup, then everything or nothing, killed wherever it may be."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from server.app import open_server
from server.hub.errors import UsageError
from server.hub.verify import verify
from server.main import main
from server.store.base import StoreError
from server.store.sqlite import copies, database
from server.store.sqlite.database import connect, migration_files
from server.store.sqlite.health import pending
from tests.server.attachments.conftest import Sender
from tests.server.attachments.pictures import some_bytes
from tests.server.conftest import Handset, House
from tests.server.conftest import handset as handset
from tests.server.conftest import house as house
from tests.server.hub.phones import VILLAGE

NAMES = [name for name, _ in migration_files()]
VERSIONS = ("0020_accounts", NAMES[-1])
"""The first migration that an old database lacks: of the first version that stored lines, of the last."""

Rows = dict[str, list[tuple[Any, ...]]]
FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="a process of ours must die at a chosen point")


@pytest.fixture(params=VERSIONS)
def old(
    request: pytest.FixtureRequest,
    house: House,
    handset: Callable[..., Handset],
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A data folder as an older version left it, with lines and a photo; nothing has it open."""
    siti = handset("Siti")
    siti.saves("r1", {"_area": VILLAGE, "luas_m2": 1})
    photo = some_bytes(10_000)
    sender = Sender(house, siti)
    sender.names(photo)
    siti.syncs()
    sender.brings(photo)
    house.server.close()
    written_by(house.server.folder.database, NAMES.index(request.param), monkeypatch)
    return house.server.folder.path


def written_by(file: Path, migrations: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rows in a database that has had only the first migrations."""
    earlier = file.with_name("earlier.db")
    with monkeypatch.context() as patched:
        patched.setattr(database, "migration_files", lambda: migration_files()[:migrations])
        database.open_store(earlier).close()
    with sqlite3.connect(earlier, isolation_level=None) as db:
        db.execute("ATTACH ? AS later", [str(file)])
        for table, columns in tables(db).items():
            db.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM later.{table}")
    db.close()
    for stale in file.parent.glob(f"{file.name}*"):
        stale.unlink()
    earlier.rename(file)


def tables(db: sqlite3.Connection) -> dict[str, str]:
    """``{table: its columns}``, without what a search index keeps for itself."""
    names = db.execute(
        "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE '%\\_%' ESCAPE '\\'"
        " OR name IN ('attachment_ref', 'backup_tip', 'feed_log', 'person_area', 'device_person')"
    )
    columns = {
        name: ", ".join(row[1] for row in db.execute(f"PRAGMA main.table_info({name})")) for (name,) in names
    }
    return {name: found for name, found in columns.items() if found}


def rows(file: Path, like: dict[str, str]) -> Rows:
    """The rows of these columns, sorted."""
    db = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
    found = {
        table: sorted(db.execute(f"SELECT {columns} FROM {table}"), key=repr)
        for table, columns in like.items()
    }
    db.close()
    return found


def shape(file: Path) -> dict[str, str]:
    """The tables of a database, without what notes the backup that an update makes."""
    db = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
    found = {
        table: columns.replace(", backed_ms", "")
        for table, columns in tables(db).items()
        if not table.startswith("backup")
    }
    db.close()
    return found


def test_an_update_is_preceded_by_a_verified_backup_and_keeps_every_row(old: Path) -> None:
    file = old / "tapak.db"
    waiting, before, columns = pending(file), rows(file, shape(file)), shape(file)
    assert len(before["revision"]) == 2

    server = open_server(old, environ={})

    assert pending(file) == []
    assert rows(file, columns) == before
    backup = old / "backups" / f"tapak-before-{waiting[0]}.db"
    assert pending(backup) == waiting
    assert rows(backup, columns) == before
    with server.store.read() as unit:
        assert unit.backups.offered() == [str(backup)]
    assert list(verify(server.store, server.shelf)) == []
    server.close()
    open_server(old, environ={}).close()
    assert len(list((old / "backups").glob("*.db"))) == 1  # nothing waits any more


def test_where_the_backup_fails_nothing_is_changed_and_the_error_says_so(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAPAK_LANGUAGE", "en")
    file = old / "tapak.db"
    (old / "backups").write_text("a file where the folder would be")
    before, columns, waiting = rows(file, shape(file)), shape(file), pending(file)

    result = CliRunner().invoke(main, ["--data", str(old), "verify"])

    assert result.exit_code == 1
    assert str(old / "backups") in result.stderr
    assert "Traceback" not in result.output
    assert (rows(file, columns), pending(file)) == (before, waiting)
    (old / "backups").unlink()
    open_server(old, environ={}).close()


def test_a_database_that_does_not_verify_is_not_updated(old: Path) -> None:
    file = old / "tapak.db"
    with sqlite3.connect(file) as db:
        db.execute(
            "UPDATE revision SET body = CAST(replace(CAST(body AS TEXT), 'luas', 'lebar') AS BLOB)"
            " WHERE seq = 1"
        )
    db.close()
    waiting = pending(file)

    with pytest.raises((UsageError, StoreError)) as raised:
        open_server(old, environ={})

    assert getattr(raised.value, "key", "") == "server.error.backup-unverified"
    assert pending(file) == waiting
    assert [path.name for path in (old / "backups").glob("*.db*")] == [
        f"tapak-before-{waiting[0]}.db.unverified"
    ]


def before_statements(connection: sqlite3.Connection, left: itertools.count[int]) -> None:
    connection.set_trace_callback(lambda statement: die() if next(left) <= 1 else None)


def inside_statements(connection: sqlite3.Connection, left: itertools.count[int]) -> None:
    connection.set_progress_handler(lambda: die() if next(left) <= 1 else 0, 5)


def die() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


@FORKS
@pytest.mark.parametrize("watch", [before_statements, inside_statements])
def test_an_update_that_is_killed_anywhere_goes_on_at_the_next_start(
    old: Path, tmp_path: Path, watch: Callable[[sqlite3.Connection, itertools.count[int]], None]
) -> None:
    file = old / "tapak.db"
    before, columns = rows(file, shape(file)), shape(file)
    deaths, step = 0, 1
    while True:
        data = tmp_path / f"killed-{step}"
        shutil.copytree(old, data)
        if not dies_at(data, step, watch):
            break
        deaths += 1
        server = open_server(data, environ={})
        assert rows(data / "tapak.db", columns) == before
        assert pending(data / "tapak.db") == []
        assert list(verify(server.store, server.shelf)) == []
        server.close()
        shutil.rmtree(data)
        step = step + 7 if watch is before_statements else step * 5 // 4 + 3
    print(f"killed at {deaths} points of {step}")
    assert deaths > 10


def dies_at(data: Path, step: int, watch: Callable[[sqlite3.Connection, itertools.count[int]], None]) -> bool:
    """A process opens the server and is killed at a point of its work; false where it lived."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    left = itertools.count(step, -1)

    def connected(path: Path, **options: str) -> sqlite3.Connection:
        connection = connect(path, **options)
        watch(connection, left)
        return connection

    for module in (database, copies):  # this process is about to end
        module.connect = connected  # type: ignore[attr-defined]
    open_server(data, environ={}).close()
    os._exit(0)
