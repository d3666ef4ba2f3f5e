"""``tapak-server export``, as a regency office uses it."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from server.main import main
from tests.conftest import Needs
from tests.server.conftest import Handset, House
from tests.server.exports.office import layer_in_gdal
from tests.server.hub.phones import FAR, NEIGHBOUR, VILLAGE

Handsets = Callable[..., Handset]
FORMATS = ("csv", "xlsx", "geojson", "gpkg")
RING = {"type": "Polygon", "coordinates": [[[112.9, -2.5], [112.91, -2.5], [112.91, -2.51], [112.9, -2.5]]]}


@pytest.fixture
def export(house: House, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """``export("lahan", "--format", "xlsx", …)`` on this test's server."""
    monkeypatch.setenv("TAPAK_LANGUAGE", "en")

    def typed(*words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, ["--data", str(house.server.folder.path), "export", *words])
        assert result.exit_code == code, result.output
        return result

    return typed


@pytest.fixture
def surveyed(handset: Handsets) -> None:
    """Two parcels, of which one has a boundary and a disagreement, and an institution with two officers."""
    siti, budi = handset("Siti", area="62"), handset("Budi", organisation="dpmd")
    siti.saves("r1", {"_area": VILLAGE, "batas": RING, "titik": {"lat": -2.5, "lon": 112.9, "acc": 8}})
    siti.saves("r2", {"_area": FAR, "titik": {"lat": -3.0, "lon": 114.4, "acc": 8}, "penduduk": 400})
    siti.saves("r1", {"jenis_tanah": "gambut", "kepemilikan": "desa"})
    siti.saves(
        "k1",
        {
            "_area": VILLAGE,
            "pengurus/b1/nama_pengurus": "Ani",
            "pengurus/b1/nik_pengurus": "6202017001900099",
            "pengurus/b2/nama_pengurus": "=1+1",
        },
        form="kelembagaan/2026112301",
        restricted=["pengurus/b1/nik_pengurus"],
    )
    siti.syncs()
    budi.saves("r1", {"jenis_tanah": "mineral"})
    budi.syncs()


