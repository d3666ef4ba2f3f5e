"""The area list of Central Kalimantan is whole, and says whose it is."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[3] / "server" / "data"

# Regency: districts, desa, kelurahan (Kepmendagri 300.2.2-2430/2025).
REGENCIES = {
    "62.01": ("Kabupaten Kotawaringin Barat", 6, 81, 13),
    "62.02": ("Kabupaten Kotawaringin Timur", 17, 168, 17),
    "62.03": ("Kabupaten Kapuas", 17, 214, 17),
    "62.04": ("Kabupaten Barito Selatan", 6, 86, 7),
    "62.05": ("Kabupaten Barito Utara", 9, 93, 10),
    "62.06": ("Kabupaten Katingan", 13, 154, 7),
    "62.07": ("Kabupaten Seruyan", 10, 97, 3),
    "62.08": ("Kabupaten Sukamara", 5, 29, 3),
    "62.09": ("Kabupaten Lamandau", 8, 85, 3),
    "62.10": ("Kabupaten Gunung Mas", 12, 114, 13),
    "62.11": ("Kabupaten Pulang Pisau", 8, 95, 4),
    "62.12": ("Kabupaten Murung Raya", 10, 116, 9),
    "62.13": ("Kabupaten Barito Timur", 10, 100, 3),
    "62.71": ("Kota Palangkaraya", 5, 0, 30),
}


@pytest.fixture(scope="module")
def areas() -> list[dict[str, str]]:
    with (DATA / "areas_62.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_list_has_every_area_of_the_province_once(areas):
    levels = Counter(area["level"] for area in areas)

    assert levels == {"province": 1, "regency": 14, "district": 136, "village": 1571}
    assert len({area["code"] for area in areas}) == len(areas)


def test_every_area_names_the_one_above_it(areas):
    by_code = {area["code"]: area for area in areas}
    above = {"regency": "province", "district": "regency", "village": "district"}

    for area in areas[1:]:
        parent = by_code[area["parent"]]
        assert area["code"].startswith(parent["code"] + ".")
        assert parent["level"] == above[area["level"]]
    assert (areas[0]["name"], areas[0]["parent"]) == ("Kalimantan Tengah", "")


@pytest.mark.parametrize("code", REGENCIES)
def test_a_regency_has_its_districts_villages_and_wards(areas, code):
    inside = [area for area in areas if area["code"].startswith(code + ".")]
    districts = sum(area["level"] == "district" for area in inside)
    # The last block of a village code begins with 1 for a kelurahan and 2 for a desa.
    kinds = Counter(area["code"][9] for area in inside if area["level"] == "village")
    name = next(area["name"] for area in areas if area["code"] == code)

    assert (name, districts, kinds["2"], kinds["1"]) == REGENCIES[code]


def test_the_list_keeps_the_notice_of_its_source():
    notice = (DATA / "README.md").read_text(encoding="utf-8")
    licence = (DATA / "ODbL-1.0.md").read_text(encoding="utf-8")

    assert "Contains information from **idn-area-data** 4.0.1" in notice
    assert "https://opendatacommons.org/licenses/odbl/1-0/" in notice
    assert licence.startswith("# Open Database License (ODbL)")
