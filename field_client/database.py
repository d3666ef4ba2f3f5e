"""The database of a device: one file, one way to write.

``write`` is the only door: ``BEGIN IMMEDIATE`` (sqlite-utils' own ``atomic()`` is deferred,
and lost 535 of 900 concurrent writes to "database is locked"), ``synchronous=FULL``
(NORMAL lost acknowledged rows in 50 of 60 simulated power cuts). Errors of SQLite leave
this package as StoreProblem.
"""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from field_client.schema import migrations
from field_client.settings import BUSY_TIMEOUT_MS, DATABASE_NAME

CHECKPOINT_PAGES = 8_000
"""Pages in the WAL, 32 MB, at which it is written back: at SQLite's 1,000 a first pull wrote
every page twice. The last program that closes the database writes all of it back."""

_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "busy_timeout": BUSY_TIMEOUT_MS,
    "wal_autocheckpoint": CHECKPOINT_PAGES,
}


class StoreProblem(Exception):
    """The device cannot store or read. ``code``: disk-full, busy, read-only, damaged or failed."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class ReadAlone(Database):
    """What is there of a device that cannot be written now, and why that is: ``refusal``."""

    refusal: StoreProblem


def open_device(home: Path) -> Database:
    """The database in a device's folder, made and migrated where necessary; owner-only files.

    Where the folder cannot be written any more, or the disk has not even room for SQLite's own
    index of the WAL, what is there can still be read. Raises StoreProblem.
    """
    path = home / DATABASE_NAME
    with reported():
        _make(path)
        try:
            return _opened(path)
        except sqlite3.OperationalError as error:
            if _code_of(error) not in ("read-only", "disk-full") or not _can_be_read_alone(path):
                raise
            return _opened_for_reading(path, StoreProblem(_code_of(error), str(error)))


@contextmanager
def write(db: Database) -> Iterator[None]:
    """One transaction, committed and on disk when the block ends; undone when it raises.

    Within another ``write`` it is a savepoint of that one. Raises StoreProblem.
    """
    if isinstance(db, ReadAlone):
        raise db.refusal
    with reported():
        if db.conn.in_transaction:
            with db.atomic():
                yield
            return
        db.conn.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            db.conn.rollback()
            raise
        db.conn.commit()


@contextmanager
def read(db: Database) -> Iterator[None]:
    """Several reads of one moment, while others write. Raises StoreProblem."""
    with reported():
        if db.conn.in_transaction:
            yield
            return
        db.conn.execute("BEGIN")
        try:
            yield
        finally:
            db.conn.rollback()


@contextmanager
def reported() -> Iterator[None]:
    """Errors of SQLite continue as StoreProblem."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreProblem(_code_of(error), str(error)) from error


def _opened(path: Path) -> Database:
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_MS / 1000, check_same_thread=False)
    db = Database(connection, strict=True, execute_plugins=False)
    _configure(db)
    _migrate(db)
    return db


def _opened_for_reading(path: Path, refusal: StoreProblem) -> Database:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?immutable=1", uri=True, check_same_thread=False)
    db = ReadAlone(connection, strict=True, execute_plugins=False)
    db.refusal = refusal
    return db


def _can_be_read_alone(path: Path) -> bool:
    """Whether the file holds everything: what a WAL beside it holds would be missing."""
    wal = path.with_name(path.name + "-wal")
    return path.exists() and path.stat().st_size > 0 and not (wal.exists() and wal.stat().st_size)


def _make(path: Path) -> None:
    """The folder and an empty file that only its owner can read, their names on disk as well."""
    if path.exists():
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        if os.name == "posix":
            for folder in (path.parent, path.parent.parent):
                _sync_folder(folder)
    except OSError as error:
        raise StoreProblem(_CODES_OF_SYSTEM.get(error.errno or 0, "failed"), str(error)) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _configure(db: Database) -> None:
    """Set the pragmas and compare what SQLite answers: some are refused without an error."""
    for name, wanted in _PRAGMAS.items():
        db.conn.execute(f"PRAGMA {name} = {wanted}").fetchall()
        (answer,) = db.conn.execute(f"PRAGMA {name}").fetchone()
        if answer != wanted:
            raise StoreProblem("failed", f"SQLite answered {answer!r} to PRAGMA {name} = {wanted!r}")


def _migrate(db: Database) -> None:
    """Under the write lock, so that two commands that start together do not both migrate."""
    if migrations.pending(db):
        with write(db):
            migrations.apply(db)


def _code_of(error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "") or ""
    for prefix, code in _CODES.items():
        if name.startswith(prefix):
            return code
    return "failed"


_CODES_OF_SYSTEM = {errno.ENOSPC: "disk-full", errno.EACCES: "read-only", errno.EROFS: "read-only"}

_CODES = {
    "SQLITE_FULL": "disk-full",
    "SQLITE_BUSY": "busy",
    "SQLITE_LOCKED": "busy",
    "SQLITE_READONLY": "read-only",
    "SQLITE_CANTOPEN": "read-only",
    "SQLITE_CORRUPT": "damaged",
    "SQLITE_NOTADB": "damaged",
    "SQLITE_IOERR_SHMSIZE": "disk-full",
    "SQLITE_IOERR": "failed",
}
