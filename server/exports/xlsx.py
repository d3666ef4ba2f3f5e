"""A workbook for Excel and LibreOffice: a sheet for the records, one for each repeat.

Texts are written as texts and numbers as numbers, whatever they look like: a code, a NIK or
``=1+1`` stays what was saved. A cell on which people differ is coloured and says in a comment
who wrote what.
"""

import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook

from server.exports.pieces import pieces_of
from server.exports.table import ROWS, Cell, Column, Row, Table

CELL_CHARACTERS_MAX = 32_767
ROWS_MAX = 1_048_576
"""Limits of the format."""

DIGITS_EXACT = 10**15
"""A spreadsheet keeps 15 digits of a number; a longer one is written as text."""

CUT = " … (terpotong; lengkap di CSV)"
COMMENT_WIDTH, COMMENT_LINE_HEIGHT = 320, 17

_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_HEADER_FORMAT = {"bold": True, "bg_color": "#DCE6F1", "bottom": 1}
_CONFLICT_FORMAT = {"bg_color": "#FFE699"}
_NOT_IN_A_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")
_SHEET_NAME_MAX = 31


class TooManyRows(ValueError):
    """More rows than a sheet can hold."""


def xlsx_file(table: Table) -> Iterator[bytes]:
    """The file in pieces; it is made on disk first. Raises TooManyRows."""
    with tempfile.TemporaryDirectory(prefix="tapak-export-") as folder:
        path = Path(folder) / "export.xlsx"
        book = Workbook(path, {**_OPTIONS, "tmpdir": folder})
        try:
            _write(book, table)
        finally:
            book.close()
        yield from pieces_of(path)


def _write(book: Workbook, table: Table) -> None:
    header, marked = book.add_format(_HEADER_FORMAT), book.add_format(_CONFLICT_FORMAT)
    main = _Sheet(book, table.name, table.columns, header, marked)
    beside = {sheet.name: _Sheet(book, sheet.name, sheet.columns, header, marked) for sheet in table.sheets}
    counted = [
        (number, column.name)
        for number, column in enumerate(table.columns)
        if column.kind == ROWS and column.name in beside
    ]
    for row in table.rows:
        main.append(_with_counts(row, counted) if counted else row.cells, row.marks)
        for name, rows in row.sheets.items():
            for cells in rows:
                beside[name].append(cells, {})
    for sheet in (main, *beside.values()):
        sheet.finish()


class _Sheet:
    """A sheet that is written from top to bottom."""

    def __init__(
        self, book: Workbook, name: str, columns: Sequence[Column], header: Any, marked: Any
    ) -> None:
        self._sheet = book.add_worksheet(_NOT_IN_A_SHEET_NAME.sub(" ", name)[:_SHEET_NAME_MAX])
        self._marked = marked
        self._columns = len(columns)
        self._next = 1
        self._sheet.freeze_panes(1, 1)
        for number, column in enumerate(columns):
            self._sheet.set_column(number, number, max(10, min(40, len(column.name) + 2)))
            self._sheet.write_string(0, number, column.name, header)

    def append(self, cells: Sequence[Cell], marks: Any) -> None:
        """The next row."""
        row, sheet = self._next, self._sheet
        if row >= ROWS_MAX:
            raise TooManyRows(self._next)
        self._next += 1
        write_string, write_number = sheet.write_string, sheet.write_number
        for number, cell in enumerate(cells):
            if cell is None and number not in marks:
                continue
            style = self._marked if number in marks else None
            if cell is None or isinstance(cell, str):
                write_string(row, number, _fitting(cell or ""), style)
            elif abs(cell) < DIGITS_EXACT:
                write_number(row, number, cell, style)
            else:
                write_string(row, number, str(cell), style)
        for number, text in marks.items():
            size = {"width": COMMENT_WIDTH, "height": COMMENT_LINE_HEIGHT * (text.count("\n") + 2)}
            sheet.write_comment(row, number, _fitting(text), size)

    def finish(self) -> None:
        """Give every column its filter."""
        self._sheet.autofilter(0, 0, self._next - 1, self._columns - 1)


def _with_counts(row: Row, counted: Sequence[tuple[int, str]]) -> Sequence[Cell]:
    """The cells, with the number of its rows where a repeat has a sheet of its own."""
    cells = list(row.cells)
    for number, name in counted:
        cells[number] = len(row.sheets.get(name, ())) if cells[number] is not None else None
    return cells


def _fitting(text: str) -> str:
    """A text that a cell can hold; lone surrogates replaced."""
    if len(text) > CELL_CHARACTERS_MAX:
        text = text[: CELL_CHARACTERS_MAX - len(CUT)] + CUT
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
