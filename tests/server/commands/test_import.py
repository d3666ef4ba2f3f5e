"""``tapak-server import``, as a regency office uses it with what it has."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from openpyxl import Workbook

from server.forms import compile_form
from server.hub.areas import load_areas
from server.hub.publishing import publish
from server.hub.records import seen_record
from server.main import main
from sync.forms.lists import csv_rows
from sync.record_id import keyed
from tests.server.conftest import AREAS, Handset, House
from tests.server.hub.phones import NEIGHBOUR, NOW_MS, VILLAGE

Handsets = Callable[..., Handset]
TWINS = """code,name,level,parent
62.02.07,Parenggean,district,62.02
62.02.07.2001,Sumber Makmur,village,62.02.07
62.02.01.2006,Sumber Makmur,village,62.02.01
"""
WITH_NIK = b"""
| survey |
| | type | name | label | class |
| | text | nama | Nama | |
| | text | nik | NIK | restricted |

| settings |
| | form_id | version | form_title |
| | kader | 1 | Kader |
"""
LIST = """No,Desa,Sebutan lahan di desa,Luas menurut dokumen/ukur (m²),Nama pemilik/pemberi hibah
1,Samuda Besar,Lapangan,"1.250,5",Ani
2,Sumber Makmur,Kebun,50 x 70,-
3,Sumber Makmur (Parenggean),Sawah,10 are,
4,Pulau Telo,Rawa,5,
"""


@pytest.fixture
def imported(house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    """``imported(text or file, …)``: exit code and JSON."""
    monkeypatch.setenv("TAPAK_LANGUAGE", "en")
    house.person("Rina", role="regency", organisation="dpmd", area="62.02")
    with house.server.store.write() as unit:
        load_areas(unit, TWINS.splitlines(), version="twins", now_ms=0, zone=UTC)

    def run(
        source: str | Path, *options: str, form: str = "lahan", person: str = "prinaaaaaaa"
    ) -> tuple[int, Any]:
        file = source if isinstance(source, Path) else tmp_path / "list.csv"
        if isinstance(source, str):
            file.write_text(source, encoding="utf-8")
        words = ["--data", str(house.server.folder.path), "import", form, str(file), "--as", person, "--json"]
        result = CliRunner().invoke(main, [*words, *options])
        return result.exit_code, json.loads(result.stdout) if result.stdout else result.stderr

    return run


def records(house: House) -> dict[str, dict[str, Any]]:
    """What is shown of every record, by the name of its parcel."""
    with house.server.store.read() as unit:
        found = {}
        for id in list(unit.records.ids()):
            seen = seen_record(unit, house.server.shelf, id, None)
            assert seen is not None
            found[str(seen.view.fields["sebutan_lahan"].shown)] = {
                "record": id,
                **{name: field.shown for name, field in seen.view.fields.items()},
            }
        return found


def test_names_become_villages_and_equal_names_are_left_to_a_person(
    house: House, imported: Callable[..., Any], tmp_path: Path
) -> None:
    code, said = imported(LIST)

    assert code == 3
    assert (said["saved"], [row["reason"] for row in said["left"]]) == (
        2,
        ["village-ambiguous", "village-unknown"],
    )
    assert said["left"][0]["candidates"] == [
        "62.02.01.2006 Sumber Makmur (Mentaya Hilir Selatan)",
        "62.02.07.2001 Sumber Makmur (Parenggean)",
    ]
    found = records(house)
    assert {name: (row["_area"], row["ukuran"]["luas_m2"]) for name, row in found.items()} == {
        "Lapangan": (VILLAGE, 1250.5),
        "Sawah": ("62.02.07.2001", 1000),
    }
    left = csv_rows((tmp_path / "list.csv.sisa.csv").read_bytes())
    assert [row[-2] for row in left] == [
        "alasan",
        "several villages have this name; name the district",
        "village not found in your area",
    ]


def test_a_name_means_the_code_in_force_after_a_village_got_another_one(
    house: House, imported: Callable[..., Any]
) -> None:
    newer = AREAS.replace("62.02.01.2004,Samuda Besar", "62.02.01.2014,Samuda Besar")
    with house.server.store.write() as unit:
        load_areas(unit, newer.splitlines(), version="newer", now_ms=NOW_MS, zone=UTC)

    code, _ = imported("Desa,Sebutan lahan di desa\nSamuda Besar,Lapangan\n62.02.01.2004,Kebun\n")

    assert code == 0
    places = {name: found["_area"] for name, found in records(house).items()}
    assert places == {"Lapangan": "62.02.01.2014", "Kebun": VILLAGE}


def test_the_same_list_again_adds_nothing_even_after_a_correction(
    house: House, imported: Callable[..., Any], handset: Handsets
) -> None:
    imported(LIST)
    record = records(house)["Lapangan"]["record"]
    siti = handset("Siti")
    siti.syncs()
    with house.server.store.read() as unit:
        row = unit.records.get(record)
        (line,) = unit.log.history(record)
    assert row is not None
    siti.saves(record, {"sebutan_lahan": "Lapangan voli"}, base=[line.id])
    siti.syncs()

    _, again = imported(LIST)
    _, mended = imported(LIST.replace("Ani", "Ani binti Budi"), "--key", "No")

    assert (again["saved"], again["unchanged"]) == (0, 2)
    assert records(house)["Lapangan voli"]["pemilik_nama"] == "Ani"
    assert mended["saved"] == 2


def test_a_trial_says_the_same_and_writes_nothing(house: House, imported: Callable[..., Any]) -> None:
    folder = house.server.folder.path
    before = sorted(path.name for path in (*folder.iterdir(), *folder.parent.iterdir()))
    columns = ("--column", "Nama pemilik/pemberi hibah=pemilik_nama")
    twice = LIST + '1,Samuda Besar,Lapangan,"1.250,5",Ani\n'

    code, tried = imported(twice, "--dry-run", *columns)

    assert records(house) == {}
    assert sorted(path.name for path in (*folder.iterdir(), *folder.parent.iterdir())) == sorted(
        {*before, "list.csv"}
    )
    real_code, real = imported(twice, *columns)
    assert (tried.pop("dry_run"), real.pop("dry_run")) == (True, False)
    assert (tried.pop("left_over"), real.pop("left_over")) == (None, str(folder.parent / "list.csv.sisa.csv"))
    assert (code, tried) == (real_code, real)
    assert (code, tried["saved"], tried["unchanged"], len(tried["left"])) == (3, 2, 1, 2)
    assert imported(twice, "--dry-run", *columns)[1]["saved"] == 0


def test_the_rows_of_a_repeat_are_met_again(house: House, imported: Callable[..., Any]) -> None:
    officers = (
        "Desa,nama_koperasi,pengurus[1].nama_pengurus,pengurus[2].nama_pengurus\nSamuda Besar,Maju,Ani,{}\n"
    )

    assert imported(officers.format("Budi"), form="kelembagaan")[1]["saved"] == 1
    assert imported(officers.format("Budi"), form="kelembagaan")[1]["unchanged"] == 1
    assert imported(officers.format("Cici"), form="kelembagaan")[1]["saved"] == 1
    record = keyed("kelembagaan", "_area", {"_area": VILLAGE})
    with house.server.store.read() as unit:
        seen = seen_record(unit, house.server.shelf, record, None)
    assert seen is not None
    names = {name: field.shown for name, field in seen.view.fields.items() if name.endswith("/nama_pengurus")}
    assert sorted(names.values()) == ["Ani", "Cici"]


def test_a_list_overwrites_nobody(house: House, imported: Callable[..., Any], handset: Handsets) -> None:
    siti = handset("Siti")
    record = keyed("kelembagaan", "_area", {"_area": VILLAGE})
    assert record is not None
    siti.saves(record, {"_area": VILLAGE, "nama_koperasi": "Maju"}, form="kelembagaan/2026112301")
    siti.syncs()

    imported("Desa,nama_koperasi\nSamuda Besar,Makmur\n", form="kelembagaan")

    with house.server.store.read() as unit:
        seen = seen_record(unit, house.server.shelf, record, None)
    assert seen is not None
    assert {head.value for head in seen.view.fields["nama_koperasi"].heads} == {"Maju", "Makmur"}


def test_a_row_is_a_save_of_the_person_with_the_list_as_its_reason(
    house: House, imported: Callable[..., Any]
) -> None:
    imported(LIST)

    record = records(house)["Lapangan"]["record"]
    with house.server.store.read() as unit:
        seen = seen_record(unit, house.server.shelf, record, None)
        (line,) = unit.log.history(record)
    assert seen is not None
    (head,) = seen.view.fields["sebutan_lahan"].heads
    assert (head.person, head.organisation) == ("prinaaaaaaa", "dpmd")
    assert json.loads(line.line)["why"] == "impor list.csv"


def test_a_number_that_a_spreadsheet_rounded_is_kept_and_noted(imported: Callable[..., Any]) -> None:
    text = "Desa,npwp\nSamuda Besar,1.2E+15\n"

    code, said = imported(text, form="kelembagaan")
    _, again = imported(text, form="kelembagaan")

    assert (code, said["saved"], again["saved"]) == (0, 1, 0)
    assert said["notes"] == [{"row": 2, "column": "npwp", "cell": "1.2E+15"}]


def test_restricted_answers_are_sealed_and_known_again(house: House, imported: Callable[..., Any]) -> None:
    with house.server.store.write() as unit:
        publish(unit, house.server.shelf, compile_form(WITH_NIK, name="kader.md"), now_ms=NOW_MS)
    text = "Desa,Nama,NIK\nSamuda Besar,Ani,6202017001900099\n"

    _, first = imported(text, form="kader")
    _, again = imported(text, form="kader")

    assert (first["saved"], again["saved"], again["unchanged"]) == (1, 0, 1)
    with house.server.store.read() as unit:
        (id,) = unit.records.ids()
        (line,) = unit.log.history(id)
        (secret,) = unit.log.secrets_of([line.id]).values()
    assert b"6202017001900099" not in line.line
    assert secret.text == '"6202017001900099"'


def test_a_workbook_with_merged_cells_says_its_district_of_every_row(
    house: House, imported: Callable[..., Any], tmp_path: Path
) -> None:
    book = Workbook()
    for row in (
        ["Kecamatan", "Desa", "sebutan_lahan"],
        ["Parenggean", "Sumber Makmur", "A"],
        [None, "Sumber Makmur", "B"],
    ):
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    book.save(tmp_path / "list.xlsx")

    code, said = imported(tmp_path / "list.xlsx")

    assert (code, said["saved"]) == (0, 2)
    assert {row["_area"] for row in records(house).values()} == {"62.02.07.2001"}


def test_columns_that_were_named_once_are_remembered(house: House, imported: Callable[..., Any]) -> None:
    text = "Lokasi,Nama tanah\nBasirih Hilir,Kebun\n"

    first, _ = imported(text)
    second, _ = imported(text, "--column", "Lokasi=_village", "--column", "Nama tanah=sebutan_lahan")
    third, said = imported(text.replace("Kebun", "Sawah"))

    assert (first, second, third, said["saved"]) == (1, 0, 0, 1)
    assert {row["_area"] for row in records(house).values()} == {NEIGHBOUR}


def test_who_only_looks_takes_nothing_in(house: House, imported: Callable[..., Any]) -> None:
    auditor = house.person("Dewi", role="auditor", area="62")

    assert imported(LIST, person=auditor) == (1, "Error: Dewi only looks (auditor) and does not write.\n")


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (
            ["--column", "Desa=foto_utama"],
            2,
            "Column 'Desa': 'foto_utama' is no question of form 'lahan' that a list can answer.",
        ),
        (["--column", "Desa"], 2, "'Desa' is not HEADER=FIELD."),
        (["--key", "Nomor"], 2, "The list has no column 'Nomor'. It has: Desa, sebutan_lahan"),
    ],
)
def test_wrong_usage_says_what_is_wrong(
    imported: Callable[..., Any], options: list[str], code: int, said: str
) -> None:
    found, text = imported("Desa,sebutan_lahan\nSamuda Besar,x\n", *options)

    assert (found, text.splitlines()[-1]) == (code, f"Error: {said}")


def test_what_is_no_workbook_is_one_line(imported: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "list.xls").write_bytes(b"no workbook")

    assert imported(tmp_path / "list.xls") == (
        1,
        "Error: 'list.xls' is no workbook that can be read. Save it as CSV or .xlsx.\n",
    )
