"""The PostgreSQL store: connections, units and migrations.

Units that write take turns: each holds one advisory lock of the database from its first
statement to its commit, whichever process or machine it runs on. Every statement behind the
lock sees all that was committed before it (READ COMMITTED), so nothing that a unit reads and
then writes can be stale, no feed number is handed out twice or becomes visible before a lower
one, and two units can never wait for each other. That is what locks on every record, village
and regency in a fixed order, and repeating a unit after a deadlock, would buy; they would also
let units that touch different records commit beside each other. What the lock costs is that
concurrency, and no more than the embedded store does without: it has one writer as well, and
a body is decoded and hashed before its unit begins. Readers never wait, and see one moment
(REPEATABLE READ).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool

from server.store.base import StoreError, StoreFull
from server.store.postgres.accounts import PostgresAccounts
from server.store.postgres.attachments import PostgresAttachments
from server.store.postgres.backups import PostgresBackups
from server.store.postgres.boundaries import PostgresBoundaries
from server.store.postgres.bundles import PostgresBundles
from server.store.postgres.catalogue import PostgresCatalogue
from server.store.postgres.feeds import PostgresFeeds
from server.store.postgres.listing import PostgresListing
from server.store.postgres.log import PostgresLog
from server.store.postgres.people import PostgresPeople
from server.store.postgres.records import PostgresRecords
from server.store.postgres.text import hold_any_text

CONNECTIONS_MAX = 16
"""Connections of one process, unless it asks for more; each working thread needs one."""

CONNECT_TIMEOUT_S = 5
"""How long a server may take to answer when the store is opened."""

CONNECTION_TIMEOUT_S = 30.0
"""How long a unit waits for a free connection."""

LOCK_TIMEOUT_MS = 60_000
"""How long a writer waits for the one before it: a ``rebuild`` writes for a while."""

IDLE_TIMEOUT_MS = 300_000
"""After this long without a statement a unit has lost its process; its lock is taken away."""

WRITERS_LOCK = 0x746170616B
"""The advisory lock of all writers: ``tapak`` in ASCII."""

BEGIN_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
BEGIN_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
TAKE_TURN = "SELECT pg_advisory_xact_lock(%(lock)s)"
SET = "SELECT set_config(%(name)s, %(value)s, FALSE)"
SETTINGS = "SELECT name, setting FROM pg_settings WHERE name = ANY(%(names)s)"
MIGRATIONS = """
CREATE TABLE IF NOT EXISTS migration (
  name       TEXT PRIMARY KEY,
  applied_at TIMESTAMPTZ NOT NULL DEFAULT now()
)
"""
APPLIED = "SELECT name FROM migration"
MARK_APPLIED = "INSERT INTO migration (name) VALUES (%(name)s)"


class PostgresUnit:
    """One transaction on one connection, seen as the stores' verbs."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.log = PostgresLog(connection)
        self.records = PostgresRecords(connection)
        self.feeds = PostgresFeeds(connection)
        self.people = PostgresPeople(connection)
        self.catalogue = PostgresCatalogue(connection)
        self.boundaries = PostgresBoundaries(connection)
        self.accounts = PostgresAccounts(connection)
        self.listing = PostgresListing(connection)
        self.attachments = PostgresAttachments(connection)
        self.backups = PostgresBackups(connection)
        self.bundles = PostgresBundles(connection)


