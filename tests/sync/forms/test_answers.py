"""Typed answers become fields; nothing is refused, and what does not fit is flagged."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.forms.answers import answers, check, fields_of, typed
from sync.forms.types import QUESTION_TYPES

UNKNOWN, NOT_APPLICABLE = {"$": "unknown"}, {"$": "na"}
SHA256 = "0f" * 32


def written(form, *pairs, current=None):
    rows = count(1)
    return answers(form, pairs, new_row=lambda: f"row{next(rows)}", current=current)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("sebutan", " Lapangan RT 3 ", "Lapangan RT 3"),
        ("penduduk", "1.250", 1250),
        ("jarak_km", "1.250,5", 1250.5),
        ("jarak_km", "dekat", "dekat"),
        ("tanggal", "20/11/2026", "2026-11-20"),
        ("sengketa", "klaim", "klaim"),
        ("sengketa", "KLAIM", "klaim"),
        ("sengketa", "ada sengketa, tertulis", "sengketa"),
        ("sengketa", "tidak_tahu", UNKNOWN),
        ("sengketa", "tidak_berlaku", NOT_APPLICABLE),
        ("sengketa", "ribut", "ribut"),
        ("setuju", "ya", True),
        ("sebutan", "", None),
        ("sebutan", " ? ", UNKNOWN),
        ("sebutan", "-", NOT_APPLICABLE),
    ],
)
def test_a_text_is_read_by_its_question(form, name, text, value):
    assert typed(form.by_name[name], text, form) == value
    assert fields_of(form, name, text) == {name: value}


@pytest.mark.parametrize(
    ("text", "picked"),
    [
        ("dinding", {"dinding"}),
        ("tahap, DINDING", {"tahap", "dinding"}),
        ("plafon, listrik, cat", {"akhir"}),
        ("dinding,,", {"dinding"}),
    ],
)
def test_a_selection_writes_every_option(form, text, picked):
    assert fields_of(form, "tahap", text) == {
        f"tahap/{name}": name in picked for name in ("tahap", "dinding", "tidak_tahu", "akhir")
    }


@pytest.mark.parametrize(
    ("text", "value"), [("", None), ("?", UNKNOWN), ("-", NOT_APPLICABLE), ("tidak_tahu", UNKNOWN)]
)
def test_a_selection_can_be_cleared_or_unknown_as_a_whole(form, text, value):
    assert set(map(str, fields_of(form, "tahap", text).values())) == {str(value)}
    assert fields_of(form, "tahap", text).keys() == {
        "tahap/tahap",
        "tahap/dinding",
        "tahap/tidak_tahu",
        "tahap/akhir",
    }


def test_a_picked_option_that_the_list_does_not_have_is_kept(form):
    fields = fields_of(form, "tahap", "dinding,atap")

    assert fields["tahap/atap"] is True
    assert check(form, "tahap/atap", True) == ("unknown-choice",)


def test_one_option_can_be_answered_by_its_name(form):
    assert fields_of(form, "tahap/tahap", "ya") == {"tahap/tahap": True}
    assert fields_of(form, "tahap/dinding", "tidak") == {"tahap/dinding": False}


def test_an_answer_to_an_unknown_question_is_kept_as_typed(form):
    fields = written(form, ("luas", " 400 "), ("lain", "?"), ("a[b", "x"), ("foto", "x.jpg"))

    assert fields == {"luas": " 400 ", "lain": UNKNOWN, "a[b": "x", "foto": "x.jpg"}
    assert [check(form, name, "x") for name in fields] == [("unknown-field",)] * 4


def test_an_empty_text_clears(form):
    assert written(form, ("penduduk", ""), (f"foto/{SHA256}", "")) == {
        "penduduk": None,
        f"foto/{SHA256}": None,
    }


def test_raw_json_is_taken_as_it_is(form):
    fields = written(
        form, ("penduduk:", "1.0"), ("titik:", '{"lat":-2,"lon":112}'), ("sebutan:", '"-"'), ("luas:", "[1]")
    )

    assert fields == {"penduduk": 1.0, "titik": {"lat": -2, "lon": 112}, "sebutan": "-", "luas": [1]}


def test_a_raw_selection_is_the_list_of_what_was_picked(form):
    picked = {name: name == "dinding" for name in ("tahap", "dinding", "tidak_tahu", "akhir")}

    assert written(form, ("tahap:", '["dinding"]')) == {f"tahap/{name}": yes for name, yes in picked.items()}
    assert set(written(form, ("tahap:", "null")).values()) == {None}
    assert written(form, ("tahap:", '"dinding"')) == {"tahap": "dinding"}


def test_raw_json_that_is_no_json_is_said(form):
    with pytest.raises(ValueError, match="JSON") as caught:
        written(form, ("penduduk:", "1.250,5"))

    assert str(caught.value) == (
        "penduduk:=1.250,5 is no JSON. After ':=' stands a number, a text in double quotes, "
        "true, false, null, a list or an object."
    )


def test_answers_of_a_unit_group_are_one_field(form):
    fields = written(form, ("ukuran.panjang_m", "30,5"), ("dasar", "klaim"))

    assert fields == {"ukuran": {"panjang_m": 30.5, "dasar": "klaim"}}


def test_answers_of_a_unit_group_are_laid_over_what_it_shows(form):
    shown = {"ukuran": {"panjang_m": 30, "dasar": "tidak"}}

    assert written(form, ("ukuran.panjang_m", "40"), current=shown) == {
        "ukuran": {"panjang_m": 40, "dasar": "tidak"}
    }
    assert shown == {"ukuran": {"panjang_m": 30, "dasar": "tidak"}}
    assert written(form, ("ukuran.panjang_m:", "40"), current={"ukuran": UNKNOWN}) == {
        "ukuran": {"panjang_m": 40}
    }


def test_a_unit_group_can_be_unknown_as_a_whole(form):
    assert written(form, ("ukuran", "?")) == {"ukuran": UNKNOWN}


def test_a_path_that_is_no_unit_group_is_an_unknown_field(form):
    assert written(form, ("sebutan.x", "1"), ("ukuran.sebutan", "2")) == {
        "sebutan.x": "1",
        "ukuran.sebutan": "2",
    }


def test_each_new_label_makes_one_row_in_a_call(form):
    fields = written(
        form,
        ("pengurus[new].nama", "Siti"),
        ("pengurus[new].tugas", "dinding"),
        ("pengurus[new2].nama", "Budi"),
        ("pengurus[new2].gaji.pokok_rp", "1,5 jt"),
        ("pengurus[0192].nama", ""),
        ("pengurus[0192].x", "y"),
        ("pengurus[new]", "Siti"),
    )

    assert fields == {
        "pengurus/row1/nama": "Siti",
        "pengurus/row1/tugas/tahap": False,
        "pengurus/row1/tugas/dinding": True,
        "pengurus/row1/tugas/tidak_tahu": False,
        "pengurus/row1/tugas/akhir": False,
        "pengurus/row2/nama": "Budi",
        "pengurus/row2/gaji": {"pokok_rp": 1500000},
        "pengurus/0192/nama": None,
        "pengurus/0192/x": "y",
        "pengurus[new]": "Siti",
    }


def test_a_row_can_be_named_as_its_field(form):
    assert written(form, ("pengurus/u1/nama", "Siti")) == {"pengurus/u1/nama": "Siti"}
    assert "pengurus/u1/tugas/dinding" in written(form, ("pengurus/u1/tugas", "dinding"))
    assert written(form, ("pengurus/u1/x/tugas", "dinding")) == {"pengurus/u1/x/tugas": "dinding"}


@pytest.mark.parametrize(
    ("field", "value", "flags"),
    [
        ("penduduk", 5, ()),
        ("penduduk", "banyak", ("wrong-type",)),
        ("penduduk", {"$": "lain"}, ("wrong-type",)),
        ("sengketa", "klaim", ()),
        ("sengketa", "ribut", ("unknown-choice",)),
        ("sengketa", 1, ("wrong-type",)),
        ("tanpa_daftar", "x", ("unknown-choice",)),
        ("tahap/dinding", True, ()),
        ("tahap/dinding", "ya", ("wrong-type",)),
        ("pengurus/u1/tugas/atap", True, ("unknown-choice",)),
        ("pengurus/u1/nama", "Siti", ()),
        ("pengurus/u1/_deleted", ["id"], ()),
        ("_verified", {"state": "ya"}, ()),
        (f"foto/{SHA256}", {"bytes": 1, "type": "image/jpeg"}, ()),
        (f"foto/{SHA256}", True, ("wrong-type",)),
        ("luas_hitung", 5, ("unknown-field",)),
        ("ukuran", {"panjang_m": 30.5, "dasar": UNKNOWN}, ()),
        (
            "ukuran",
            {"panjang_m": "x", "dasar": "ribut", "nama": 1, "x": 2},
            ("wrong-type", "unknown-choice", "unknown-field"),
        ),
        ("ukuran", 600, ("wrong-type",)),
    ],
)
def test_a_value_that_does_not_fit_its_question_is_flagged(form, field, value, flags):
    assert check(form, field, value) == flags


@pytest.mark.parametrize("value", [None, UNKNOWN, NOT_APPLICABLE, {"#": "c2VhbGVk", "g": 1}])
@pytest.mark.parametrize("field", ["penduduk", "tahap/dinding", "ukuran", "pengurus/u1/nama", "luas"])
def test_cleared_unknown_not_applicable_and_sealed_fit_every_question(form, field, value):
    assert check(form, field, value) == ()


@given(data=st.data(), text=st.text(max_size=20))
def test_whatever_is_typed_is_kept_in_some_field(form, data, text):
    name = data.draw(
        st.sampled_from([question.name for question in form.questions]) | st.text(min_size=1, max_size=12)
    )

    fields = fields_of(form, name, text)

    assert fields
    for field, value in fields.items():
        assert isinstance(check(form, field, value), tuple)


def test_every_type_of_the_form_is_a_row_of_the_table(form):
    assert {question.type for question in form.questions} <= QUESTION_TYPES.keys()
