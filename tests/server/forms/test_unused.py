"""Columns that Tapak passes over are told, and refuse nothing."""

from __future__ import annotations

from io import BytesIO

import openpyxl
import pytest

from server.forms import Unused, compile_form, compile_noting, library_forms

SETTINGS = """
| settings | form_title | form_title_en | form_id | version |
|---|---|---|---|---|
| | Contoh | Example | contoh | 1 |
"""
CHOICES = """
| choices | list_name | name | label | image | kab |
|---|---|---|---|---|---|
| | kab | a | A | | |
| | kab | b | B | | |
| | kec | c | C | c.png | a |
| | kec | d | D | d.png | b |
"""


def unused_in(survey: str, rest: str = SETTINGS) -> list[tuple[str, str, int]]:
    noted = compile_noting(f"{survey}\n{rest}".encode(), name="contoh.md")
    return [(one.sheet, one.column, one.rows) for one in noted.unused]


def test_a_column_is_told_with_the_number_of_its_rows():
    unused = unused_in("""
| survey | type | name | label::Indonesia (id) | hint::Indonesia (id) | default | appearance |
|---|---|---|---|---|---|---|
| | text | a | A | Isi. | x | |
| | integer | b | B | | 1 | |
| | range | c | C | | 5 | picker |
""")

    assert unused == [("survey", "default", 3), ("survey", "appearance", 1)]


def test_a_column_without_a_cell_is_not_told():
    assert (
        unused_in("| survey | type | name | label | default |\n|---|---|---|---|---|\n| | text | a | A | |\n")
        == []
    )


def test_a_translated_column_that_is_not_read_is_told_by_its_full_name():
    unused = unused_in("""
| survey | type | name | label::English (en) | required | required_message::English (en) |
|---|---|---|---|---|---|
| | text | a | A | yes | Say it. |
""")

    assert unused == [("survey", "required_message::English (en)", 1)]


def test_a_calculation_is_told_where_it_would_be_a_default():
    unused = unused_in("""
| survey | type | name | label | calculation |
|---|---|---|---|---|
| | integer | a | A | 1 + 1 |
| | calculate | b | | ${a} * 2 |
""")

    assert unused == [("survey", "calculation", 1)]


def test_a_choices_column_is_used_where_a_filter_reads_it():
    survey = """
| survey | type | name | label | choice_filter |
|---|---|---|---|---|
| | select_one kab | kab | Kab | |
| | select_one kec | kec | Kec | {filter} |
"""

    assert unused_in(survey.replace("{filter}", "kab = ${kab}"), CHOICES + SETTINGS) == [
        ("choices", "image", 2)
    ]
    assert unused_in(survey.replace("{filter}", ""), CHOICES + SETTINGS) == [
        ("choices", "image", 2),
        ("choices", "kab", 2),
    ]


def test_a_setting_that_is_not_read_is_told():
    settings = "| settings | form_id | version | style |\n|---|---|---|---|\n| | contoh | 1 | pages |\n"

    assert unused_in(
        "| survey | type | name | label |\n|---|---|---|---|\n| | text | a | A |\n", settings
    ) == [("settings", "style", 1)]


def test_excel_tells_the_same():
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    rows = {
        "survey": [("type", "name", "label", "default"), ("text", "a", "A", "x"), ("text", "b", "B", None)],
        "settings": [("form_id", "version"), ("contoh", "1")],
    }
    for sheet, cells in rows.items():
        made = workbook.create_sheet(sheet)
        for row in cells:
            made.append(row)
    file = BytesIO()
    workbook.save(file)

    assert compile_noting(file.getvalue(), name="contoh.xlsx").unused == (Unused("survey", "default", 1),)


@pytest.mark.parametrize(("name", "source"), library_forms(), ids=[name for name, _ in library_forms()])
def test_the_pack_uses_all_its_columns_and_compiles_as_ever(name, source):
    noted = compile_noting(source, name=name)

    assert all(one.on == "group" and one.column == "label" for one in noted.unused)
    assert noted.form == compile_form(source, name=name)
