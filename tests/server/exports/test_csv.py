"""CSV that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.exports.csv import csv_bytes, guarded


def read_back(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))


@pytest.mark.parametrize("text", ['=HYPERLINK("x")', "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "\r=1"])
def test_a_text_that_would_run_as_a_formula_becomes_text(text: str) -> None:
    assert guarded(text) == "'" + text


@pytest.mark.parametrize(
    "cell", ["+6281234567890", "+62 812-3456-789", "-2.53", "-1.250,5", "0081", "a=b", "", None, -2.5, -7, 0]
)
def test_numbers_telephone_numbers_and_plain_texts_stay(cell: str | float | None) -> None:
    assert guarded(cell) == cell


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8")), min_size=2, max_size=2), max_size=20))
def test_every_text_comes_back_as_it_was_written(rows: list[list[str]]) -> None:
    data = b"".join(csv_bytes(["a", "b"], rows))

    back = read_back(data)

    assert back[0] == ["a", "b"]
    assert [cell for row in back[1:] for cell in row] == [guarded(cell) for row in rows for cell in row]


def test_a_large_table_takes_no_more_memory_than_a_small_one() -> None:
    def peak_of(count: int) -> int:
        tracemalloc.start()
        for _ in csv_bytes(["n", "text"], ([number, "x" * 100] for number in range(count))):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert peak_of(50_000) < 2 * peak_of(2_000)
