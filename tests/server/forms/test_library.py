"""The form pack: five forms that can be published as they are."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from server.forms import compile_form, library_forms
from server.forms.choices import organisations
from sync.forms.model import Form
from sync.policies import Policy

NAMES = ("berkas", "gerai", "kelembagaan", "lahan", "operasional")


@cache
def form_named(name: str) -> Form:
    return compile_form(dict(library_forms())[f"{name}.md"], name=f"{name}.md")


def test_the_pack_has_five_forms():
    assert [name for name, _ in library_forms()] == [f"{name}.md" for name in NAMES]


@pytest.mark.parametrize("name", NAMES)
def test_a_form_of_the_pack_speaks_both_languages(name):
    form = form_named(name)
    labelled = [*form.questions, *(choice for choices in form.choices.values() for choice in choices)]

    assert form.titles.keys() == {"id", "en"}
    assert [each.name for each in labelled if each.labels.keys() != {"id", "en"} and each.labels] == []
    assert {question.type for question in form.questions if not question.labels} <= {"calculate"}


@pytest.mark.parametrize("name", NAMES)
def test_a_form_of_the_pack_asks_for_no_area_and_no_metadata(name):
    asked = form_named(name).by_name

    assert not {"kode_kab", "kode_kec", "kode_desa", "sumber_titik", "start", "deviceid"} & asked.keys()
    assert form_named(name).observation_date == "tanggal_kunjungan"


@pytest.mark.parametrize("name", NAMES)
def test_only_a_cautious_question_without_an_order_of_its_own_would_be_unclear(name):
    cautious = [question for question in form_named(name).questions if question.policy.kind == "cautious"]

    worst = {question.name: question.policy.order[-1] for question in cautious}

    assert set(worst.values()) <= {"belum", "sengketa", "curam", "berat", "tahunan", "ya", "tidak"}


@pytest.mark.parametrize("name", NAMES)
def test_every_choice_that_says_none_excludes_the_others(name):
    form = form_named(name)
    lists = {question.list_name for question in form.questions if question.type == "select_multiple"}

    said = {choice.name: choice.exclusive for key in lists for choice in form.choices[key]}

    assert {name for name, exclusive in said.items() if exclusive} <= {"tidak_ada"}
    assert said.get("tidak_ada", True)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("lahan", ""),
        ("gerai", ""),
        ("kelembagaan", "_area"),
        ("operasional", "_area,periode"),
        ("berkas", "_area"),
    ],
)
def test_two_people_meet_in_one_record_where_there_can_be_only_one(name, key):
    assert form_named(name).record_key == key


def test_the_size_of_a_parcel_is_one_field():
    lahan = form_named("lahan")

    assert lahan.by_name["ukuran"].policy == Policy("unit")
    assert [each.name for each in lahan.questions if each.unit == "ukuran"] == [
        "panjang_m",
        "lebar_m",
        "luas_m2",
    ]


def test_the_ranks_of_the_field_are_kept():
    lahan, kelembagaan = form_named("lahan"), form_named("kelembagaan")

    assert lahan.by_name["kesimpulan"].policy.ranks == {
        "tni": 1,
        "agrinas": 2,
        "dinas_koperasi": 3,
        "kecamatan": 4,
        "desa": 4,
        "ba": 4,
        "koperasi": 5,
    }
    assert lahan.by_name["kepemilikan"].policy.ranks == {
        "bpkad": 1,
        "bpn": 1,
        "dpmd": 2,
        "dinas_koperasi": 3,
        "tni": 4,
    }
    assert lahan.by_name["kawasan_hutan"].policy.ranks["kph"] == 1
    assert lahan.by_name["lp2b_lsd"].policy.ranks["bpn"] == 1
    assert kelembagaan.by_name["nama_koperasi"].policy.ranks["dinas_koperasi"] == 1


def test_jenis_tanah_is_decided_by_a_person_and_the_highest_flood_counts():
    lahan = form_named("lahan")

    assert lahan.by_name["jenis_tanah"].policy == Policy("manual")
    assert lahan.by_name["tinggi_banjir_cm"].policy == Policy("cautious:max")
    assert lahan.by_name["banjir"].policy == Policy(
        "cautious", order=("tidak", "tidak_tahu", "pernah", "tahunan")
    )


def test_answers_about_people_have_their_class():
    classes = {
        question.name: question.security
        for name in ("lahan", "gerai", "kelembagaan", "operasional")
        for question in form_named(name).questions
        if question.security != "internal"
    }

    assert classes == {
        "nik_pengurus": "restricted",
        "hp_pengurus": "restricted",
        "foto_dokumen": "restricted",
        "foto_buku": "restricted",
        "nama_pengurus": "personal",
        "pemilik_nama": "personal",
        "ket_sengketa": "personal",
        "nama_ba": "personal",
    }


def test_the_village_file_says_which_parcel_which_coop_what_blocks_and_who_signed():
    berkas = form_named("berkas")

    assert {
        "lahan_terpilih",
        "pelayanan",
        "kendala_desa",
        "sah_lahan",
        "sah_operasional",
    } <= berkas.by_name.keys()


def test_the_organisations_are_those_of_the_field():
    assert list(organisations()) == (
        [
            "tni",
            "agrinas",
            "dinas_koperasi",
            "dpmd",
            "bpkad",
            "bpn",
            "kph",
            "kecamatan",
            "desa",
            "ba",
            "koperasi",
        ]
    )


def test_the_form_in_the_manual_can_be_published():
    manual = Path(__file__).resolve().parents[3] / "docs/how-to/write-a-form.md"
    example = manual.read_text(encoding="utf-8").split("````")[1]

    form = compile_form(example.encode(), name="lahan_contoh.md")

    assert form.key == "lahan_contoh/2026112401"
    assert form.by_name["nik"].security == "restricted"
