"""A workbook for Excel and LibreOffice: a sheet for the records, one for each repeat.

Texts are written as texts and numbers as numbers, whatever they look like: a code, a NIK or
``=1+1`` stays what was saved. A cell on which people differ is coloured and says in a comment
who wrote what.
"""

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from inspect import unwrap
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from server.exports.pieces import pieces_of
from server.exports.table import ROWS, Cell, Column, Row, Table

CELL_UNITS_MAX = 32_767
ROWS_MAX = 1_048_576
"""Limits of the format: UTF-16 units of a text, rows of a sheet."""

SHORT_CHARACTERS = CELL_UNITS_MAX // 2
"""A text that is shorter fits, whatever its characters are."""

DIGITS_EXACT = 10**15
"""A spreadsheet keeps 15 digits of a number; a longer one is written as text."""

CUT = " … (terpotong; lengkap di CSV)"
COMMENT_WIDTH, COMMENT_LINE_HEIGHT = 320, 17

# Without their decorator, which looks in every call whether a place is written as "A1".
_write_string, _write_number = unwrap(Worksheet.write_string), unwrap(Worksheet.write_number)

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
        self._plain, self._marked = book.add_format(), marked
        self._columns = columns
        self._next = 1
        self._sheet.freeze_panes(1, 1)
        for number, column in enumerate(columns):
            self._write_text(0, number, column.name, header)

    def append(self, cells: Sequence[Cell], marks: Mapping[int, str]) -> None:
        """The next row."""
        row, sheet = self._next, self._sheet
        if row >= ROWS_MAX:
            raise TooManyRows(self._next)
        self._next += 1
        for number, cell in enumerate(cells):
            if cell is None:
                continue
            if not isinstance(cell, str):
                if abs(cell) < DIGITS_EXACT:
                    _write_number(sheet, row, number, cell)
                else:
                    _write_string(sheet, row, number, str(cell))
            elif len(cell) < SHORT_CHARACTERS and cell.isascii() and cell[:1] != "<":
                _write_string(sheet, row, number, cell)
            else:
                self._write_text(row, number, cell, None)
        for number, text in marks.items():
            self._mark(row, number, cells[number], text)

    def finish(self) -> None:
        """Give every column its width and filter; done first, a width would cost each cell a look."""
        self._sheet.autofilter(0, 0, self._next - 1, len(self._columns) - 1)
        for number, column in enumerate(self._columns):
            self._sheet.set_column(number, number, max(10, min(40, len(column.name) + 2)))

    def _write_text(self, row: int, number: int, text: str, style: Any) -> None:
        text = _fitting(text)
        if text.startswith("<r>") and text.endswith("</r>"):
            # XlsxWriter takes such a text for markup of its own. In two runs it is a text.
            self._sheet.write_rich_string(row, number, self._plain, text[:1], self._plain, text[1:])
        else:
            self._sheet.write_string(row, number, text, style)

    def _mark(self, row: int, number: int, cell: Cell, text: str) -> None:
        """Colour a cell of the row that was written last, and say why."""
        if isinstance(cell, int | float):
            self._sheet.write_number(row, number, cell, self._marked)
        else:
            self._write_text(row, number, cell or "", self._marked)
        size = {"width": COMMENT_WIDTH, "height": COMMENT_LINE_HEIGHT * (text.count("\n") + 2)}
        self._sheet.write_comment(row, number, _fitting(text), size)


def _with_counts(row: Row, counted: Sequence[tuple[int, str]]) -> Sequence[Cell]:
    """The cells, with the number of its rows where a repeat has a sheet of its own."""
    cells = list(row.cells)
    for number, name in counted:
        cells[number] = len(row.sheets.get(name, ())) if cells[number] is not None else None
    return cells


def _fitting(text: str) -> str:
    """A text that a cell can hold, which counts in UTF-16; lone surrogates replaced."""
    if len(text) > SHORT_CHARACTERS and len(text.encode("utf-16-le", "replace")) > 2 * CELL_UNITS_MAX:
        kept = text.encode("utf-16-le", "replace")[: 2 * (CELL_UNITS_MAX - len(CUT))]
        text = kept.decode("utf-16-le", "ignore") + CUT
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
