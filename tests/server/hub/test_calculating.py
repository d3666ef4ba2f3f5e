"""An export calculates what everybody else calculates, and closes what is restricted."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.hub.calculating import Calculator
from server.hub.columns import columns_of
from server.hub.taken_apart import answers_of
from sync.forms.flags import calculated
from sync.forms.model import Form, Question
from sync.revision import UNKNOWN
from sync.secrets import commitment
from tests.pack import pack
from tests.server.hub.test_flagging import some_shown

TODAY = "2026-11-23"
FORM = Form(
    id="f",
    version="1",
    titles={},
    default_language="id",
    questions=(
        Question("nik", "text", {}, security="restricted"),
        Question("nama", "text", {}),
        Question("panjang", "calculate", {}, calculation=["string-length", ["get", "nik"]]),
        Question("ganda", "calculate", {}, calculation=["*", ["get", "panjang"], 2]),
        Question("asal", "calculate", {}, relevant=["=", ["get", "nik"], "1"], calculation="x"),
        Question("umur", "calculate", {}, calculation=["-", ["today"], ["get", "nama"]]),
    ),
)


def values(form: Form, shown: dict[str, Any], today: str = TODAY) -> dict[str, Any]:
    return dict(Calculator(form, today=today).adding_to(answers_of(shown)).calculated)


@pytest.mark.parametrize("name", ["kelembagaan", "lahan"])
@given(data=st.data())
def test_the_values_are_those_of_the_form(name: str, data: st.DataObject) -> None:
    form = pack()[name]
    calculator = Calculator(form, today=TODAY)

    # Several records with one calculator: what came of one of them must not stick to another.
    for shown in data.draw(st.lists(some_shown(form), min_size=1, max_size=8)):
        expected = calculated(form, shown, today=TODAY)

        assert calculator.adding_to(answers_of(shown)).calculated == expected
        assert calculator.adding_to(answers_of(shown)).calculated == expected


sizes = st.sampled_from([None, True, 1, 1.0, "1", 1000, UNKNOWN, commitment("x" * 22, "1")])


@given(st.lists(st.fixed_dictionaries({}, optional={"luas_m2": sizes, "lebar_m": sizes, "panjang_m": sizes})))
def test_equal_looking_answers_of_other_kinds_are_told_apart(units: list[dict[str, Any]]) -> None:
    form = pack()["lahan"]
    calculator = Calculator(form, today=TODAY)

    for unit in units:
        for shown in ({"ukuran": unit}, {"ukuran": UNKNOWN, **unit}):
            found = calculator.adding_to(answers_of(shown)).calculated
            assert found == calculated(form, shown, today=TODAY)


def test_nothing_that_reads_a_restricted_answer_is_calculated_even_if_it_was_sent_open() -> None:
    shown = {"nik": "1", "nama": "2026-11-20"}

    assert calculated(FORM, shown, today=TODAY).keys() == {"panjang", "ganda", "asal", "umur"}
    assert values(FORM, shown) == {"umur": 3}


def test_a_calculation_that_is_not_relevant_is_read_by_another_and_not_shown() -> None:
    rows, office = Question("pengurus", "repeat", {}), Question("jabatan", "text", {}, repeat="pengurus")
    hidden = Question("dasar", "calculate", {}, relevant=["=", ["get", "nama"], "x"], calculation=2)
    plain = Question("ganda", "calculate", {}, calculation=["*", ["get", "dasar"], 2])
    inside = Question("lipat", "calculate", {}, repeat="pengurus", calculation=["*", ["get", "dasar"], 3])
    questions = (FORM.questions[1], rows, office, hidden, plain, inside)
    form = msgspec.structs.replace(FORM, questions=questions)

    for shown in ({"pengurus/b1/jabatan": "ketua"}, {"pengurus/b1/jabatan": "ketua", "nama": "x"}):
        assert values(form, shown) == calculated(form, shown, today=TODAY)
    assert values(form, {"pengurus/b1/jabatan": "ketua"}) == {"ganda": 4, "pengurus/b1/lipat": 6}


def test_the_date_is_the_one_of_the_export() -> None:
    assert values(FORM, {"nama": "2026-11-20"}, "2026-11-25") == {"umur": 5}


def test_a_restricted_calculation_stays_closed() -> None:
    own = msgspec.structs.replace(FORM.questions[5], security="restricted")
    form = msgspec.structs.replace(FORM, questions=(FORM.questions[1], own))

    assert not Calculator(form, today=TODAY).is_needed
    (column,) = columns_of(form)[1].columns
    assert (column.calculated, column.security) == (True, "restricted")


def test_a_form_without_calculations_needs_none() -> None:
    assert not Calculator(msgspec.structs.replace(FORM, questions=FORM.questions[:2]), today=TODAY).is_needed
