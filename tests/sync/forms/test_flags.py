"""Flags block nothing: they say what a coordinator may want to ask."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.forms import compile_form, library_forms
from sync.fold import Line
from sync.forms.document import Document
from sync.forms.flags import calculated, flags_of, offered, values_of
from sync.forms.model import Choice, Form, Question
from sync.record import view
from sync.secrets import commitment
from tests.sync.forms.conftest import choices, question

TODAY = "2026-11-23"
SHA256 = "0f" * 32
SEALED = commitment("x" * 22, '"6271"')
LAHAN = compile_form(dict(library_forms())["lahan.md"], name="lahan.md")


def form_with(*questions: Question, **lists: tuple[Choice, ...]) -> Form:
    return Form("lahan", "1", {}, "id", questions=questions, choices=lists)


def flagged(form: Form, **shown: Any) -> list[tuple[str, str]]:
    fields = {name.replace("__", "/"): value for name, value in shown.items()}
    return [(flag.field, flag.code) for flag in flags_of(form, fields, today=TODAY)]


ASKED = form_with(
    question("sengketa", "select_one", required=True, list_name="sengketa"),
    question(
        "siapa", "text", relevant=["=", ["get", "sengketa"], "klaim"], required_if=[">", ["get", "luas"], 600]
    ),
    question("luas", "decimal", constraint=[">=", ["self"], 20], constraint_messages={"id": "Kecil sekali."}),
    question("nama", "text", security="restricted", constraint=["starts-with", ["self"], "A"]),
    question("alat", "select_multiple", list_name="alat", required=True),
    question("foto", "image", relevant=["!=", ["get", "alat"], ""]),
    question("petunjuk", "note", required=True),
    sengketa=choices("tidak", "klaim"),
    alat=choices("meja", "tidak_ada"),
)


def test_a_mandatory_question_that_nobody_answered_is_flagged():
    assert flagged(ASKED) == [("sengketa", "required-missing"), ("alat", "required-missing")]


@pytest.mark.parametrize("answer", ["tidak", {"$": "unknown"}, {"$": "na"}, SEALED])
def test_unknown_not_applicable_and_sealed_are_answers(answer):
    assert flagged(ASKED, sengketa=answer, alat__meja=True) == []


@pytest.mark.parametrize("answer", [None, ""])
def test_a_cleared_answer_is_none(answer):
    assert ("sengketa", "required-missing") in flagged(ASKED, sengketa=answer)


def test_a_question_without_a_ticked_option_is_not_answered():
    ticked = {"alat__meja": False, "alat__tidak_ada": False}

    assert ("alat", "required-missing") in flagged(ASKED, sengketa="tidak", **ticked)
    assert flagged(ASKED, sengketa="tidak", alat__meja={"$": "unknown"}) == []


def test_a_question_may_be_mandatory_on_a_condition_while_it_is_relevant():
    answered = {"alat__meja": True}

    assert ("siapa", "required-missing") in flagged(ASKED, sengketa="klaim", luas=700, **answered)
    assert flagged(ASKED, sengketa="klaim", luas=500, **answered) == []
    assert flagged(ASKED, sengketa="tidak", luas=700, **answered) == []


def test_an_answer_that_no_longer_applies_is_kept_and_flagged():
    assert flagged(ASKED, sengketa="tidak", siapa="Budi", alat__meja=True) == [("siapa", "not-relevant")]


def test_a_photo_that_does_not_apply_is_flagged_under_its_question():
    photo = {"bytes": 12, "type": "image/jpeg"}

    assert flagged(ASKED, sengketa="tidak", alat__meja=False, **{f"foto__{SHA256}": photo}) == [
        ("alat", "required-missing"),
        ("foto", "not-relevant"),
    ]


def test_a_broken_constraint_speaks_in_the_words_of_the_form():
    (flag,) = flags_of(ASKED, {"sengketa": "tidak", "alat/meja": True, "luas": 5}, today=TODAY)

    assert (flag.field, flag.code) == ("luas", "constraint")
    assert [flag.own_words("id"), flag.own_words("en")] == ["Kecil sekali.", "Kecil sekali."]


def test_a_flag_without_words_of_the_form_has_none():
    assert flags_of(ASKED, {}, today=TODAY)[0].own_words("id") is None


@pytest.mark.parametrize("answer", [{"$": "unknown"}, None, 20])
def test_what_is_no_value_breaks_no_constraint(answer):
    assert flagged(ASKED, sengketa="tidak", alat__meja=True, luas=answer) == []


def test_an_answer_that_cannot_be_read_is_flagged_once():
    assert flagged(ASKED, sengketa="tidak", alat__meja=True, luas="50 x 70") == [("luas", "wrong-type")]


def test_a_sealed_answer_is_judged_by_nobody_who_may_not_see_it():
    answered = {"sengketa": "tidak", "alat__meja": True}

    assert flagged(ASKED, nama=SEALED, **answered) == []
    assert flagged(ASKED, nama="Budi", **answered) == [("nama", "constraint")]


def test_nothing_is_said_where_a_sealed_answer_decides():
    sealed = form_with(
        question("nik", "text"),
        question(
            "usia", "integer", relevant=["=", ["get", "nik"], "1"], required_if=["=", ["get", "nik"], "1"]
        ),
        question("anak", "integer", constraint=["=", ["get", "nik"], "1"]),
        question("hitung", "calculate", calculation=["get", "nik"]),
        question("jenis", "select_one", list_name="jenis", choice_filter=["=", ["get", "nik"], "1"]),
        question("tahap", "select_multiple", list_name="jenis", choice_filter=["=", ["get", "nik"], "1"]),
        question("lain", "text", relevant=["=", ["get", "tahap"], "x"]),
        jenis=choices("a", "b"),
    )
    shown = {"nik": SEALED, "usia": 5, "anak": 2, "jenis": "a", "tahap/a": SEALED, "lain": "x"}

    assert flagged(sealed, **shown) == []
    assert flagged(sealed, nik=SEALED) == []
    assert calculated(sealed, shown, today=TODAY) == {}


def test_choices_that_do_not_pass_the_filter_are_flagged():
    kab = form_with(
        question("kab", "text"),
        question(
            "kec", "select_one", list_name="kec", choice_filter=["=", ["column", "kab"], ["get", "kab"]]
        ),
        kec=(Choice("a", {}, columns={"kab": "1"}), Choice("b", {}, columns={"kab": "2"}), Choice("c", {})),
    )
    document = Document(kab, {"kab": "1"}, today=TODAY)

    assert [choice.name for choice in offered(document, kab.by_name["kec"])] == ["a"]
    assert flagged(kab, kab="1", kec="a") == []
    assert flagged(kab, kab="1", kec="b") == [("kec", "unknown-choice")]
    assert flagged(kab, kab="1", kec="z") == [("kec", "unknown-choice")]
    assert [choice.name for choice in offered(document, ASKED.by_name["sengketa"])] == []


def test_a_filter_may_read_the_name_of_a_choice():
    named = form_with(
        question("a", "select_one", list_name="a", choice_filter=["!=", ["column", "name"], "x"]),
        a=choices("x", "y"),
    )

    assert flagged(named, a="x") == [("a", "unknown-choice")]


UNIT = form_with(
    question("ukuran", "unit"),
    question("panjang_m", "decimal", unit="ukuran", required=True, constraint=["<=", ["self"], 2000]),
    question("lebar_m", "decimal", unit="ukuran"),
    question("luas", "calculate", calculation=["*", ["get", "panjang_m"], ["get", "lebar_m"]]),
)


def test_the_members_of_a_unit_are_flagged_by_their_own_names():
    assert flagged(UNIT) == [("ukuran.panjang_m", "required-missing")]
    assert flagged(UNIT, ukuran={"panjang_m": 3000, "lebar_m": "x", "dalam_m": 1}) == [
        ("ukuran.lebar_m", "wrong-type"),
        ("ukuran.dalam_m", "unknown-field"),
        ("ukuran.panjang_m", "constraint"),
    ]
    assert flagged(UNIT, ukuran="50 x 70") == [
        ("ukuran", "wrong-type"),
        ("ukuran.panjang_m", "required-missing"),
    ]
    assert flagged(UNIT, ukuran={"$": "unknown"}) == []


def test_a_calculation_is_computed_from_the_shown_values():
    assert calculated(UNIT, {"ukuran": {"panjang_m": 20, "lebar_m": 30.5}}, today=TODAY) == {"luas": 610}
    assert calculated(UNIT, {"ukuran": {"panjang_m": 0.5, "lebar_m": 0.5}}, today=TODAY) == {"luas": 0.25}
    assert calculated(UNIT, {}, today=TODAY) == {}


ROWS = form_with(
    question("pengurus", "repeat"),
    question("jabatan", "select_one", list_name="jabatan", repeat="pengurus", required=True),
    question("nama", "text", repeat="pengurus", relevant=["!=", ["get", "jabatan"], ""], required=True),
    question("gaji", "unit", repeat="pengurus"),
    question("pokok_rp", "integer", repeat="pengurus", unit="gaji", constraint=[">", ["self"], 0]),
    question("inti", "calculate", repeat="pengurus", calculation=["=", ["get", "jabatan"], "ketua"]),
    question("banyak", "calculate", calculation=["count-selected", ["get", "jabatan"]]),
    question("lengkap", "calculate", calculation=["selected", ["get", "jabatan"], "ketua"]),
    question("ada_inti", "calculate", calculation=["get", "inti"]),
    question("tanpa", "calculate"),
    question("baca_tanpa", "calculate", calculation=["concat", ["get", "tanpa"], ["get", "hilang"], "-"]),
    jabatan=choices("ketua", "sekretaris"),
)
SHOWN_ROWS = {
    "pengurus/u2/jabatan": "ketua",
    "pengurus/u1/jabatan": "sekretaris",
    "pengurus/u1/nama": "Budi",
    "pengurus/u1/gaji": {"pokok_rp": 0},
    "pengurus/u3/jabatan": None,
    "pengurus/u4/jabatan": "zz",
    "pengurus/u4/_deleted": ["x"],
}


def test_each_row_is_judged_by_its_own_answers_and_a_removed_row_not_at_all():
    found = [(flag.field, flag.code) for flag in flags_of(ROWS, SHOWN_ROWS, today=TODAY)]

    assert found == [
        ("pengurus/u2/nama", "required-missing"),
        ("pengurus/u1/gaji.pokok_rp", "constraint"),
    ]


def test_from_outside_a_repeat_the_answers_of_its_rows_are_words():
    assert calculated(ROWS, SHOWN_ROWS, today=TODAY) == {
        "pengurus/u1/inti": False,
        "pengurus/u2/inti": True,
        "banyak": 2,
        "lengkap": True,
        "ada_inti": "false true",
        "baca_tanpa": "-",
    }


def test_a_calculation_that_does_not_apply_has_no_value():
    tree = ["!=", ["get", "titik"], ""]
    form = form_with(
        question("titik", "geopoint"), question("ada", "calculate", relevant=tree, calculation=tree)
    )

    assert calculated(form, {}, today=TODAY) == {}
    assert calculated(form, {"titik": {"lat": 1, "lon": 2}}, today=TODAY) == {"ada": True}


def test_a_value_that_the_form_does_not_know_is_flagged_last():
    assert flagged(ASKED, zz=1, sengketa="tidak", alat__meja=True) == [("zz", "unknown-field")]


@pytest.mark.parametrize(
    ("type_name", "value", "text"),
    [
        ("geopoint", {"lat": -2.53, "lon": 112.95, "acc": 8, "src": "gps"}, "-2.53 112.95 0 8"),
        ("geopoint", {"lat": -2.5, "lon": 112, "alt": 17}, "-2.5 112 17 0"),
        (
            "geotrace",
            {"type": "LineString", "coordinates": [[112, -2], [113, -2.5]]},
            "-2 112 0 0;-2.5 113 0 0",
        ),
        (
            "geoshape",
            {"type": "Polygon", "coordinates": [[[112, -2], [113, -2], 7]]},
            "-2 112 0 0;-2 113 0 0",
        ),
        ("geoshape", {"type": "Polygon", "coordinates": [7]}, ""),
        ("geoshape", {"type": "Polygon", "coordinates": []}, ""),
        ("acknowledge", True, "OK"),
        ("acknowledge", False, ""),
        ("decimal", 1e-7, "0.0000001"),
        ("text", ["a"], ""),
    ],
)
def test_an_answer_has_the_text_that_odk_gives_it(type_name, value, text):
    form = form_with(question("isi", type_name))

    assert Document(form, {"isi": value}, today=TODAY).text("isi") == text


def test_a_choice_for_unknown_is_its_name_where_the_list_has_it():
    form = form_with(
        question("a", "select_one", list_name="a"),
        question("b", "integer"),
        question("c", "select_multiple", list_name="a"),
        question("d", "image"),
        a=choices("ya", "tidak_tahu"),
    )
    unknown = {"$": "unknown"}
    shown = {"a": unknown, "b": unknown, "c/ya": unknown, "c/tidak_tahu": unknown, f"d/{SHA256}": {}}
    document = Document(form, shown, today=TODAY)

    assert [document.text(name) for name in "abcd"] == ["tidak_tahu", "", "tidak_tahu", SHA256]


def test_ticked_options_stand_in_the_order_of_the_list():
    form = form_with(question("a", "select_multiple", list_name="a"), a=choices("x", "y"))

    assert Document(form, {"a/z": True, "a/y": True, "a/x": True}, today=TODAY).text("a") == "x y z"


def test_a_conflict_about_the_removal_of_a_row_leaves_it_in():
    rows = {"pengurus/u1/nama": "Siti"}
    snapshot = {
        "a": Line("a", "psiti", "verifier/tni", 1, None, 0, rows),
        "b": Line("b", "pbudi", "verifier/desa", 2, None, 0, {"pengurus/u1/_deleted": ["c"], "catatan": "x"}),
    }

    assert values_of(view(snapshot, ROWS)) == {"catatan": "x", "pengurus/u1/nama": "Siti"}

    snapshot["b"].fields["pengurus/u1/_deleted"] = ["a"]
    assert values_of(view(snapshot, ROWS))["pengurus/u1/_deleted"] == ["a"]


def test_opened_answers_are_judged_as_such():
    snapshot = {"a": Line("a", "psiti", "verifier/tni", 1, None, 0, {"nama": SEALED})}

    assert values_of(view(snapshot, ASKED), opened={("a", "nama"): "Budi"}) == {"nama": "Budi"}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False)
    | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["lat", "lon", "acc", "type", "coordinates", "$", "#", "luas_m2"]), inner
        )
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(LAHAN.plain_fields)) | st.text(max_size=4), JSON))
def test_any_values_of_any_client_can_be_judged(shown):
    flags = flags_of(LAHAN, shown, today=TODAY)

    assert msgspec.json.encode(flags)
    assert len({(flag.field, flag.code) for flag in flags}) == len(flags)
    assert msgspec.json.encode(calculated(LAHAN, shown, today=TODAY))
