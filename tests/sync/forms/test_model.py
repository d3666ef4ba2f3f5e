"""A form knows the parts of every field name of its records."""

from __future__ import annotations

import msgspec
import pytest

from sync.forms.model import Choice, Field, Form, Question, decode, encode, field_of
from sync.policies import Policy

SHA256 = "0f" * 32


def test_a_form_is_called_as_revisions_call_it(form):
    assert form.key == "lahan/2026112301"


def test_a_form_comes_back_from_its_json_as_it_was(form):
    assert decode(encode(form)) == form
    assert encode(decode(encode(form))) == encode(form)


def test_a_form_of_a_later_version_can_be_read(form):
    later = msgspec.json.decode(encode(form)) | {"expressions": []}

    assert decode(msgspec.json.encode(later)) == form


@pytest.mark.parametrize(
    ("name", "question", "parts"),
    [
        ("sebutan", "sebutan", {}),
        ("ukuran", "ukuran", {}),
        ("tahap/dinding", "tahap", {"option": "dinding"}),
        ("tahap/tahap", "tahap", {"option": "tahap"}),
        ("tahap/atap", "tahap", {"option": "atap"}),
        (f"foto/{SHA256}", "foto", {"sha256": SHA256}),
        ("pengurus/u1/nama", "nama", {"row": "u1"}),
        ("pengurus/u1/gaji", "gaji", {"row": "u1"}),
        ("pengurus/u1/tugas/dinding", "tugas", {"row": "u1", "option": "dinding"}),
        (f"pengurus/u1/ktp/{SHA256}", "ktp", {"row": "u1", "sha256": SHA256}),
    ],
)
def test_a_field_name_is_taken_apart(form, name, question, parts):
    assert field_of(form, name) == Field(form.by_name[question], **parts)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "_area",
        "_deleted",
        "_same_as/01",
        "luas",
        "sebutan/x",
        "petunjuk",
        "luas_hitung",
        "panjang_m",
        "panjang_m/x",
        "nama",
        "nama/x",
        "tahap",
        "tahap/a/b",
        "foto",
        "foto/abc",
        "pengurus",
        "pengurus/u1",
        "pengurus//nama",
        "pengurus/u1/_deleted",
        "pengurus/u1/sebutan",
        "pengurus/u1/tugas",
        "pengurus/u1/ktp",
        "pengurus/u1/nama/x",
        "pengurus/u1/pokok_rp",
    ],
)
def test_a_name_that_is_no_field_of_the_form_has_no_parts(form, name):
    assert field_of(form, name) is None


def test_only_where_answers_unite_can_an_option_exclude_the_others():
    nothing = Choice("tidak_ada", {"id": "Tidak ada"}, exclusive=True)
    questions = (
        Question("alat", "select_multiple", {}, policy=Policy("union"), list_name="alat"),
        Question("mitra", "select_multiple", {}, policy=Policy("union"), list_name="mitra"),
        Question("buku", "select_multiple", {}, policy=Policy("latest"), list_name="alat"),
    )
    lists = {"alat": (Choice("meja", {}), nothing), "mitra": (Choice("pos", {}),)}

    form = Form("gerai", "1", {}, "id", questions=questions, choices=lists)

    assert form.exclusive_options == {"alat": {"tidak_ada"}}
