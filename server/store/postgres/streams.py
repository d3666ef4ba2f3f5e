"""Answers of any length in constant memory."""

from collections.abc import Iterator
from itertools import count
from typing import Any

from psycopg import Connection

ROWS_AT_A_TIME = 500
"""Rows that one step of a stream fetches."""

_numbers = count(1)


def stream(connection: Connection, query: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a query as they stand now; the caller may write while reading them.

    Other questions may be asked of the connection between two rows. A stream ends with its
    unit.
    """
    with connection.cursor(name=f"stream_{next(_numbers)}") as cursor:
        cursor.itersize = ROWS_AT_A_TIME
        cursor.execute(query)
        yield from cursor
