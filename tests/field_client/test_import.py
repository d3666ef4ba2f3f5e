"""``tapak import``: an office's list becomes entries, once."""

from __future__ import annotations

import csv
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from field_client import edge
from field_client.main import tapak
from server.hub.areas import load_areas
from sync.forms.lists import csv_rows
from tests.field_client.world import AREAS, NEIGHBOUR, VILLAGE, Phone, World

LIST = """Daftar lahan Kodim;;;;;
No;Desa;Kecamatan;Sebutan;Panjang;NIK
1;Samuda Besar;;Lapangan RT 3;40,5;6202017001900099
2;Basirih Hilir (Mentaya Hilir Selatan);;Tanah kas;panjang sekali;1.2E+15
3;Samuda;;Kebun;10;
4;;;Entah;10;
"""


@pytest.fixture
def phone(world: World) -> Phone:
    found = world.phone("Siti")
    found.syncs()
    return found


@pytest.fixture
def imported(phone: Phone, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """``imported(text or file, …)``: what the command says, as (exit code, JSON)."""

    def run(source: str | Path, *options: str, form: str = "lahan") -> tuple[int, Any]:
        file = source if isinstance(source, Path) else tmp_path / "daftar.csv"
        if isinstance(source, str):
            file.write_text(source, encoding="utf-8")
        capsys.readouterr()
        code = edge.run(tapak, ["--home", str(phone.home), "import", form, str(file), "--json", *options])
        said = capsys.readouterr()
        return code, json.loads(said.out) if said.out else said.err

    return run


def shown(phone: Phone, record: str) -> dict[str, Any]:
    return {name: field["shown"] for name, field in phone.fields(record).items()}


def saved_records(phone: Phone) -> dict[str, str]:
    """Record by the name of its parcel."""
    rows = phone.db.conn.execute("SELECT DISTINCT record FROM own").fetchall()
    return {str(shown(phone, record).get("sebutan_lahan")): record for (record,) in rows}


def test_rows_become_entries_and_what_is_not_certain_is_left_over(
    imported: Any, phone: Phone, tmp_path: Path
) -> None:
    code, said = imported(LIST)

    assert code == 3
    assert {name: said[name] for name in ("rows", "saved", "unchanged")} == {
        "rows": 4,
        "saved": 2,
        "unchanged": 0,
    }
    assert said["left"] == [
        {"row": 5, "reason": "village-unknown", "candidates": []},
        {"row": 6, "reason": "village-missing", "candidates": []},
    ]
    assert said["notes"] == [{"row": 4, "column": "NIK", "cell": "1.2E+15"}]
    assert said["unknown_columns"] == ["No"]
    records = saved_records(phone)
    first, second = shown(phone, records["Lapangan RT 3"]), shown(phone, records["Tanah kas"])
    assert (first["_area"], first["ukuran"]) == (VILLAGE, {"panjang_m": 40.5})
    assert (second["_area"], second["ukuran"]) == (NEIGHBOUR, {"panjang_m": "panjang sekali"})
    left_over = csv_rows((tmp_path / "daftar.csv.sisa.csv").read_bytes())
    assert left_over == [
        ["No", "Desa", "Kecamatan", "Sebutan", "Panjang", "NIK", "alasan", "calon"],
        ["3", "Samuda", "", "Kebun", "10", "", "desa tidak ditemukan di wilayah Anda", ""],
        ["4", "", "", "Entah", "10", "", "desa tidak disebut", ""],
    ]


def test_the_same_list_again_adds_nothing(imported: Any, phone: Phone) -> None:
    imported(LIST)
    lines = phone.db.conn.execute("SELECT count(*) FROM own").fetchone()

    _, said = imported(LIST)

    assert (said["saved"], said["unchanged"]) == (0, 2)
    assert phone.db.conn.execute("SELECT count(*) FROM own").fetchone() == lines


def test_a_trial_says_the_same_and_writes_nothing(imported: Any, phone: Phone, tmp_path: Path) -> None:
    code, tried = imported(LIST, "--dry-run", "--column", "Ket=")
    left = sorted(path.name for path in tmp_path.rglob("*.sisa.csv"))

    real_code, real = imported(LIST, "--column", "Ket=")

    assert left == []
    assert (tried.pop("dry_run"), real.pop("dry_run")) == (True, False)
    assert tried.pop("left_over") is None
    del real["left_over"]
    assert (code, tried) == (real_code, real)
    assert imported(LIST, "--dry-run")[1]["saved"] == 0


def test_a_list_does_not_undo_what_somebody_corrected_since(imported: Any, phone: Phone) -> None:
    imported(LIST)
    record = saved_records(phone)["Lapangan RT 3"]
    phone.saves(record, sebutan_lahan="Lapangan RT 4")

    _, again = imported(LIST)
    _, mended = imported(LIST.replace("40,5", "41"), "--key", "No")

    assert again["saved"] == 0
    assert shown(phone, record)["sebutan_lahan"] == "Lapangan RT 4"
    assert mended["saved"] == 2  # told apart by another column, they are other records


def test_a_mended_left_over_file_is_taken_in(imported: Any, phone: Phone, tmp_path: Path) -> None:
    imported(LIST)
    file = tmp_path / "daftar.csv.sisa.csv"
    rows = csv_rows(file.read_bytes())
    rows[1][1] = rows[2][1] = "Samuda Besar"
    with file.open("w", encoding="utf-8", newline="") as text:
        csv.writer(text).writerows(rows)

    code, said = imported(file)

    assert (code, said["saved"], said["left_over"]) == (0, 2, None)
    assert {"Kebun", "Entah"} <= saved_records(phone).keys()


def test_columns_that_a_person_named_are_remembered(imported: Any, phone: Phone) -> None:
    text = "Nama kampung,Sebutan tanah\nSamuda Besar,Kebun\n"

    assert imported(text)[0] == 1
    code, said = imported(
        text, "--column", "Nama kampung=_village", "--column", "Sebutan tanah=sebutan_lahan"
    )
    _, again = imported(text.replace("Kebun", "Sawah"))

    assert (code, said["columns"]) == (0, {"Nama kampung": "_village", "Sebutan tanah": "sebutan_lahan"})
    assert again["saved"] == 1


def test_a_workbook_keeps_its_types(imported: Any, phone: Phone, tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["Kode desa", "Sebutan", "Tanggal", "Panjang"])
    book.active.append([6202012004, "Lapangan", datetime(2026, 11, 20), 1.234])  # noqa: DTZ001
    book.save(tmp_path / "daftar.xlsx")

    _, said = imported(tmp_path / "daftar.xlsx")

    assert said["saved"] == 1
    found = shown(phone, saved_records(phone)["Lapangan"])
    assert (found["_area"], found["tanggal_kunjungan"], found["ukuran"]) == (
        VILLAGE,
        "2026-11-20",
        {"panjang_m": 1.234},
    )


def test_without_openpyxl_a_workbook_is_asked_for_as_csv(
    imported: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    (tmp_path / "daftar.xlsx").write_bytes(b"")

    assert imported(tmp_path / "daftar.xlsx") == (
        1,
        "Berkas Excel tidak bisa dibaca di perangkat ini. Simpan 'daftar.xlsx' sebagai CSV, atau pasang"
        " tapak[excel].\n",
    )


@pytest.mark.parametrize("name", ["daftar.xlsx", "daftar.xls"])
def test_what_is_no_workbook_is_said(imported: Any, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"no workbook")

    assert imported(tmp_path / name) == (
        1,
        f"'{name}' bukan buku kerja Excel yang bisa dibaca. Simpan sebagai CSV atau .xlsx.\n",
    )


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--column", "Desa"], 2, "'Desa' bukan JUDUL=FIELD.\n"),
        (
            ["--column", "Desa=foto"],
            2,
            "Kolom 'Desa': 'foto' bukan pertanyaan formulir 'lahan' yang bisa diisi dari daftar.\n",
        ),
        (["--key", "Nomor"], 2, "Tidak ada kolom 'Nomor' dalam daftar. Ada: Desa, Sebutan\n"),
    ],
)
def test_wrong_usage_is_one_line(imported: Any, options: list[str], code: int, said: str) -> None:
    assert imported("Desa,Sebutan\nSamuda Besar,x\n", *options) == (code, said)


