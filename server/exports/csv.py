"""CSV for people who open it in a spreadsheet: UTF-8, commas, no cell that is a formula."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

Cell = str | int | float | None
"""A text, a number, or nothing."""

CHUNK_ROWS = 500
"""Rows that are put into one piece of the output."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# What begins with a sign and is a number or a telephone number stays as it is.
_NUMBER_OR_PHONE = re.compile(r"[+-]?\d[\d.,]*|\+\d[\d -]*", re.ASCII)


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """The file in pieces, so that memory does not grow with the number of rows."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    for count, row in enumerate(rows, start=1):
        writer.writerow([guarded(cell) for cell in row])
        if count % CHUNK_ROWS == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def guarded(cell: Cell) -> Cell:
    """The cell; a text that a spreadsheet would run as a formula gets an apostrophe before it."""
    if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) and not _NUMBER_OR_PHONE.fullmatch(cell):
        return "'" + cell
    return cell


def _taken(buffer: io.StringIO) -> bytes:
    data = buffer.getvalue().encode("utf-8", "replace")
    buffer.seek(0)
    buffer.truncate()
    return data
