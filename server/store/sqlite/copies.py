"""Whole copies of the SQLite store, each one file."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.store.base import StoreError
from server.store.sqlite.database import SqliteUnit, connect, open_store
from server.store.sqlite.health import damage, is_blank, pending

COPY = "VACUUM INTO ?"


class SqliteCopies:
    """``server.store.backups.Copies`` of the store in one file.

    ``VACUUM INTO`` copies one moment while others write: 0.25 s where SQLite's backup
    interface, which starts again with every write, took 518 s.
    """

    def __init__(self, database: Path) -> None:
        self._database = database

    def make(self, path: Path) -> None:
        """See Copies."""
        # Made here, so that nobody else can read it at any moment; SQLite fills an empty file.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            connection = connect(self._database)
            try:
                connection.execute(COPY, [str(path)])
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise StoreError(str(error)) from error

    @contextmanager
    def open(self, path: Path) -> Iterator[SqliteUnit]:
        """See Copies. A copy of an older version is migrated elsewhere, and that is read."""
        damaged = damage(path)
        if damaged:
            raise StoreError("; ".join(damaged[:3]))
        if is_blank(path):
            raise StoreError(f"{path} is no database of a Tapak server.")
        with tempfile.TemporaryDirectory(prefix="tapak-") as folder:
            if pending(path):
                trial = Path(folder) / path.name
                shutil.copyfile(path, trial)
                open_store(trial).close()
                path = trial
            with _reading(path) as unit:
                yield unit


@contextmanager
def _reading(path: Path) -> Iterator[SqliteUnit]:
    try:
        # Nothing else has the file open, and nothing may be written beside it.
        address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        connection = sqlite3.connect(address, uri=True, isolation_level=None)
        try:
            yield SqliteUnit(connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StoreError(str(error)) from error