def test_a_form_that_names_its_records_meets_them(imported: Any, world: World, phone: Phone) -> None:
    world.publishes(form_id="kelembagaan", settings="record_key=_area")
    phone.syncs()
    text = "Desa,Status\nSamuda Besar,aktif\n"

    _, first = imported(text, form="kelembagaan")
    _, other = imported(text.replace("aktif", "beku"), form="kelembagaan")

    assert (first["saved"], other["saved"]) == (1, 1)
    assert phone.db.conn.execute("SELECT count(DISTINCT record) FROM own").fetchone() == (1,)


def test_a_name_means_the_code_in_force_after_a_village_got_another_one(
    imported: Any, world: World, phone: Phone
) -> None:
    newer = AREAS.replace(f"{VILLAGE},", f"{VILLAGE[:-2]}14,")
    with world.server.store.write() as unit:
        load_areas(unit, newer.splitlines(), version="2", now_ms=world.now_ms, zone=UTC)
    phone.syncs()

    code, _ = imported(f"Desa;Sebutan\nSamuda Besar;Lapangan\n{VILLAGE};Kebun\n")

    assert code == 0
    places = {name: shown(phone, record)["_area"] for name, record in saved_records(phone).items()}
    assert places == {"Lapangan": f"{VILLAGE[:-2]}14", "Kebun": VILLAGE}


def test_a_list_overwrites_nobody(imported: Any, world: World, phone: Phone) -> None:
    world.publishes(form_id="kelembagaan", settings="record_key=_area")
    budi = world.phone("Budi")
    budi.syncs()
    record = budi.saves(form="kelembagaan", area=VILLAGE, status="aktif").record
    budi.syncs()
    phone.syncs()

    imported("Desa,Status\nSamuda Besar,beku\n", form="kelembagaan")

    field = phone.fields(record)["status"]
    assert field["conflict"]
    assert {head["value"] for head in field["heads"]} == {"aktif", "beku"}


def test_what_was_taken_in_reaches_the_server_and_people_are_told_in_words(
    imported: Any, world: World, phone: Phone, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    imported(LIST)
    phone.syncs()
    other = world.phone("Budi")
    other.syncs()
    record = saved_records(phone)["Lapangan RT 3"]
    capsys.readouterr()

    code = edge.run(tapak, ["--home", str(phone.home), "import", "lahan", str(tmp_path / "daftar.csv")])

    assert code == 3
    assert shown(other, record)["sebutan_lahan"] == "Lapangan RT 3"
    assert capsys.readouterr().err == (
        'Kolom tidak dikenal, dilewati: No. Petakan dengan --column "JUDUL=FIELD".\n'
        "Baris 4, NIK: '1.2E+15' sudah dibulatkan oleh lembar kerja; angkanya hilang. Disimpan apa adanya.\n"
        "4 baris: 0 disimpan, 2 sudah ada.\n"
        f"2 baris tersisa, dengan alasannya: {tmp_path / 'daftar.csv.sisa.csv'}\n"
    )
