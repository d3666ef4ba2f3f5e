"""Every spelling that pyxform takes is read, told as unused, or refused with its row: none in silence.

The spellings come from pyxform's own tables, so a newer pyxform with another one fails here.
"""

from __future__ import annotations

from io import BytesIO
from itertools import product

import openpyxl
import pytest
from pyxform import aliases
from pyxform.question_type_dictionary import QUESTION_TYPE_DICT

from server.forms import FormProblem, Unused, compile_noting
from server.forms.spellings import WRITTEN_TYPES, column_of, type_of
from sync.forms.model import Form
from sync.forms.types import METADATA_TYPES

SETTINGS = """
| settings | form_id | version |
|---|---|---|
| | contoh | 1 |
"""
CHOICES = """
| choices | list_name | name | label |
|---|---|---|---|
| | yn | yes | Yes |
| | yn | no | No |
"""
READ_FROM = {
    ("bind", "relevant"): "relevant",
    ("bind", "required"): "required",
    ("bind", "constraint"): "constraint",
    ("bind", "jr:constraintMsg"): "constraint_message",
    ("bind", "calculate"): "calculation",
    "label": "label",
    "hint": "hint",
    "type": "type",
    "name": "name",
    "title": "form_title",
    "id_string": "form_id",
}
"""What pyxform calls the columns that Tapak reads."""


def noted(survey: str, rest: str = CHOICES + SETTINGS):
    return compile_noting(f"{survey}\n{rest}".encode(), name="contoh.md")


def outcome(type: str) -> Form | str:
    """The form with one question of this type, or why it is refused."""
    try:
        return noted(one(type)).form
    except FormProblem as problem:
        return str(problem)


def one(type: str) -> str:
    return f"| survey | type | name | label |\n|---|---|---|---|\n| | {type} | a | A |\n"


@pytest.mark.parametrize(
    ("sheet", "written", "meant"),
    [
        (sheet, written, READ_FROM[meant])
        for sheet, table in {
            "survey": aliases.survey_header,
            "choices": aliases.list_header,
            "settings": aliases.settings_header,
        }.items()
        for written, meant in table.items()
        if meant in READ_FROM
    ],
)
def test_a_column_means_what_it_means_to_pyxform(sheet: str, written: str, meant: str):
    assert column_of(sheet, written) == meant
    assert column_of(sheet, written.replace("_", " ").title()) == meant
    assert column_of(sheet, f"{written}::English (en)") == f"{meant}::English (en)"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("label:English (en)", "label::English (en)"),
        ("label :: Bahasa Indonesia (id)", "label::Bahasa Indonesia (id)"),
        ("bind::jr:constraintMsg::English (en)", "constraint_message::English (en)"),
        ("bind: relevant", "relevant"),
        ("media::image::English (en)", "media::image::English (en)"),
        ("Repeat Count", "repeat_count"),
    ],
)
def test_parts_of_a_column_are_told_apart(written: str, meant: str):
    assert column_of("survey", written) == meant


@pytest.mark.parametrize("written", sorted({*QUESTION_TYPE_DICT, *aliases._type_alias_map} - {"calculate"}))
def test_every_type_of_pyxform_is_read_or_refused_with_its_row(written: str):
    cell = f"{written} yn" if "select" in written or written == "rank" else written
    found = outcome(cell)

    if isinstance(found, str):
        assert type_of(cell) not in WRITTEN_TYPES
        assert "row" in found or "sheet" in found
    else:
        types = [question.type for question in found.questions]
        assert types == [] if type_of(cell) in METADATA_TYPES else types[0] in WRITTEN_TYPES


@pytest.mark.parametrize(
    ("written", "type"),
    [
        ("select one from yn", "select_one"),
        ("select one yn", "select_one"),
        ("select1 yn", "select_one"),
        ("add select one prompt using yn", "select_one"),
        ("select all that apply from yn", "select_multiple"),
        ("select all that apply yn", "select_multiple"),
        ("add select multiple prompt using yn", "select_multiple"),
        ("select_one   yn", "select_one"),
        ("select one from file a.csv", "select_one_from_file"),
        ("add text prompt", "text"),
        ("q string", "text"),
        ("add image prompt", "image"),
        ("date time", "datetime"),
        ("q geopoint", "geopoint"),
    ],
)
def test_older_spellings_of_types_are_read(written: str, type: str):
    (question,) = noted(one(written)).form.questions

    assert question.type == type
    assert question.list_name == {"select_one_from_file": "a.csv"}.get(type, "yn" if "select" in type else "")


