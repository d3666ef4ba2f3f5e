"""What this system cannot evaluate is refused once, at publication, and with a suggestion."""

from __future__ import annotations

import pytest

from server.forms import FormProblem, compile_form
from server.forms.parse_expression import ExpressionProblem, parse_expression
from sync.forms.expressions import FUNCTIONS

FUNCTION_NAMES = ", ".join(FUNCTIONS)


def parsed(text: str, columns: tuple[str, ...] = ()):
    return parse_expression(text, questions=("luas_m2", "sengketa"), columns=columns)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        (".>=0 and . <= 31", ["and", [">=", ["self"], 0], ["<=", ["self"], 31]]),
        ("${luas_m2} div 2 - 1", ["-", ["div", ["get", "luas_m2"], 2], 1]),
        ("${ luas_m2 }-1", ["-", ["get", "luas_m2"], 1]),
        ("1 = 1 or 2 = 2 or 3 = 3", ["or", ["=", 1, 1], ["=", 2, 2], ["=", 3, 3]]),
        ("1 or (2 or 3) and 4", ["or", 1, ["and", ["or", 2, 3], 4]]),
        ("-(1.5 + .5)", ["negative", ["+", 1.5, 0.5]]),
        ("\u2018ya\u2019 = \u201cya\u201d", ["=", "ya", "ya"]),
        ('concat("a\'b")', ["concat", "a'b"]),
        ("today()", ["today"]),
        ("9007199254740993", 9007199254740992.0),
    ],
)
def test_an_expression_becomes_a_tree(text, tree):
    assert parsed(text) == tree


def test_a_choice_filter_reads_the_columns_of_the_choices_sheet():
    assert parsed("kab = ${sengketa}", columns=("kab",)) == ["=", ["column", "kab"], ["get", "sengketa"]]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("strlen(.) > 3", f"'strlen' is no function. Known: {FUNCTION_NAMES}. Did you mean 'string'?"),
        ("indexed-repeat(1)", f"'indexed-repeat' is no function. Known: {FUNCTION_NAMES}."),
        ("today(1)", "'today' takes no argument, but has 1"),
        ("not()", "'not' takes 1 argument, but has 0"),
        ("selected(.)", "'selected' takes 2 arguments, but has 1"),
        ("round(1, 2, 3)", "'round' takes 1 or 2 arguments, but has 3"),
        ("concat()", "'concat' takes 1 or more arguments, but has 0"),
        (
            "${luas} > 1",
            "'luas' is no question that it can read. Known: luas_m2, sengketa. Did you mean 'luas_m2'?",
        ),
        ("luas_m2 > 1", "'luas_m2' stands alone. A question is written ${luas_m2}"),
        (
            "${sengketa} = klaim",
            "'klaim' is unclear. Write a question as ${name} and a text in quotes, 'klaim'",
        ),
        ("../luas_m2 > 1", "'..' at character 1 is a path. Only ${name} and '.' are known"),
        ("/data/luas_m2 > 1", "'/' at character 1 is a path. Only ${name} and '.' are known"),
        ("${luas_m2} = 'ya", "the quote at character 14 is not closed"),
        ("(1", "a '(' is not closed"),
        ("not(1", "a '(' is not closed"),
        ("(1 1)", "'1' at character 4 stands where it cannot"),
        ("1 2", "'2' at character 3 stands where it cannot"),
        ("1 + ", "it ends too early"),
        ("", "it is empty"),
        ("1 ? 2", "'?' at character 3 stands where it cannot"),
        ("regex(., ${sengketa})", "the pattern of 'regex' is not a text in quotes"),
        ("regex(., '(?i)a')", "the pattern '(?i)a' has '(?', which not every device knows"),
        ("regex(., 'a++')", "the pattern 'a++' has '++', which not every device knows"),
        ("regex(., '[a')", "the pattern '[a' is not one: unterminated character set at position 0"),
        ("-" * 50 + "1", "it is nested deeper than 40 levels"),
        ("(" * 900 + "1" + ")" * 900, "it is nested too deep"),
    ],
)
def test_what_cannot_be_evaluated_is_said(text, problem):
    with pytest.raises(ExpressionProblem) as caught:
        parsed(text)

    assert str(caught.value) == problem


