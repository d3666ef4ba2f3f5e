"""What a new version changes is said before it is published."""

from __future__ import annotations

from server.forms import LIBRARY, compile_form
from server.forms.diff import Change, diff
from sync.forms.model import Form

SOURCE = (LIBRARY / "lahan.md").read_text(encoding="utf-8")

NEXT = "\n| | date | tanggal_kunjungan"


def changed(*replacements: tuple[str, str]) -> Form:
    source = SOURCE.replace("2026112301", "2026120101")
    for before, after in replacements:
        assert before in source, before
        source = source.replace(before, after)
    return compile_form(source.encode(), name="lahan.md")


def changes(*replacements: tuple[str, str]) -> list[Change]:
    return diff(compile_form(SOURCE.encode(), name="lahan.md"), changed(*replacements))


def test_a_new_version_of_the_same_form_changes_nothing():
    assert changes() == []


def test_a_renamed_question_is_one_lost_and_one_added():
    assert changes(("| foto_jalan |", "| foto_akses |")) == [
        Change("lost", "foto_jalan", before="image"),
        Change("added", "foto_akses", after="image"),
    ]


def test_another_type_is_told():
    assert changes(("| integer | penduduk |", "| text | penduduk |")) == [
        Change("retyped", "penduduk", before="integer", after="text")
    ]


def test_a_question_that_leaves_its_unit_has_other_fields():
    unit, plain = (compile_form(_sizes(merge).encode(), name="lahan.md") for merge in ("unit", ""))

    assert diff(unit, plain) == [
        Change("lost", "ukuran", before="unit"),
        Change("moved", "panjang_m", before="ukuran", after=""),
    ]


def _sizes(merge: str) -> str:
    return f"""
| survey | type | name | label | merge |
|---|---|---|---|---|
| | begin_group | ukuran | Ukuran | {merge} |
| | decimal | panjang_m | Panjang | |
| | end_group | | | |

| settings | form_id | version |
|---|---|---|
| | lahan | 1 |
"""


def test_choices_merge_class_logic_and_wording_are_told():
    told = changes(
        ("| sengketa | klaim | Ada klaim lisan |", "| sengketa | lisan | Ada klaim lisan |"),
        ("tolerance:30m", "tolerance:20m"),
        (f"|  | latest |  |  |{NEXT}", f"|  | latest | public |  |{NEXT}"),
        ("string-length(.) <= 80", "string-length(.) <= 90"),
        ("Tanggal kunjungan lapangan", "Tanggal ke lapangan"),
    )

    assert told == [
        Change("class", "sebutan_lahan", before="internal", after="public"),
        Change("logic", "sebutan_lahan", after="constraint"),
        Change("wording", "tanggal_kunjungan"),
        Change("choice-lost", "sengketa", before="klaim"),
        Change("choice-added", "sengketa", after="lisan"),
        Change(
            "merge",
            "sengketa",
            before="cautious tidak tidak_tahu klaim sengketa",
            after="cautious tidak tidak_tahu lisan sengketa",
        ),
        Change("merge", "titik", before="tolerance:metres 30", after="tolerance:metres 20"),
    ]


def test_another_order_of_organisations_is_another_merge():
    village = "| urutan_penduduk | desa | Pemerintah desa/kelurahan | Village/ward government |"

    assert changes((f"{village} 3 |", f"{village} 1 |")) == [
        Change(
            "merge",
            "penduduk",
            before="authority dpmd=1 kecamatan=2 desa=3",
            after="authority dpmd=1 kecamatan=2 desa=1",
        )
    ]
