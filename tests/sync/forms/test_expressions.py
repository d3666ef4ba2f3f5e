"""Expressions: hand-written vectors, laws, and elementpath as an oracle."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from elementpath import ElementPathError
from hypothesis import given, settings
from hypothesis import strategies as st

from server.forms import compile_form, library_forms
from server.forms.parse_expression import parse_expression
from server.forms.read import read
from sync.forms.expressions import (
    FUNCTIONS,
    OPERATORS,
    Context,
    Unjudged,
    columns_in,
    evaluate,
    gives_number,
    holds,
    names_in,
    number_of,
    text_of,
)
from sync.forms.model import Form, Question
from tests.sync.forms import oracle

FILE = json.loads((Path(__file__).parents[2] / "vectors/expressions.json").read_text(encoding="utf-8"))
VECTORS = FILE["vectors"]
NAMES = ("a", "b", "c")
# elementpath takes some milliseconds an expression.
few = settings(max_examples=30)


def context(answers: dict[str, Any], own: str = "") -> Context:
    def text(name: str) -> str:
        value = answers.get(name, "")
        return value if isinstance(value, str) else text_of(float(value))

    return Context(text, FILE["today"], own, {"kab": "62.02"})


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_tree_of_a_vector_is_what_publication_makes_of_its_xpath(vector):
    _, _, xpath = vector["name"].partition(": ")

    assert parse_expression(xpath, questions=NAMES) == vector["tree"]


def test_every_function_and_operator_has_a_vector():
    used = {name for vector in VECTORS for name in _words(vector["tree"])}

    assert FUNCTIONS.keys() | OPERATORS.keys() == used - {"get", "self"}


def _words(tree: Any) -> set[str]:
    return {tree[0]}.union(*(_words(part) for part in tree[1:])) if isinstance(tree, list) else set()


def test_a_tree_tells_what_it_reads():
    xpath = "kab = ${a} and (name = ${b} or ${a} > 2)"
    tree = parse_expression(xpath, questions=NAMES, columns=("kab", "name"))

    assert names_in(tree) == {"a", "b"}
    assert columns_in(tree) == {"kab", "name"}
    assert holds(["=", ["column", "kab"], "62.02"], context({}))
    assert not holds(["=", ["column", "kec"], "62.02"], context({}))


def test_a_function_of_a_later_program_is_not_judged():
    with pytest.raises(Unjudged):
        evaluate(["and", 1, ["area", ["get", "a"]]], context({}))


NUMBERS = st.integers(-(10**9), 10**9) | st.floats(allow_nan=False, allow_infinity=False)
ANSWERS = st.dictionaries(
    st.sampled_from(NAMES), st.text(max_size=8) | NUMBERS | st.dates().map(date.isoformat)
)
TREES = st.recursive(
    st.sampled_from([["get", "a"], ["get", "b"], ["self"], ["today"]])
    | st.integers(0, 10**6)
    | st.floats(0, allow_infinity=False, allow_nan=False)
    | st.text(max_size=6),
    lambda inner: st.one_of(
        *(
            st.tuples(st.just(name), *[inner] * function.least).map(list)
            for name, function in FUNCTIONS.items()
            if name not in ("regex", "today")
        ),
        *(st.tuples(st.just(name), inner, inner).map(list) for name in OPERATORS if name != "negative"),
        inner.map(lambda tree: ["negative", tree]),
    ),
    max_leaves=12,
)


@given(TREES, ANSWERS, st.text(max_size=8))
def test_no_value_makes_an_expression_fail(tree, answers, own):
    assert isinstance(evaluate(tree, context(answers, own)), bool | float | str)


@given(TREES, ANSWERS, st.text(max_size=8))
def test_a_tree_that_gives_a_number_gives_nothing_else(tree, answers, own):
    # A number, or true and false never: a column of a map has one kind.
    if gives_number(tree):
        assert isinstance(evaluate(tree, context(answers, own)), float)


@pytest.mark.parametrize(
    ("xpath", "is_number"),
    [
        ("2", True),
        ("'2'", False),
        ("${a}", False),
        ("${a} * 2", True),
        ("- ${a}", True),
        ("round(${a}, 1)", True),
        ("string-length(${a})", True),
        ("concat(1, 2)", False),
        ("1 = 1", False),
        ("if(${a} > 1, 2, ${a} div 2)", True),
        ("if(${a} > 1, 2, '')", False),
        ("coalesce(1, 2)", False),
    ],
)
def test_an_expression_tells_whether_a_number_comes_out(xpath, is_number):
    assert gives_number(parse_expression(xpath, questions=NAMES)) is is_number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_comes_back_from_its_text(number):
    assert number_of(text_of(number)) == number
    assert "e" not in text_of(number)


PACK = {form.id: form for form in (compile_form(source, name=name) for name, source in library_forms())}


def _expressions_of_the_pack() -> list[Any]:
    """(form id, question, XPath) of every expression cell of the pack."""
    found = []
    for name, source in library_forms():
        form = PACK[name.removesuffix(".md")]
        for row in read(source, name=name).survey:
            for column in ("relevant", "constraint", "required", "calculation"):
                if row[column] and row[column] not in ("yes", "no"):
                    own = row["name"] if row["name"] in form.by_name else form.questions[0].name
                    found.append(
                        pytest.param(form.id, own, row[column], id=f"{form.id}-{row['name']}-{column}")
                    )
    return found


def _answers_to(form: Form, name: str) -> st.SearchStrategy[str]:
    """Texts of answers to a question, and texts that do not fit it; a date as ISO text."""
    question = form.by_name[name]
    return _fitting(form, question) | st.just("") | st.text("abc 019.-", max_size=6)


def _fitting(form: Form, question: Question) -> st.SearchStrategy[str]:
    names = [choice.name for choice in form.choices.get(question.list_name, ())]
    if question.type == "date":
        return st.dates(date(2020, 1, 1), date(2030, 1, 1)).map(date.isoformat)
    if names and question.type == "select_one":
        return st.sampled_from(names)
    if names:
        return st.lists(st.sampled_from(names), max_size=3, unique=True).map(" ".join)
    return st.integers(-10, 2_000_000).map(str) | st.from_regex(r"[0-9]{13,16}|AHU-[0-9]{2}", fullmatch=True)


@pytest.mark.parametrize(("form_id", "own", "xpath"), _expressions_of_the_pack())
@few
@given(data=st.data())
def test_elementpath_agrees_with_every_expression_of_the_pack(form_id, own, xpath, data):
    form = PACK[form_id]
    tree = parse_expression(xpath, questions=form.by_name)
    answers = {name: data.draw(_answers_to(form, name), label=name) for name in {*names_in(tree), own}}
    days = {
        name: _days(text) if form.by_name[name].type == "date" else text for name, text in answers.items()
    }

    value = evaluate(tree, Context(answers.__getitem__, oracle.TODAY, answers[own]))

    assert _same_text(text_of(value), oracle.text_in([_said(xpath, own, days)]))


def _said(xpath: str, own: str, answers: dict[str, str]) -> Any:
    """What elementpath says. It fails for a text that is no number where XPath 1.0 makes NaN of it."""
    try:
        return oracle.says(xpath, own=own, answers=answers)
    except ElementPathError:
        numbers = {name: text if _plain(text) else "NaN" for name, text in answers.items()}
        return oracle.says(xpath, own=own, answers=numbers)


def _days(text: str) -> str:
    try:
        return str(int(oracle.days(text)))
    except ValueError:
        return text


# elementpath compares a computed number and a node as texts, "0.0" and "0"; so nodes are made numbers.
# Its `mod` has the sign of the right side, that of XPath 1.0 the sign of the left; so all are positive.
NUMERIC = st.sampled_from(["number(${a})", "number(${b})", "3", "7", "0.5", "string-length(${a})"])
ARITHMETIC = st.sampled_from(["+", "-", "*", "div", "mod"])
COMPARISON = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
COMPARED = st.sampled_from(["${a}", "${b}", "'7'", "'x'", "string(${a})"])


@few
@given(NUMERIC, ARITHMETIC, NUMERIC, ARITHMETIC, NUMERIC, COMPARISON, NUMERIC, st.data())
def test_elementpath_agrees_on_numbers_and_the_order_of_operators(a, one, b, two, c, compared, d, data):
    answers = {name: text_of(float(data.draw(st.integers(1, 20)))) for name in NAMES}
    xpath = f"{a} {one} {b} {two} {c} {compared} {d} or {a} = {d} and {b} != {c}"

    value = evaluate(parse_expression(xpath, questions=NAMES), Context(answers.__getitem__, oracle.TODAY))

    assert value == oracle.says(xpath, own="a", answers=answers)


@few
@given(COMPARED, st.sampled_from(["=", "!="]), COMPARED, st.sampled_from(["7", "7.0", "x", "", "-2"]))
def test_elementpath_agrees_on_which_texts_are_equal(one, compared, other, text):
    answers = {"a": text, "b": "7", "c": ""}
    xpath = f"{one} {compared} {other}"

    value = evaluate(parse_expression(xpath, questions=NAMES), Context(answers.__getitem__, oracle.TODAY))

    assert value == _said(xpath, "a", answers)


def _plain(text: str) -> bool:
    """Whether both read a text as the same number: ASCII digits, no blank, exponent or date."""
    return text.isascii() and text.removeprefix("-").replace(".", "", 1).isdigit()


def _same_text(one: str, other: str) -> bool:
    try:
        numbers = float(one), float(other)
    except ValueError:
        return one == other
    return numbers[0] == numbers[1] or all(map(math.isnan, numbers))
