"""An office's list becomes answers, and what is not certain stays for a person."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

import msgspec
import pytest
from openpyxl import Workbook

from sync.forms.lists import (
    CODE,
    DISTRICT,
    NOTHING,
    VILLAGE,
    Cell,
    Header,
    Left,
    Note,
    Taken,
    csv_rows,
    each_row,
    header_of,
    is_target,
    left_over_csv,
    news_of_row,
    read_row,
    sheet_rows,
    text_of,
    values_of,
)
from sync.forms.model import Form, Question
from sync.forms.places import Places
from sync.record_id import keyed, listed, listed_row
from tests.sync.forms.conftest import choices, question

PLACES = Places(
    {
        "62.02.01": "Selatan",
        "62.02.07": "Hulu",
        "62.02.01.2004": "Baru",
        "62.02.07.2001": "Baru",
        "62.02.01.2009": "Lama",
    }.items(),
    ["62.02.01.2004", "62.02.07.2001", "62.02.01.2009"],
)
FORM = Form(
    "lahan",
    "1",
    {},
    "id",
    questions=(
        Question("sebutan", "text", {"id": "Sebutan lahan", "en": "Name of the parcel"}),
        question("npwp", "text"),
        question("penduduk", "integer"),
        question("ukuran", "unit"),
        Question("luas_m2", "decimal", {"id": "Luas (m²)"}, unit="ukuran"),
        question("lebar_m", "decimal", unit="ukuran"),
        question("dokumen", "select_multiple", list_name="dokumen"),
        question("foto", "image"),
        question("catatan", "note"),
        question("pengurus", "repeat"),
        question("nama", "text", repeat="pengurus"),
    ),
    choices={"dokumen": choices("shm", "hibah")},
)


def header(*names: str, **given: str) -> Header:
    found = header_of(FORM, [names], given)
    assert found is not None
    return found


def row(names: str, *cells: Cell, key: tuple[str, ...] = ()) -> Taken | Left | None:
    return read_row(FORM, header(*names.split("|")), PLACES, cells, key=key)


def test_columns_are_known_by_name_by_label_and_by_what_they_are():
    found = header_of(
        FORM,
        [
            ["DAFTAR LAHAN 2026", None],
            ["No", "Nama Desa", "KECAMATAN", "sebutan_lahan", "Luas (m²)", "NPWP", "alasan", "", "Nama"],
            [1, "Baru", "Hulu", "x", 1, "", "", "", ""],
        ],
        {},
    )

    assert found == Header(
        row=1,
        names=("No", "Nama Desa", "KECAMATAN", "sebutan_lahan", "Luas (m²)", "NPWP", "alasan", "", "Nama"),
        targets={1: VILLAGE, 2: DISTRICT, 3: "sebutan", 4: "luas_m2", 5: "npwp", 6: NOTHING},
        unknown=("No", "Nama"),
    )


def test_what_a_person_said_of_a_column_goes_before_what_it_is_called():
    found = header_of(FORM, [["Kode", "Nomor pajak", "Sebutan lahan"]], {"nomor PAJAK": "npwp", "Kode": CODE})

    assert found is not None
    assert found.targets == {0: CODE, 1: "npwp", 2: "sebutan"}


def test_two_columns_are_never_one_question():
    found = header("desa", "sebutan", "Sebutan lahan")

    assert (found.targets, found.unknown) == ({0: VILLAGE, 1: "sebutan"}, ("Sebutan lahan",))


def test_a_list_without_villages_or_questions_has_no_header():
    assert header_of(FORM, [["sebutan", "npwp"], ["x", "1"]], {}) is None
    assert header_of(FORM, [["desa", "kecamatan"]], {}) is None
    assert header_of(FORM, [], {}) is None


@pytest.mark.parametrize("target", ["npwp", "luas_m2", "dokumen", CODE, NOTHING])
def test_a_column_can_be_a_question_or_a_place(target: str):
    assert is_target(FORM, target)


@pytest.mark.parametrize("target", ["foto", "nama", "pengurus", "ukuran", "catatan", "entah"])
def test_what_no_cell_can_answer_is_no_column(target: str):
    assert not is_target(FORM, target)


OFFICERS = Form(
    "kelembagaan",
    "1",
    {},
    "id",
    record_key="_area",
    questions=(
        question("nama_koperasi", "text"),
        question("pengurus", "repeat"),
        question("nama", "text", repeat="pengurus"),
        question("umur", "integer", repeat="pengurus"),
        question("ktp", "image", repeat="pengurus"),
        question("alamat", "unit", repeat="pengurus"),
        question("rt", "integer", repeat="pengurus", unit="alamat"),
    ),
)


def test_a_column_can_be_a_question_in_a_row_of_a_repeat():
    rows = [
        ["Kode", "nama_koperasi", "pengurus[1].nama", "pengurus[1].umur", "pengurus[2].nama"],
        ["62.02.01.2004", "Maju", "Ani", 41, "Budi"],
    ]
    header = header_of(OFFICERS, rows, {})
    assert header is not None
    assert header.unknown == ()

    ((_, _, taken),) = each_row(OFFICERS, header, PLACES, rows, key=())

    assert isinstance(taken, Taken)
    one, two = (listed_row(taken.record, "pengurus", number) for number in "12")
    assert taken.record == keyed("kelembagaan", "_area", {"_area": "62.02.01.2004"})
    values = values_of(OFFICERS, taken.pairs, {})
    assert values == {
        "nama_koperasi": "Maju",
        f"pengurus/{one}/nama": "Ani",
        f"pengurus/{one}/umur": 41,
        f"pengurus/{two}/nama": "Budi",
    }
    # What the record shows, and what a list said before, is not said again.
    del values[f"pengurus/{two}/nama"]
    stated = [(f"pengurus/{two}/nama", "Budi")]
    assert news_of_row(OFFICERS, taken, shown=values, stated=stated) == {}
    later = news_of_row(OFFICERS, taken, shown={**values, f"pengurus/{one}/umur": 40}, stated=[])
    assert later == {f"pengurus/{one}/umur": 41, f"pengurus/{two}/nama": "Budi"}


@pytest.mark.parametrize(
    "target",
    [
        "pengurus[0].nama",
        "pengurus[1].ktp",
        "pengurus[1].rt",
        "pengurus[1].nama_koperasi",
        "pengurus[1]",
        "anggota[1].nama",
        "nama",
    ],
)
def test_a_row_of_a_repeat_has_only_what_a_cell_can_answer(target: str):
    assert not is_target(OFFICERS, target)
    header = header_of(OFFICERS, [["Kode", "nama_koperasi", target]], {})
    assert header is not None
    assert header.unknown == (target,)


def test_a_row_says_where_and_what():
    taken = row(
        "desa|kecamatan|sebutan|luas_m2|dokumen", "Baru", "Hulu", " Lapangan ", "50 x 70", "shm, hibah"
    )

    assert isinstance(taken, Taken)
    assert taken.area == "62.02.07.2001"
    assert taken.record == listed("lahan", ["62.02.07.2001", "Lapangan", "50 x 70", "shm, hibah"])
    assert values_of(FORM, taken.pairs, {"ukuran": {"lebar_m": 50}}) == {
        "sebutan": "Lapangan",
        "ukuran": {"lebar_m": 50, "luas_m2": 3500},
        "dokumen/shm": True,
        "dokumen/hibah": True,
    }


@pytest.mark.parametrize(
    ("cell", "value"), [("1.250", 1250), (1.25, 1.25), (1.234, 1.234), ("seribu", "seribu")]
)
def test_a_number_cell_is_a_number_and_a_text_is_read_as_it_is_typed(cell: Cell, value: Any):
    taken = row("desa|penduduk", "Lama", cell)

    assert isinstance(taken, Taken)
    assert values_of(FORM, taken.pairs, {}) == {"penduduk": value}


@pytest.mark.parametrize(
    ("cell", "kept"), [("1.2E+15", "1.2E+15"), (1.2e15, "1.2E+15"), ("1,2e+15", "1,2e+15")]
)
def test_a_number_that_lost_its_digits_is_kept_as_it_is_and_noted(cell: Cell, kept: str):
    taken = row("desa|npwp", "Lama", cell)

    assert isinstance(taken, Taken)
    assert values_of(FORM, taken.pairs, {}) == {"npwp": kept}
    assert taken.notes == (Note("npwp", kept),)


def test_cells_are_written_as_their_list_shows_them():
    assert [text_of(cell) for cell in (None, "x", 12.0, 12.5, 7, 10**15)] == [
        "",
        "x",
        "12",
        "12.5",
        "7",
        "1E+15",
    ]


@pytest.mark.parametrize(
    ("cells", "left"),
    [
        (
            ("Baru", "", "x"),
            Left("village-ambiguous", ("62.02.01.2004 Baru (Selatan)", "62.02.07.2001 Baru (Hulu)")),
        ),
        (("Lamma", "", "x"), Left("village-unknown", ("62.02.01.2009 Lama (Selatan)",))),
        (("", "Hulu", "x"), Left("village-missing")),
        (("Lama", "", "-"), Left("answers-missing")),
    ],
)
def test_a_row_that_is_not_certain_is_left_over(cells: tuple[str, ...], left: Left):
    assert row("desa|kecamatan|sebutan", *cells) == left


@pytest.mark.parametrize("cells", [(), ("", None), ("  ", "–")])
def test_a_row_without_anything_is_none(cells: tuple[Cell, ...]):
    assert row("desa|sebutan", *cells) is None


def test_a_code_goes_before_a_name():
    taken = row("kode|desa|sebutan", 6202012009, "Baru", "x")

    assert isinstance(taken, Taken)
    assert taken.area == "62.02.01.2009"


def test_chosen_columns_tell_rows_apart():
    taken = row("No|desa|sebutan", 12, "Lama", "x", key=("No",))

    assert isinstance(taken, Taken)
    assert taken.record == listed("lahan", ["62.02.01.2009", "12"])
    assert row("No|desa|sebutan", "", "Lama", "x", key=("No",)) == Left("key-missing")


def test_the_same_row_is_the_same_record_and_another_one_another():
    assert listed("lahan", ["a", "b"]) == listed("lahan", ["a", "b"])
    assert len({listed("lahan", ["a", "b"]), listed("gerai", ["a", "b"]), listed("lahan", ["a\nb", ""])}) == 3


def test_a_form_that_names_its_records_itself_names_those_of_a_list():
    monthly = msgspec.structs.replace(FORM, id="operasional", record_key="_area,npwp")

    def record(*cells: Cell) -> str | Left:
        found = read_row(monthly, header("desa", "npwp", "penduduk"), PLACES, cells, key=())
        return found.record if isinstance(found, Taken) else found  # type: ignore[return-value]

    assert record("Lama", "2026-11", 5) == keyed("operasional", "_area", {"_area": "62.02.01.2009/2026-11"})
    assert record("Lama", "", 5) == Left("key-missing")


def test_every_row_below_the_header_has_its_number():
    rows: list[list[Cell]] = [["Daftar"], ["desa", "sebutan"], ["Lama", "x"], [], ["Entah", "y"]]
    found = header_of(FORM, rows, {})
    assert found is not None

    told = [(number, type(row)) for number, _, row in each_row(FORM, found, PLACES, rows, key=())]

    assert told == [(3, Taken), (5, Left)]


def test_what_is_left_over_can_be_imported_when_it_is_mended():
    data = left_over_csv(
        ["desa", "alasan", "luas"],
        [(["Baru", "dulu", "=1+1"], "dua desa", ["A", "B"]), (["Lama"], "kosong", [])],
    )

    assert data.startswith(b"\xef\xbb\xbfdesa;luas;alasan;calon\r\n")
    assert b";'=1+1;" in data
    assert csv_rows(data) == [
        ["desa", "luas", "alasan", "calon"],
        ["Baru", "=1+1", "dua desa", "A | B"],
        ["Lama", "", "kosong", ""],
    ]


def test_only_what_is_new_is_written():
    taken = row("desa|sebutan|penduduk|luas_m2", "Lama", "x", 5, 100)
    assert isinstance(taken, Taken)

    def news(shown: dict[str, Any], stated: list[tuple[str, Any]]) -> dict[str, Any]:
        return news_of_row(FORM, taken, shown=shown, stated=stated)

    assert news({}, []) == {"sebutan": "x", "penduduk": 5, "ukuran": {"luas_m2": 100}}
    assert news({"sebutan": "x", "penduduk": 5.0}, []) == {"ukuran": {"luas_m2": 100}}
    assert news({"sebutan": "y", "penduduk": True}, [("sebutan", "x")]) == {
        "penduduk": 5,
        "ukuran": {"luas_m2": 100},
    }
    corrected = {"sebutan": "x", "penduduk": 5, "ukuran": {"luas_m2": 90, "lebar_m": 9}}
    assert news(corrected, [("ukuran", {"luas_m2": 100})]) == {}


def test_a_workbook_says_of_every_row_what_is_merged_over_it():
    sheet = Workbook().active
    sheet.append(["kecamatan", "desa", "luas"])
    sheet.append(["Hulu", "Baru", 1.5])
    sheet.append([None, "Lama", True])
    sheet.append(["x", datetime(2026, 11, 20, 8, 30), datetime(2026, 11, 20)])  # noqa: DTZ001
    sheet.append([None, None, time(8, 30)])
    sheet.merge_cells("A2:A3")

    assert sheet_rows(sheet) == [
        ["kecamatan", "desa", "luas"],
        ["Hulu", "Baru", 1.5],
        ["Hulu", "Lama", "ya"],
        ["x", "2026-11-20T08:30", "2026-11-20"],
        [None, None, "08:30:00"],
    ]


@pytest.mark.parametrize(
    "text", ["desa;luas\r\nBaru;1,5\r\n", "desa\tluas\nBaru\t1,5\n", 'desa,luas\n"Baru","1,5"\n']
)
def test_a_csv_is_read_whatever_parts_its_cells(text: str):
    assert csv_rows(text.encode("utf-8-sig")) == [["desa", "luas"], ["Baru", "1,5"]]


def test_a_csv_of_an_older_spreadsheet_is_read_too():
    assert csv_rows("desa;luas m²\nKampung Océ;1".encode("cp1252")) == [
        ["desa", "luas m²"],
        ["Kampung Océ", "1"],
    ]