def test_a_column_that_the_choices_do_not_have_is_said():
    with pytest.raises(ExpressionProblem) as caught:
        parsed("kb = 1", columns=("name", "kab"))

    assert str(caught.value) == (
        "'kb' is no column of the choices sheet that it can read. Known: name, kab. Did you mean 'kab'?"
    )


def test_a_sign_inside_a_class_of_a_pattern_is_just_that():
    assert parsed(r"regex(., '^[*+]+\++$')") == ["regex", ["self"], r"^[*+]+\++$"]


FORM = """
| survey | type | name | label | relevant | constraint | {message} | required | calculation | choice_filter |
|---|---|---|---|---|---|---|---|---|---|
| | begin_group | g | G | ${{kab}} != '' | | | | | |
| | text | kab | Kab | | | | | | |
| | select_one kec | kec | Kec | . != 'x' | | | ${{kab}} = '1' | | kab = ${{kab}} |
| | end_group | | | | | | | | |
{rows}

| choices | list_name | name | label | kab | warna |
|---|---|---|---|---|---|
| | kec | a | A | 1 | merah |
| | kec | b | B | 2 | |
| | lain | c | C | 2 | |

| settings | form_id | version |
|---|---|---|
| | lahan | 1 |
"""


def form_with(*rows: str):
    source = FORM.format(rows="\n".join(rows), message="constraint_message")
    return compile_form(source.encode(), name="lahan.md")


def test_a_question_is_relevant_where_all_groups_around_it_are():
    form = form_with("| | integer | usia | Usia | | . > 0 | Lebih dari 0. | | | |")

    not_empty = ["!=", ["get", "kab"], ""]
    assert form.by_name["kab"].relevant == not_empty
    assert form.by_name["kec"].relevant == ["and", not_empty, ["!=", ["self"], "x"]]
    assert form.by_name["usia"].relevant is None
    assert form.by_name["usia"].constraint == [">", ["self"], 0]
    assert form.by_name["usia"].constraint_messages == {"id": "Lebih dari 0."}


def test_a_condition_under_required_is_one_and_no_yes():
    kec = form_with().by_name["kec"]

    assert (kec.required, kec.required_if) == (False, ["=", ["get", "kab"], "1"])


def test_a_choice_keeps_the_columns_that_a_filter_reads():
    form = form_with("| | select_one lain | lain | Lain | | | | no | | |")

    assert form.by_name["kec"].choice_filter == ["=", ["column", "kab"], ["get", "kab"]]
    assert [choice.columns for choice in form.choices["kec"]] == [{"kab": "1"}, {"kab": "2"}]
    assert form.choices["lain"][0].columns == {}


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (
            "| | text | nib | NIB | | strlen(.) = 13 | | | | |",
            f"survey row 6: 'nib' has constraint 'strlen(.) = 13': 'strlen' is no function. "
            f"Known: {FUNCTION_NAMES}. Did you mean 'string'?",
        ),
        (
            "| | text | nib | NIB | . = | | | | | |",
            "survey row 6: 'nib' has relevant '. =': it ends too early.",
        ),
        (
            "| | calculate | a | | | | | | ${b} + 1 | |\n| | calculate | b | | | | | | ${a} | |",
            "survey row 6: 'a' is calculated from itself. Calculations go one way.",
        ),
        (
            "| | note | n | Catatan | | | | | | |\n| | text | t | T | ${n} = 1 | | | | | |",
            "survey row 7: 't' has relevant '${n} = 1': 'n' is no question that it can read. "
            "Known: kab, kec, t.",
        ),
    ],
)
def test_a_form_with_such_an_expression_names_row_and_cell(row, problem):
    with pytest.raises(FormProblem) as caught:
        form_with(row)

    assert str(caught.value) == problem


def test_a_choice_may_name_the_topic_that_it_blocks():
    source = FORM.format(rows="", message="x").replace("| warna |", "| topic |").replace("merah", "lahan")

    assert compile_form(source.encode(), name="lahan.md").choices["kec"][0].topic == "lahan"
    with pytest.raises(FormProblem) as caught:
        compile_form(source.replace("| lahan |\n| | kec | b", "| lahn |\n| | kec | b").encode(), name="a.md")
    assert str(caught.value) == (
        "choices row 2: choice 'a' has topic 'lahn'. Known: lahan, kelembagaan, gerai, operasional. "
        "Did you mean 'lahan'?"
    )