class PostgresStore:
    """A store in one database, which several processes may share. See the head of this file."""

    def __init__(self, url: str, *, connections_max: int = CONNECTIONS_MAX) -> None:
        self._pool = ConnectionPool(
            url,
            kwargs={"autocommit": True, "connect_timeout": CONNECT_TIMEOUT_S},
            configure=_configure,
            check=ConnectionPool.check_connection,
            min_size=1,
            max_size=connections_max,
            timeout=CONNECTION_TIMEOUT_S,
            open=True,
        )

    @contextmanager
    def write(self) -> Iterator[PostgresUnit]:
        """One transaction, alone among those that write; on disk when the block ends."""
        with self._transaction(BEGIN_WRITE) as unit:
            unit.connection.execute(TAKE_TURN, {"lock": WRITERS_LOCK})
            yield unit

    @contextmanager
    def read(self) -> Iterator[PostgresUnit]:
        """One snapshot of the database, taken by the first question."""
        with self._transaction(BEGIN_READ) as unit:
            yield unit

    def write_back(self) -> None:
        """PostgreSQL does so by itself."""

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[PostgresUnit]:
        # The pool rolls a connection back that returns with an exception.
        try:
            with self._pool.connection() as connection:
                connection.execute(begin)
                yield PostgresUnit(connection)
                _commit(connection)
        except psycopg.Error as error:
            raise _as_ours(error) from error


def open_store(url: str, *, connections_max: int = CONNECTIONS_MAX, durable: bool = True) -> PostgresStore:
    """The store in the database at ``url``, made or migrated where needed. Raises StoreError.

    ``durable`` is false only in tests that cut no power.
    """
    try:
        conninfo_to_dict(url)
    except psycopg.Error:
        # The driver's words repeat the address, and with it the password.
        raise StoreError("The address of the PostgreSQL database cannot be read.") from None
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S) as connection:
            _configure(connection)
            _require(connection, durable=durable)
            migrate(connection)
    except psycopg.Error as error:
        raise _as_ours(error) from error
    return PostgresStore(url, connections_max=connections_max)


def migrate(connection: Connection) -> list[str]:
    """Apply every pending migration, all in one transaction; the names of those applied."""
    with connection.transaction():
        connection.execute(TAKE_TURN, {"lock": WRITERS_LOCK})
        connection.execute(MIGRATIONS)
        applied = {name for (name,) in connection.execute(APPLIED)}
        pending = [(name, sql) for name, sql in migration_files() if name not in applied]
        for name, sql in pending:
            connection.execute(sql)
            connection.execute(MARK_APPLIED, {"name": name})
    return [name for name, _ in pending]


def migration_files() -> list[tuple[str, str]]:
    """``(name, SQL)`` of every migration, in their order."""
    folder = resources.files("server.store.postgres").joinpath("migrations")
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name
    )
    return [(file.name.removesuffix(".sql"), file.read_text("utf-8")) for file in files]


def _configure(connection: Connection) -> None:
    hold_any_text(connection)
    for name, milliseconds in (
        ("lock_timeout", LOCK_TIMEOUT_MS),
        ("idle_in_transaction_session_timeout", IDLE_TIMEOUT_MS),
    ):
        connection.execute(SET, {"name": name, "value": str(milliseconds)})


def _require(connection: Connection, *, durable: bool) -> None:
    """Raise StoreError where the database would change texts or forget what it confirmed."""
    names = ["server_encoding", "fsync", "synchronous_commit"]
    found: dict[str, Any] = dict(connection.execute(SETTINGS, {"names": names}).fetchall())
    if found["server_encoding"] != "UTF8":
        raise StoreError(
            f"The PostgreSQL database has the encoding {found['server_encoding']}. "
            "Make one with UTF8: createdb --encoding=UTF8 --template=template0 NAME"
        )
    for name in ("fsync", "synchronous_commit"):
        if durable and found[name] == "off":
            raise StoreError(
                f"PostgreSQL has {name} = off: a power cut could take back what it confirmed. Set it to on."
            )


def _commit(connection: Connection) -> None:
    # COMMIT of a transaction in which a statement failed rolls back, and is no error.
    outcome = connection.execute("COMMIT").statusmessage
    if outcome != "COMMIT":
        raise StoreError("A statement had failed before the end of the unit; nothing of it was kept.")


def _as_ours(error: psycopg.Error) -> StoreError:
    full = isinstance(error, psycopg.errors.DiskFull)
    # The whole text would quote the row that it is about: what somebody saved.
    text = error.diag.message_primary or str(error)
    return StoreFull(text) if full else StoreError(text)
