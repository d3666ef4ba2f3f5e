"""An export says the flags that everybody else says, only faster."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.hub.flagging import Flagger
from server.hub.taken_apart import answers_of
from sync.forms.flags import Flag, flags_of
from sync.forms.model import ATTACHMENTS, Form
from sync.revision import NOT_APPLICABLE, UNKNOWN
from sync.secrets import commitment
from tests.pack import pack

TODAY = "2026-11-23"
SHA256, OTHER_SHA256 = "0f" * 32, "a1" * 32
PHOTO = {"bytes": 12, "type": "image/jpeg"}
RING = {"type": "Polygon", "coordinates": [[[112.9, -2.5], [112.91, -2.5], [112.91, -2.51], [112.9, -2.5]]]}

odd_values = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        1,
        1.0,
        5,
        5000,
        0.5,
        "",
        "klaim",
        "x y",
        UNKNOWN,
        NOT_APPLICABLE,
        [],
        {},
        {"$": 1},
    ]
    + [commitment("x" * 22, '"6271"'), "2026-11-20", "2027-01-01", RING, PHOTO]
    + [{"lat": -2.5, "lon": 112.9, "acc": acc} for acc in (0, 8, 50, 51.5)]
    + [{"lat": -2.5, "lon": 112.9}, {"lat": 200, "lon": 0}, {"panjang_m": 3000, "lain": 1}]
)


def sorted_flags(flags: list[Flag]) -> list[tuple[str, str, str]]:
    return sorted((flag.field, flag.code, str(flag.messages)) for flag in flags)


def some_shown(form: Form) -> st.SearchStrategy[dict[str, Any]]:
    """Records in which questions are answered well, oddly or not at all."""
    photos = [
        f"{question.name}/{sha256}"
        for question in form.questions
        if question.type in ATTACHMENTS and not question.repeat
        for sha256 in (SHA256, OTHER_SHA256, "keine")
    ]
    rows = [f"{q.repeat}/{row}/{q.name}" for q in form.questions if q.repeat for row in ("b1", "b2")]
    units = [question.name for question in form.questions if question.type == "unit"]
    members = [question.name for question in form.questions if question.unit]
    others = ["_area", "_same_as/r2", "bukan", "bukan/b1/_deleted", "bukan/b1/x", *members, "titik/x"]
    names = [*form.plain_fields, *photos, *rows, *others]
    fields = st.dictionaries(st.sampled_from(names), odd_values | choices_of(form), max_size=40)
    sizes = st.dictionaries(st.sampled_from(members or ["x"]), st.integers(-1, 9) | odd_values, max_size=3)
    if not units:
        return fields
    return st.builds(lambda some, size: {**some, units[0]: size}, fields, sizes) | fields


def choices_of(form: Form) -> st.SearchStrategy[str]:
    return st.sampled_from(sorted({choice.name for choices in form.choices.values() for choice in choices}))


@pytest.mark.parametrize("name", sorted(pack()))
@given(data=st.data())
def test_the_flags_of_an_export_are_the_flags_of_the_record(name: str, data: st.DataObject) -> None:
    form = pack()[name]
    flagger = Flagger(form, today=TODAY)

    # Several records with one flagger: what one of them earned must not stick to another.
    for shown in data.draw(st.lists(some_shown(form), min_size=1, max_size=8)):
        seen = {field: value for field, value in shown.items() if not field.endswith("/_deleted")}
        expected = sorted_flags(flags_of(form, seen, today=TODAY))

        assert sorted_flags(flagger.flags(answers_of(shown))) == expected
        assert sorted_flags(flagger.flags(answers_of(shown))) == expected


def test_rows_whose_deletion_counts_earn_no_flags() -> None:
    form = pack()["kelembagaan"]
    flagger = Flagger(form, today=TODAY)
    shown = {"pengurus/b1/nama_pengurus": 5, "pengurus/b1/_deleted": ["x"], "pengurus/b2/nama_pengurus": 6}

    kept = flagger.flags(answers_of(shown))
    without = flagger.flags(answers_of(shown, deleted_rows=["pengurus/b1"]))

    assert sorted_flags(without) == sorted_flags(flags_of(form, shown, today=TODAY))
    assert {flag.field.split("/")[1] for flag in kept if "/" in flag.field} == {"b1", "b2"}
    assert {flag.field.split("/")[1] for flag in without if "/" in flag.field} == {"b2"}
