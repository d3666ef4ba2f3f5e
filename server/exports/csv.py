"""CSV for people who open it in a spreadsheet: UTF-8, commas, no cell that is a formula."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from server.exports.table import Cell, Table

CHUNK_ROWS = 500
"""Rows that are put into one piece of the output."""

_FORMULA_STARTS = frozenset("=+-@\t\r")
# What begins with a sign and is a number or a telephone number stays as it is.
_NUMBER_OR_PHONE = re.compile(r"[+-]?\d[\d.,]*|\+\d[\d -]*", re.ASCII)


def csv_file(table: Table) -> Iterator[bytes]:
    """The main table; the rows of a repeat stand as JSON in one cell."""
    return csv_bytes([column.name for column in table.columns], (row.cells for row in table.rows))


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """The file in pieces, so that memory does not grow with the number of rows."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    for count, row in enumerate(rows, start=1):
        # Few texts begin like a formula, and only they cost a call.
        writer.writerow(
            [guarded(cell) if cell.__class__ is str and cell[:1] in _FORMULA_STARTS else cell for cell in row]
        )
        if count % CHUNK_ROWS == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def guarded(cell: Cell) -> Cell:
    """The cell; a text that a spreadsheet would run as a formula gets an apostrophe before it."""
    if isinstance(cell, str) and cell[:1] in _FORMULA_STARTS and not _NUMBER_OR_PHONE.fullmatch(cell):
        return "'" + cell
    return cell


def _taken(buffer: io.StringIO) -> bytes:
    data = buffer.getvalue().encode("utf-8", "replace")
    buffer.seek(0)
    buffer.truncate()
    return data
