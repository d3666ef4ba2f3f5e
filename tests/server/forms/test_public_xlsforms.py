"""Forms as others write them: the spellings that XLSForm allows, and what Tapak refuses of them."""

from __future__ import annotations

import pytest

from server.forms import FormProblem, compile_form
from sync.forms.model import Form

SETTINGS = """
| settings | form_id | version |
|---|---|---|
| | contoh | 1 |
"""
SEXES = """
| choices | list name | name | label:English |
|---|---|---|---|
| | sexes | male | Male |
| | sexes | female | Female |
"""


def published(survey: str, rest: str = SETTINGS) -> Form:
    return compile_form(f"{survey}\n{rest}".encode(), name="contoh.md")


def refused(survey: str, rest: str = SETTINGS) -> str:
    with pytest.raises(FormProblem) as caught:
        published(survey, rest)
    return str(caught.value)


def test_older_spellings_of_selects_and_languages_are_read():
    form = published(
        """
| survey | type | name | label:English |
|---|---|---|---|
| | select one from sexes | sex | What sex are you? |
| | select all that apply from sexes | seen | Whom did you see? |
| | int | age | How old are you? |
""",
        SEXES + SETTINGS,
    )

    assert [(each.name, each.type, each.list_name) for each in form.questions] == [
        ("sex", "select_one", "sexes"),
        ("seen", "select_multiple", "sexes"),
        ("age", "integer", ""),
    ]
    assert form.by_name["sex"].labels == {"en": "What sex are you?"}
    assert form.choices["sexes"][0].labels == {"en": "Male"}


def test_the_columns_of_the_binding_are_read():
    form = published("""
| survey | type | name | label | bind:constraint | bind::jr:constraintMsg | relevance | bind::required |
|---|---|---|---|---|---|---|---|
| | integer | age | Age | . < 120 | Too old. | | yes |
| | text | school | School | | | ${age} < 18 | |
""")

    assert form.by_name["age"].constraint == ["<", ["self"], 120]
    assert form.by_name["age"].constraint_messages == {"id": "Too old."}
    assert form.by_name["age"].required
    assert form.by_name["school"].relevant == ["<", ["get", "age"], 18]


def test_a_repeat_that_is_summed_up_is_read():
    form = published("""
| survey | type | name | label | calculation | relevant |
|---|---|---|---|---|---|
| | begin repeat | child | Child | | |
| | text | first | Name | | |
| | integer | years | Age | | string-length(${first}) > 0 |
| | end repeat | | | | |
| | calculate | total | | sum(${years}) | |
| | note | said | ${total} years | | ${total} > 0 |
""")

    assert form.by_name["total"].calculation == ["sum", ["get", "years"]]


def test_a_cascade_of_selects_is_read():
    form = published(
        """
| survey | type | name | label | choice_filter |
|---|---|---|---|---|
| | select_one county | county | County | |
| | select_one city | city | City | county=${county} |
""",
        """
| choices | list_name | name | label | county |
|---|---|---|---|---|
| | county | king | King | |
| | county | pierce | Pierce | |
| | city | seattle | Seattle | king |
| | city | tacoma | Tacoma | pierce |
"""
        + SETTINGS,
    )

    assert [choice.columns for choice in form.choices["city"]] == [{"county": "king"}, {"county": "pierce"}]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("| | phone number | tel | Phone? | |", "survey row 2: 'tel' has type 'phone number'. Known: text, "),
        ("| | audio | said | Speak | |", "survey row 2: 'said' has type 'audio'. Known: text, "),
        (
            "| | text | a | A | position(..) = 1 |",
            "survey row 2: 'a' has relevant 'position(..) = 1': 'position' is no function. Known: ",
        ),
        (
            "| | text | a | A | /contoh/a = 1 |",
            "survey row 2: 'a' has relevant '/contoh/a = 1': '/' at character 1 is a path. "
            "Only ${name} and '.' are known.",
        ),
        (
            "| | text | a | A | jr:choice-name('x', '${a}') = 1 |",
            "survey row 2: 'a' has relevant 'jr:choice-name('x', '${a}') = 1': 'jr:choice-name' is no "
            "function. Known: ",
        ),
    ],
)
def test_what_has_no_place_here_is_refused_with_row_and_cell(row, problem):
    survey = f"| survey | type | name | label | relevant |\n|---|---|---|---|---|\n{row}"

    assert refused(survey).startswith(problem)


def test_a_language_without_a_code_is_refused():
    survey = "| survey | type | name | label::Tetun |\n|---|---|---|---|\n| | text | a | Naran |"

    assert refused(survey) == (
        "column 'label::Tetun' names no language code. Write it like 'label::English (en)'."
    )


def test_or_specify_other_is_refused_with_what_to_do():
    survey = (
        "| survey | type | name | label |\n|---|---|---|---|\n"
        "| | select one from sexes or specify other | sex | Sex? |"
    )

    assert refused(survey, SEXES + SETTINGS) == (
        "survey row 2: 'sex' has type 'select one from sexes or specify other'. Only a list may follow; "
        "for 'or_other' add a choice and a text question."
    )
