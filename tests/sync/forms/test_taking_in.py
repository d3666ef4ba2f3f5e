"""A list is taken in row by row, and what became of each is told."""

from __future__ import annotations

import pytest

from sync.forms.lists import Cell, Left, Taken
from sync.forms.model import Form
from sync.forms.places import Places
from sync.forms.taking_in import (
    ColumnsSaid,
    LeftRow,
    ListProblem,
    columns_said,
    laid_over,
    only_counting,
    report_json,
    report_texts,
    take_in,
)
from tests.sync.forms.conftest import question

FORM = Form("lahan", "1", {}, "id", questions=(question("npwp", "text"), question("foto", "image")))
PLACES = Places({"62.02.01.2004": "Baru"}.items(), ["62.02.01.2004"])
ROWS: list[list[Cell]] = [
    ["No", "Desa", "NPWP"],
    [1, "Baru", "1.2E+15"],
    [2, "Baru", "12"],
    [3, "Entah", "12"],
]


def test_what_became_of_each_row_is_told():
    offered: list[Taken] = []

    def store(row: Taken) -> bool:
        offered.append(row)
        return len(offered) == 1

    report = take_in(FORM, ROWS, ColumnsSaid(key=("No",)), PLACES, store=store)

    assert [row.pairs for row in offered] == [(("npwp", "1.2E+15"),), (("npwp", "12"),)]
    assert report.left == [LeftRow(4, ROWS[3], Left("village-unknown"))]
    assert report_json(report, "x.sisa.csv") == {
        "dry_run": False,
        "rows": 3,
        "saved": 1,
        "unchanged": 1,
        "left": [{"row": 4, "reason": "village-unknown", "candidates": []}],
        "left_over": "x.sisa.csv",
        "columns": {"Desa": "_village", "NPWP": "npwp"},
        "unknown_columns": ["No"],
        "notes": [{"row": 2, "column": "NPWP", "cell": "1.2E+15"}],
    }
    assert report_texts(report, "x.sisa.csv") == [
        ("import.unknown-columns", {"columns": "No"}),
        ("import.digits-lost", {"row": 2, "column": "NPWP", "cell": "1.2E+15"}),
        ("import.done", {"rows": 3, "saved": 1, "unchanged": 1}),
        ("import.left-over", {"count": 1, "file": "x.sisa.csv"}),
    ]


def test_a_trial_counts_what_would_be_saved():
    twice = [*ROWS, [2, "Baru", "12"]]
    counting = only_counting(lambda row: row.pairs == (("npwp", "12"),))

    report = take_in(FORM, twice, ColumnsSaid(key=("No",)), PLACES, store=counting)

    assert report_json(report, None, dry_run=True)["dry_run"] is True
    assert report_texts(report, None, dry_run=True)[2:] == [
        ("import.would-be", {"rows": 4, "saved": 1, "unchanged": 2}),
        ("import.would-be-left", {"count": 1, "rows": "4"}),
    ]


def test_a_list_without_anything_odd_is_one_sentence():
    report = take_in(FORM, [["Desa", "NPWP"], ["Baru", "12"]], ColumnsSaid(), PLACES, store=lambda row: True)

    assert report_texts(report, None) == [("import.done", {"rows": 1, "saved": 1, "unchanged": 0})]


@pytest.mark.parametrize(
    ("rows", "said", "problem"),
    [
        ([["a", "b"]], ColumnsSaid(), ("import.no-header", False, {"form": "lahan"})),
        (
            ROWS,
            ColumnsSaid(key=("Nomor",)),
            ("import.key-unknown", True, {"name": "Nomor", "known": "No, Desa, NPWP"}),
        ),
    ],
)
def test_a_list_that_cannot_be_taken_in_says_why(rows: list[list[Cell]], said: ColumnsSaid, problem: object):
    with pytest.raises(ListProblem) as found:
        take_in(FORM, rows, said, PLACES, store=lambda row: True)

    assert (found.value.key, found.value.is_usage, found.value.values) == problem


def test_columns_are_said_as_header_and_target():
    assert columns_said(["Nomor pajak = npwp", "a=b=", "Desa="], ["No"]) == ColumnsSaid(
        {"Nomor pajak": "npwp", "a=b": "", "Desa": ""}, ("No",)
    )
    for text in ("npwp", "=npwp"):
        with pytest.raises(ListProblem) as found:
            columns_said([text], [])
        assert (found.value.key, found.value.values) == ("import.no-pair", {"text": text})


def test_what_is_said_now_goes_over_what_was_remembered():
    before = ColumnsSaid({"A": "npwp", "B": "pertanyaan_lama", "C": ""}, ("No",))

    assert laid_over(FORM, ColumnsSaid({"A": "_village"}), before) == ColumnsSaid(
        {"A": "_village", "C": ""}, ("No",)
    )
    assert laid_over(FORM, ColumnsSaid(key=("Kode",)), before).key == ("Kode",)
    with pytest.raises(ListProblem) as found:
        laid_over(FORM, ColumnsSaid({"A": "foto"}), before)
    assert found.value.values == {"column": "A", "target": "foto", "form": "lahan"}
