"""Every question type keeps the contract of its table, and the reference says what the code does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.make_question_types import TARGET, page
from sync.forms.answers import fields_of
from sync.forms.document import Document
from sync.forms.flags import flags_of
from sync.forms.model import WITHOUT_FIELD, Form
from sync.forms.types import QUESTION_TYPES
from tests.sync.forms.conftest import choices, question

# A type that is missing here has no contract: the test below names it.
TYPED = {
    "text": ("Lapangan RT 3", "text"),
    "integer": ("1.250", "number"),
    "decimal": ("1.250,5", "number"),
    "range": ("7", "number"),
    "date": ("20/11/2026", "text"),
    "time": ("8.30", "text"),
    "datetime": ("20/11/2026 8.30", "text"),
    "select_one": ("Ya", "text"),
    "select_one_from_file": ("sampit", "text"),
    "select_multiple": ("ya", "boolean"),
    "acknowledge": ("ya", "boolean"),
    "geopoint": ("-2.53,112.95,8", "object"),
    "geotrace": ("-2 112; -2 113", "object"),
    "geoshape": ("-2 112; -2 113; -3 113", "object"),
    "image": (None, "object"),
    "file": (None, "object"),
    "barcode": ("8991234", "text"),
    "hidden": ("x", "text"),
    "note": (None, "none"),
    "calculate": (None, "none"),
    "unit": (None, "object"),
    "repeat": (None, "none"),
}
JSON_KINDS = {"text": str, "number": (int, float), "boolean": bool, "object": dict}


def form_of(type_name: str) -> Form:
    list_name = "pilih" if type_name.startswith("select") else ""
    isi = question("isi", type_name, list_name=list_name, required=True)
    return Form("contoh", "1", {}, "id", questions=(isi,), choices={"pilih": choices("ya", "tidak")})


def test_every_type_has_a_contract():
    assert TYPED.keys() == QUESTION_TYPES.keys()


@pytest.mark.parametrize("name", [name for name, (text, _) in TYPED.items() if text])
def test_what_a_person_types_becomes_a_value_that_fits(name):
    text, kind = TYPED[name]
    form = form_of(name)

    written = fields_of(form, "isi", text)

    assert QUESTION_TYPES[name].value_kind == kind
    assert all(isinstance(value, JSON_KINDS[kind]) for value in written.values())
    assert flags_of(form, written, today="2026-11-23") == []
    assert Document(form, written, today="2026-11-23").text("isi")


@pytest.mark.parametrize("name", [name for name in TYPED if name not in WITHOUT_FIELD | {"unit"}])
def test_every_type_that_has_a_field_can_be_missing(name):
    assert [flag.code for flag in flags_of(form_of(name), {}, today="2026-11-23")] == ["required-missing"]


@given(st.sampled_from(sorted(TYPED)), st.text(min_size=1).map(str.strip).filter(bool))
def test_no_text_makes_a_parser_fail_and_text_that_is_not_understood_stays(name, text):
    value = QUESTION_TYPES[name].parse(text)

    assert QUESTION_TYPES[name].check(value) or value == text


def test_the_reference_of_question_types_is_up_to_date():
    assert TARGET.read_text(encoding="utf-8") == page()