def description(output: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(f"{output}.meta.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_has_its_description_beside_it(
    kind: str, export: Callable[..., Result], surveyed: None, tmp_path: Path
) -> None:
    output = tmp_path / f"lahan.{kind}"

    result = export("lahan", "--format", kind, "--output", str(output))

    known = description(output)
    assert result.stderr == f"2 records written to {output}.\n"
    assert (known["rows"], known["file"], known["form"], known["form_version"]) == (
        2,
        f"lahan.{kind}",
        "lahan",
        "2026112301",
    )
    assert known["sha256"] == hashlib.sha256(output.read_bytes()).hexdigest()
    assert known["rows_by_form_version"] == {"2026112301": 2}
    assert known["area_list"]["areas"] == 8
    assert known["as_of"].endswith("+07:00")
    columns = {column["name"]: column for column in known["columns"]}
    assert columns["luas_m2"]["unit"] == "m2"
    assert columns["jenis_tanah"]["code_list"] == "jenis_tanah"
    assert [name for name in columns if columns[name].get("calculated")] == [
        "titik_teliti",
        "luas_hitung",
        "kelas_luas",
    ]
    assert known["code_lists"]["jenis_tanah"]["gambut"]["id"]
    assert columns["flags"]["about"]["en"] == "Notes of the checks, code:field. They block nothing."
    assert not list(tmp_path.glob("*.part"))


def test_a_workbook_has_a_sheet_for_each_repeat(
    export: Callable[..., Result], surveyed: None, tmp_path: Path
) -> None:
    export("kelembagaan", "--format", "xlsx", "--output", str(tmp_path / "k.xlsx"))

    book = load_workbook(tmp_path / "k.xlsx")
    header, *rows = book["kelembagaan"].iter_rows(values_only=True)
    members, *officers = [dict(zip(range(99), row, strict=False)) for row in book["pengurus"].values]
    places = {name: number for number, name in members.items()}
    assert rows[0][header.index("pengurus")] == 2
    names = ("record", "row", "nama_pengurus", "nik_pengurus", "inti")
    assert [[row[places[name]] for name in names] for row in officers] == [
        ["k1", "b1", "Ani", "(tertutup)", 0],
        ["k1", "b2", "=1+1", None, 0],
    ]


def test_a_conflict_is_marked_in_the_workbook_with_its_heads(
    export: Callable[..., Result], surveyed: None, tmp_path: Path
) -> None:
    export("lahan", "--format", "xlsx", "--output", str(tmp_path / "lahan.xlsx"))

    sheet = load_workbook(tmp_path / "lahan.xlsx")["lahan"]
    header = [cell.value for cell in sheet[1]]
    (commented,) = [cell for row in sheet.iter_rows() for cell in row if cell.comment]
    assert header[commented.column - 1] == "jenis_tanah"
    assert sorted(commented.comment.text.split("\n")) == [
        "gambut · Siti (tni), 2025-11-25",
        "jenis_tanah",
        "mineral · Budi (dpmd), 2025-11-25",
    ]


def test_a_map_draws_the_boundary_else_the_point(
    export: Callable[..., Result], surveyed: None, tmp_path: Path, needs: Needs
) -> None:
    for kind in ("geojson", "gpkg"):
        export("lahan", "--format", kind, "--output", str(tmp_path / f"lahan.{kind}"))

        features = layer_in_gdal(needs, tmp_path / f"lahan.{kind}")

        drawn = {one["properties"]["record"]: one["geometry"] for one in features}
        assert drawn["r1"]["type"] == "Polygon"
        assert drawn["r2"] == {"type": "Point", "coordinates": [114.4, -3.0]}
        assert {float(one["properties"]["penduduk"] or 0) for one in features} == {0, 400}
        assert {one["properties"]["titik_teliti"] for one in features} == {"ya"}


def test_words_and_areas_are_chosen_by_options(
    export: Callable[..., Result], surveyed: None, tmp_path: Path
) -> None:
    output = tmp_path / "lahan.csv"

    export("lahan", "--labels", "--area", "62.02", "--output", str(output))

    (row,) = csv.DictReader(output.read_text(encoding="utf-8").splitlines())
    assert (row["record"], row["kepemilikan"]) == ("r1", "Village asset")
    assert (description(output)["area"], description(output)["choices_as"]) == ("62.02", "labels")


def test_standard_output_gets_the_table_alone(export: Callable[..., Result], surveyed: None) -> None:
    result = export("lahan", "--output", "-")

    assert len(list(csv.DictReader(result.stdout.splitlines()))) == 2


def test_a_form_that_is_not_published_is_one_line(export: Callable[..., Result], tmp_path: Path) -> None:
    result = export("gerai", "--output", str(tmp_path / "x.csv"), code=1)

    where = "is not published on this server"
    assert result.stderr == f"Error: Form 'gerai' {where}. Publish it with 'tapak-server form publish'.\n"
    assert list(tmp_path.glob("x.csv*")) == []


def test_the_readiness_of_every_village_in_force_is_a_row(
    export: Callable[..., Result], surveyed: None, tmp_path: Path
) -> None:
    output = tmp_path / "kesiapan.csv"

    result = export("readiness", "--output", str(output))

    assert result.stderr == f"Readiness of 3 villages written to {output}.\n"
    rows = {row["area_code"]: row for row in csv.DictReader(output.open(encoding="utf-8", newline=""))}
    assert sorted(rows) == [VILLAGE, NEIGHBOUR, FAR]
    visited, empty = rows[VILLAGE], rows[NEIGHBOUR]
    assert (visited["district"], visited["village"]) == ("Mentaya Hilir Selatan", "Samuda Besar")
    assert (visited["lahan"], visited["kelembagaan"], visited["gerai"]) == ("sebagian", "sebagian", "kosong")
    assert int(visited["lahan_missing"]) > 0
    assert (empty["lahan"], empty["lahan_missing"], empty["topics_complete"]) == ("kosong", "", "0")
    assert (empty["judged_on"], empty["list_version"]) == ("", visited["list_version"])
    known = description(output)
    assert (known["rows"], known["title"], known["rows_by_form_version"]) == (3, "Kesiapan per topik", {})
    assert known["sha256"] == hashlib.sha256(output.read_bytes()).hexdigest()


def test_the_readiness_of_an_area_is_a_workbook_in_words(
    export: Callable[..., Result], surveyed: None, tmp_path: Path
) -> None:
    output = tmp_path / "kesiapan.xlsx"

    export("readiness", "--format", "xlsx", "--labels", "--area", "62.03", "--output", str(output))

    header, *rows = load_workbook(output)["readiness"].iter_rows(values_only=True)
    assert [row[header.index("area_code")] for row in rows] == [FAR]
    assert rows[0][header.index("lahan")] == "Started"


@pytest.mark.parametrize("option", [("--format", "gpkg"), ("--with-deleted",)])
def test_readiness_has_neither_places_nor_deleted_entries(
    export: Callable[..., Result], tmp_path: Path, option: tuple[str, ...]
) -> None:
    export("readiness", *option, "--output", str(tmp_path / "x"), code=2)

    assert not list(tmp_path.glob("x*"))
