"""The SQLite store: connections, units and migrations.

WAL, ``synchronous=FULL`` (NORMAL lost acknowledged rows in 50 of 60 simulated power cuts).
Every thread reads on a connection of its own; all of them write on one, because SQLite empties
the page cache of a connection whenever another one has written. Writers queue on a lock of
this process before they ask SQLite, whose own waiting sleeps in growing steps; other
processes are awaited by busy_timeout.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from server.store.base import StoreError, StoreFull
from server.store.sqlite.accounts import SqliteAccounts
from server.store.sqlite.attachments import SqliteAttachments
from server.store.sqlite.backups import SqliteBackups
from server.store.sqlite.boundaries import SqliteBoundaries
from server.store.sqlite.bundles import SqliteBundles
from server.store.sqlite.catalogue import SqliteCatalogue
from server.store.sqlite.feeds import SqliteFeeds
from server.store.sqlite.listing import SqliteListing
from server.store.sqlite.log import SqliteLog
from server.store.sqlite.people import SqlitePeople
from server.store.sqlite.records import SqliteRecords

BUSY_TIMEOUT_MS = 10_000
"""How long a writer waits for a writer of another process."""

CACHE_KIB = 16 * 1024
"""Page cache of one connection."""

CHECKPOINT_PAGES = 32_000
"""Pages in the WAL, 128 MB, at which a commit writes it back itself: 100 ms and more for its body.
``write_back`` does it beside the writers before; this is for when nobody calls that."""

WRITE_BACK = "PRAGMA wal_checkpoint(PASSIVE)"


class SqliteUnit:
    """One transaction on one connection, seen as the stores' verbs."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.log = SqliteLog(connection)
        self.records = SqliteRecords(connection)
        self.feeds = SqliteFeeds(connection)
        self.people = SqlitePeople(connection)
        self.catalogue = SqliteCatalogue(connection)
        self.boundaries = SqliteBoundaries(connection)
        self.accounts = SqliteAccounts(connection)
        self.listing = SqliteListing(connection)
        self.attachments = SqliteAttachments(connection)
        self.backups = SqliteBackups(connection)
        self.bundles = SqliteBundles(connection)


class SqliteStore:
    """A store in one file. Units of different threads run beside each other."""

    def __init__(self, path: Path, *, synchronous: str = "FULL") -> None:
        self.path = path
        self._synchronous = synchronous
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._connecting = threading.Lock()
        self._writing = threading.Lock()
        self._writer: SqliteUnit | None = None

    @contextmanager
    def write(self) -> Iterator[SqliteUnit]:
        """One ``BEGIN IMMEDIATE`` transaction, committed and on disk when the block ends."""
        with self._writing, self._transaction(self._write_unit, "BEGIN IMMEDIATE") as unit:
            yield unit

    @contextmanager
    def read(self) -> Iterator[SqliteUnit]:
        """One snapshot of the database."""
        with self._transaction(self._read_unit, "BEGIN") as unit:
            yield unit

    def write_back(self) -> None:
        """Copy the WAL into the database as far as no reader needs what it would write over."""
        try:
            self._read_unit().connection.execute(WRITE_BACK).fetchone()
        except sqlite3.Error as error:
            raise _as_ours(error) from error

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._connecting:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
            self._local = threading.local()
            self._writer = None

    @contextmanager
    def _transaction(self, unit_of: Callable[[], SqliteUnit], begin: str) -> Iterator[SqliteUnit]:
        try:
            unit = unit_of()
            unit.connection.execute(begin)
            try:
                yield unit
            except BaseException:
                if unit.connection.in_transaction:
                    unit.connection.execute("ROLLBACK")
                raise
            unit.connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise _as_ours(error) from error

    def _write_unit(self) -> SqliteUnit:
        if self._writer is None:
            self._writer = self._connected()
        return self._writer

    def _read_unit(self) -> SqliteUnit:
        unit: SqliteUnit | None = getattr(self._local, "unit", None)
        if unit is None:
            unit = self._local.unit = self._connected()
        return unit

    def _connected(self) -> SqliteUnit:
        unit = SqliteUnit(connect(self.path, synchronous=self._synchronous))
        with self._connecting:
            self._connections.append(unit.connection)
        return unit


def open_store(path: Path, *, synchronous: str = "FULL") -> SqliteStore:
    """The store in ``path``, made or migrated where needed.

    ``synchronous`` is FULL everywhere but in simulations that cut no power.
    """
    try:
        connection = connect(path, synchronous=synchronous)
        try:
            migrate(connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise _as_ours(error) from error
    return SqliteStore(path, synchronous=synchronous)


def connect(path: Path, *, synchronous: str = "FULL") -> sqlite3.Connection:
    """A connection with every setting asked for and compared, for SQLite ignores a misspelt one."""
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_MS / 1000, check_same_thread=False, isolation_level=None
    )
    settings: tuple[tuple[str, Any, Any], ...] = (
        ("journal_mode", "WAL", "wal"),
        ("synchronous", synchronous, {"OFF": 0, "NORMAL": 1, "FULL": 2}[synchronous]),
        ("foreign_keys", "ON", 1),
        ("busy_timeout", BUSY_TIMEOUT_MS, BUSY_TIMEOUT_MS),
        ("cache_size", -CACHE_KIB, -CACHE_KIB),
        ("wal_autocheckpoint", CHECKPOINT_PAGES, CHECKPOINT_PAGES),
    )
    for name, value, expected in settings:
        connection.execute(f"PRAGMA {name} = {value}")
        (found,) = connection.execute(f"PRAGMA {name}").fetchone()
        if found != expected:
            connection.close()
            raise StoreError(f"SQLite kept {name} = {found!r} instead of {expected!r} for {path}.")
    return connection


def migrate(connection: sqlite3.Connection) -> list[str]:
    """Apply every pending migration, all in one transaction; the names of those applied."""
    from sqlite_utils import Database, Migrations

    migrations = Migrations("tapak-server")
    for name, sql in migration_files():
        migrations(name=name)(_statements(sql))
    database = Database(connection, execute_plugins=False)
    connection.execute("BEGIN IMMEDIATE")
    try:
        pending = [migration.name for migration in migrations.pending(database)]
        migrations.apply(database)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    return pending


def migration_files() -> list[tuple[str, str]]:
    """``(name, SQL)`` of every migration, in their order."""
    folder = resources.files("server.store.sqlite").joinpath("migrations")
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name
    )
    return [(file.name.removesuffix(".sql"), file.read_text("utf-8")) for file in files]


def _statements(sql: str) -> Callable[[Any], None]:
    def apply(database: Any) -> None:
        statement = ""
        for line in sql.splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                database.execute(statement)
                statement = ""

    return apply


def _as_ours(error: sqlite3.Error) -> StoreError:
    full = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
    return StoreFull(str(error)) if full else StoreError(str(error))