@pytest.mark.parametrize(
    ("kind", "between"),
    [("repeat", "_"), *product(["repeat", "lgroup", "looped group"], [" ", "  "])],
)
def test_repeats_and_groups_begin_and_end_in_every_spelling(kind: str, between: str):
    survey = f"""
| survey | type | name | label |
|---|---|---|---|
| | begin{between}{kind} | child | Child |
| | begin{between}group | inner | Inner |
| | text | first | Name |
| | end{between}group | | |
| | end{between}{kind} | | |
| | text | last | Last |
"""

    form = noted(survey).form

    assert [(each.name, each.repeat) for each in form.questions] == [
        ("child", ""),
        ("first", "child"),
        ("last", ""),
    ]


def test_a_form_in_old_words_is_the_form_in_new_ones():
    old = """
| survey | command | tag | caption | relevance | constraining message | constraint |
|---|---|---|---|---|---|---|
| | select one from yn | asked | Asked? | | | |
| | int | years | Years | ${asked} = 'yes' | Too old. | . < 120 |

| choices | list name | value | caption |
|---|---|---|---|
| | yn | yes | Yes |
| | yn | no | No |

| settings | set form id | set form title | version |
|---|---|---|---|
| | contoh | Judul | 1 |
"""
    new = """
| survey | type | name | label | relevant | constraint_message | constraint |
|---|---|---|---|---|---|---|
| | select_one yn | asked | Asked? | | | |
| | integer | years | Years | ${asked} = 'yes' | Too old. | . < 120 |

| choices | list_name | name | label |
|---|---|---|---|
| | yn | yes | Yes |
| | yn | no | No |

| settings | form_id | form_title | version |
|---|---|---|---|
| | contoh | Judul | 1 |
"""

    assert noted(old, "") == noted(new, "")
    assert noted(old, "").unused == ()


@pytest.mark.parametrize(
    ("cell", "meant"),
    [("Select_One yn", "select_one"), ("Integer", "integer"), ("Tekst", "text"), ("Begin Repeat", None)],
)
def test_a_type_that_pyxform_does_not_know_is_named_with_its_row_and_the_one_that_is_meant(cell, meant):
    with pytest.raises(FormProblem) as caught:
        noted(one(cell))

    if meant:
        assert f"survey row 2: 'a' has type '{cell}'. Known: text, " in str(caught.value)
        assert str(caught.value).endswith(f"Did you mean '{meant}'?")


def test_what_a_plain_group_says_beside_its_name_and_condition_is_told():
    survey = """
| survey | type | name | label::English (en) | label::Bahasa Indonesia (id) | relevant | appearance |
|---|---|---|---|---|---|---|
| | text | x | X | X | | |
| | begin group | g | Group | Grup | ${x} = '1' | field-list |
| | text | a | A | A | | minimal |
| | end group | | | | | |
| | begin repeat | r | Rows | Baris | | |
| | text | b | B | B | | |
| | end repeat | | | | | |
"""

    assert noted(survey).unused == (
        Unused("survey", "label", 1, "group"),
        Unused("survey", "appearance", 1, "group"),
        Unused("survey", "appearance", 1),
    )


def test_a_sheet_that_is_passed_over_is_told():
    entities = "\n| entities | dataset | label |\n|---|---|---|\n| | trees | ${a} |\n"

    assert noted(one("text"), CHOICES + SETTINGS + entities).unused == (Unused("entities", "", 0),)


def test_a_workbook_tells_its_other_sheets_but_not_those_with_an_underscore():
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for sheet, rows in {
        "survey": [("type", "name", "label"), ("text", "a", "A")],
        "settings": [("form_id", "version"), ("contoh", "1")],
        "external_choices": [("list_name", "name"), ("c", "x")],
        "Catatan": [("apa",), ("saja",)],
        "_arsip": [("lama",)],
    }.items():
        made = workbook.create_sheet(sheet)
        for row in rows:
            made.append(row)
    file = BytesIO()
    workbook.save(file)

    unused = compile_noting(file.getvalue(), name="contoh.xlsx").unused

    assert unused == (Unused("external_choices", "", 0), Unused("Catatan", "", 0))
