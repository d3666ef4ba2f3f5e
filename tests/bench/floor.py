"""The floor pipeline: what any server must do for a body, and nothing else.

It decodes every line, hashes it into the chain, and writes the rows that the real server
wrote for the same body, in one transaction of the same database settings. There is no HTTP,
no judging and no folding. So that its rows are the same in number and bytes, the real ingest
runs first, unmeasured, on a store whose connection remembers each statement that changed
something.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec

from server.hub.exchange import exchange
from server.hub.forms import FormShelf
from server.store.sqlite.database import SqliteStore, SqliteUnit, connect
from sync.chain import Place, revision_id
from sync.revision import Revision
from tests.bench.bodies import Body

Statement = tuple[str, list[Any]]
"""A statement that changed rows, and the values of each time that it ran."""

_decode = msgspec.json.Decoder(Revision).decode


class Written(msgspec.Struct, frozen=True):
    """A body and what the server wrote for it."""

    after: Place
    last: Place
    lines: list[bytes]
    statements: list[Statement]


class Reference:
    """The real ingest on a store of its own; says what it wrote."""

    def __init__(self, path: Path, *, now_ms: int) -> None:
        self._store = _RememberingStore(path)
        self._shelf = FormShelf()
        self._now_ms = now_ms

    def written(self, body: Body) -> Written:
        """Take a body in; the statements that it took."""
        self._store.statements.clear()
        exchange(self._store, self._shelf, body.device, body.raw, now_ms=self._now_ms)
        return Written(body.after, body.last, body.lines, list(self._store.statements))

    def close(self) -> None:
        """Close the store."""
        self._store.close()


class Floor:
    """The floor pipeline on a store of its own."""

    def __init__(self, path: Path) -> None:
        self._db = connect(path)

    def seconds_for(self, bodies: Iterable[Written]) -> float:
        """Time to take these bodies in, one transaction each."""
        begin = perf_counter()
        for body in bodies:
            self._take(body)
        return perf_counter() - begin

    def close(self) -> None:
        """Close the store."""
        self._db.close()

    def _take(self, body: Written) -> None:
        previous = body.after.id
        for line in body.lines:
            _decode(line)
            previous = revision_id(previous, line)
        if previous != body.last.id:
            raise AssertionError("the floor hashed other lines than the server")
        self._db.execute("BEGIN IMMEDIATE")
        for sql, values in body.statements:
            self._db.executemany(sql, values)
        self._db.execute("COMMIT")


class _Remembering:
    """A connection that remembers the statements that changed rows."""

    def __init__(self, connection: sqlite3.Connection, statements: list[Statement]) -> None:
        self._connection = connection
        self._statements = statements

    def execute(self, sql: str, values: Any = ()) -> sqlite3.Cursor:
        with self._remembering(sql, [values]):
            return self._connection.execute(sql, values)

    def executemany(self, sql: str, values: Iterable[Any]) -> sqlite3.Cursor:
        rows = list(values)
        with self._remembering(sql, rows):
            return self._connection.executemany(sql, rows)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    @contextmanager
    def _remembering(self, sql: str, values: list[Any]) -> Iterator[None]:
        before = self._connection.total_changes
        yield
        if self._connection.total_changes > before:
            self._statements.append((sql, values))


class _RememberingStore(SqliteStore):
    """The real store, all of whose units stand on remembering connections."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.statements: list[Statement] = []

    def _write_unit(self) -> SqliteUnit:
        unit = super()._write_unit()
        if not isinstance(unit.connection, _Remembering):
            unit = SqliteUnit(_Remembering(unit.connection, self.statements))  # type: ignore[arg-type]
            self._writer = unit
        return unit
