"""A workbook says in every program what was saved."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from server.exports import xlsx
from server.exports.csv import csv_file
from server.exports.table import Cell, Column, Row, Table
from server.exports.xlsx import TooManyRows, xlsx_file
from tests.conftest import Needs
from tests.server.exports.awkward import AS_OF, CELLS, COLUMNS, MARKS, awkward
from tests.server.exports.office import libreoffice, sheets_in_libreoffice


def written(path: Path, table: Table) -> Path:
    path.write_bytes(b"".join(xlsx_file(table)))
    return path


def plain(*cells: Cell, columns: tuple[str, ...] = ("record", "x")) -> Table:
    return Table(
        name="lahan",
        title="",
        as_of=AS_OF,
        columns=tuple(Column(name=name) for name in columns),
        sheets=(),
        rows=iter([Row(list(cells))]),
    )


def expected() -> list[tuple[Cell, ...]]:
    """The cells of the main sheet: a repeat is its number of rows there."""
    return [(*cells[:-1], 2 if cells[-1] else None) for cells in CELLS]


def test_openpyxl_reads_every_cell_as_it_was_and_no_formula(tmp_path: Path) -> None:
    book = load_workbook(written(tmp_path / "lahan.xlsx", awkward()))

    rows = list(book["lahan"].iter_rows())
    assert [cell.value for cell in rows[0]] == [column.name for column in COLUMNS]
    assert [tuple(as_read(cell.value) for cell in row) for row in rows[1:]] == expected()
    assert {cell.data_type for row in rows for cell in row} == {"s", "n"}
    assert [[cell.value for cell in row] for row in book["pengurus"].iter_rows()] == [
        ["record", "row", "nama"],
        ["r11", "b1", "=1+1"],
        ["r11", "b2", "Ani"],
    ]
    assert all(cell.hyperlink is None for row in rows for cell in row)


def as_read(value: Cell) -> Cell:
    """openpyxl leaves to its user what the format escapes: ``_x005F_`` is an underscore."""
    return unescape(value) if isinstance(value, str) else value


def test_the_header_stays_in_sight_and_filters(tmp_path: Path) -> None:
    sheet = load_workbook(written(tmp_path / "lahan.xlsx", awkward()))["lahan"]

    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == f"A1:F{len(CELLS) + 1}"


def test_a_cell_on_which_people_differ_says_who_wrote_what(tmp_path: Path) -> None:
    sheet = load_workbook(written(tmp_path / "lahan.xlsx", awkward()))["lahan"]

    commented = {cell.coordinate: cell for row in sheet.iter_rows() for cell in row if cell.comment}
    assert list(commented) == ["D4"]
    assert commented["D4"].comment.text == MARKS[2][3]
    assert commented["D4"].value == "(tidak diketahui)"
    assert commented["D4"].fill.fgColor.rgb == "FFFFE699"


def test_libreoffice_shows_every_cell_as_it_was(tmp_path: Path, needs: Needs) -> None:
    sheets = sheets_in_libreoffice(needs, written(tmp_path / "lahan.xlsx", awkward()))

    header, *rows = sheets["lahan"]
    assert header == [column.name for column in COLUMNS]
    assert [[as_shown(cell) for cell in row] for row in expected()] == rows
    assert sheets["pengurus"][1:] == [["r11", "b1", "=1+1"], ["r11", "b2", "Ani"]]


def as_shown(cell: Cell) -> str:
    return {None: "", 1e-07: "0.0000001"}.get(cell, str(cell))  # type: ignore[arg-type]


def test_libreoffice_finds_no_formula_in_a_csv(tmp_path: Path, needs: Needs) -> None:
    (tmp_path / "lahan.csv").write_bytes(b"".join(csv_file(awkward())))

    libreoffice(needs, tmp_path / "lahan.csv", "xlsx")

    rows = list(load_workbook(tmp_path / "lahan.xlsx").active.iter_rows())
    assert len(rows) == len(CELLS) + 1
    assert "f" not in {cell.data_type for row in rows for cell in row}


@pytest.mark.parametrize("number", [10**15, -(10**15), 2**53 - 1, 1.5e300])
def test_a_number_with_more_digits_than_a_spreadsheet_keeps_is_text(number: float, tmp_path: Path) -> None:
    sheet = load_workbook(written(tmp_path / "x.xlsx", plain("r1", number))).active

    assert sheet["B2"].value == str(number)


def test_a_text_that_no_cell_holds_is_cut_and_says_so(tmp_path: Path) -> None:
    table = plain("r1", "x" * 40_000, "😀" * 20_000, "😀" * 16_383, columns=("record", "x", "y", "z"))
    sheet = load_workbook(written(tmp_path / "x.xlsx", table)).active

    assert len(sheet["B2"].value) == 32_767
    assert sheet["B2"].value.endswith("x … (terpotong; lengkap di CSV)")
    assert sheet["C2"].value.endswith("😀 … (terpotong; lengkap di CSV)")
    assert sheet["D2"].value == "😀" * 16_383


@pytest.mark.parametrize("text", ["\0\1\x1b", "\ud800", "\ufffe", "a\r\nb", "_x000D_", ""])
def test_any_text_makes_a_file_that_opens(text: str, tmp_path: Path) -> None:
    sheet = load_workbook(written(tmp_path / "x.xlsx", plain("r1", text))).active

    assert sheet["A2"].value == "r1"


def test_more_rows_than_a_sheet_holds_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "ROWS_MAX", 5)

    with pytest.raises(TooManyRows):
        list(xlsx_file(awkward()))


def test_a_large_workbook_takes_no_more_memory_than_a_small_one() -> None:
    def peak_of(count: int) -> int:
        rows = (Row([f"r{number}", "x" * 100]) for number in range(count))
        columns = (Column(name="record"), Column(name="x"))
        tracemalloc.start()
        for _ in xlsx_file(Table(name="t", title="", as_of=AS_OF, columns=columns, sheets=(), rows=rows)):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert peak_of(8_000) < 2 * peak_of(2_000)
