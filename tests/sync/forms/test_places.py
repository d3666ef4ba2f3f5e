"""Two villages with one name are never mistaken for each other."""

from __future__ import annotations

import pytest

from sync.forms.places import Places, Sought, Village

AREAS = {
    "62": "Kalimantan Tengah",
    "62.02": "Kabupaten Kotawaringin Timur",
    "62.02.01": "Mentaya Hilir Selatan",
    "62.02.07": "Parenggean",
    "62.03": "Kabupaten Kapuas",
    "62.03.05": "Selat",
    "62.02.01.2004": "Samuda Besar",
    "62.02.01.2005": "Sumber Makmur",
    "62.02.07.2001": "Sumber Makmur",
    "62.02.07.2002": "Desa Baru, Hulu",
    "62.03.05.2001": "Sumber Makmur",
}
VILLAGES = [code for code in AREAS if len(code) == 13]
PLACES = Places(AREAS.items(), VILLAGES)


def code(text: str, **above: str) -> str | None:
    village = PLACES.find(text, **above).village
    return village.code if village else None


@pytest.mark.parametrize(
    "text",
    [
        "Samuda Besar",
        " SAMUDA  BESAR ",
        "Desa Samuda Besar",
        "ds. samuda-besar",
        "62.02.01.2004",
        "6202012004",
    ],
)
def test_a_village_is_found_however_its_name_is_written(text: str):
    assert code(text) == "62.02.01.2004"


@pytest.mark.parametrize(
    "text", ["Sumber Makmur (Parenggean)", "Sumber Makmur, Parenggean", "Sumber Makmur (Kec. Parenggean)"]
)
def test_a_name_may_carry_its_district(text: str):
    assert code(text) == "62.02.07.2001"


def test_columns_above_narrow_the_choice():
    assert code("Sumber Makmur", district="Kec. Parenggean") == "62.02.07.2001"
    assert code("Sumber Makmur", regency="Kab. Kapuas") == "62.03.05.2001"
    assert code("Sumber Makmur", district="Selat", regency="KABUPATEN KAPUAS") == "62.03.05.2001"


def test_of_equal_names_none_is_guessed():
    sought = PLACES.find("Sumber Makmur")

    assert sought.village is None
    assert sought.is_ambiguous
    assert [str(village) for village in sought.candidates] == [
        "62.02.01.2005 Sumber Makmur (Mentaya Hilir Selatan)",
        "62.02.07.2001 Sumber Makmur (Parenggean)",
        "62.03.05.2001 Sumber Makmur (Selat)",
    ]


def test_of_a_village_with_a_new_code_the_one_in_force_is_meant():
    areas = [*AREAS.items(), ("62.02.07.2009", "Samuda Besar")]
    places = Places(areas, [*VILLAGES, "62.02.07.2009"], ended=["62.02.01.2004", "62.02.07.2002"])

    def found(text: str, **above: str) -> str | None:
        village = places.find(text, **above).village
        return village.code if village else None

    assert found("Samuda Besar") == "62.02.07.2009"
    assert found("Samuda Besar", district="Mentaya Hilir Selatan") == "62.02.01.2004"
    assert found("62.02.01.2004") == "62.02.01.2004"
    assert found("Desa Baru, Hulu") == "62.02.07.2002"  # nothing took its name


def test_a_name_in_another_district_is_only_offered():
    sought = PLACES.find("Samuda Besar", district="Parenggean")

    assert sought.village is None
    assert [village.code for village in sought.candidates] == ["62.02.01.2004"]


def test_a_name_that_is_written_wrongly_is_only_offered():
    sought = PLACES.find("Samudra Besar")

    assert sought.village is None
    assert [village.name for village in sought.candidates] == ["Samuda Besar"]
    assert PLACES.find("Tumbang Entah").candidates == ()


def test_a_code_that_is_not_in_the_list_is_nobody():
    assert PLACES.find("62.09.01.2001").village is None
    assert not PLACES.find("62.09.01.2001").is_ambiguous


def test_a_name_with_a_comma_of_its_own_is_found():
    assert code("Desa Baru, Hulu") == "62.02.07.2002"


def test_a_village_without_names_above_it_is_still_one():
    places = Places([], ["62.02.01.2004"])

    assert places.find("62.02.01.2004").village == Village("62.02.01.2004", "62.02.01.2004")


def test_a_village_is_found_by_a_name_that_it_had_and_two_by_one_name_are_not_guessed():
    places = Places(
        [("62.02.09.2007", "Pulau Baru"), ("62.02.10.2001", "Sumber Makmur")],
        ["62.02.09.2007", "62.02.10.2001"],
        aliases=[
            ("62.02.09.2007", "Pulau Lama"),
            ("62.02.09.2007", "Desa Pulau Baru"),
            ("62.02.09.2007", "Sumber Makmur"),
            ("62.99.01.2001", "Di luar wilayah"),
        ],
    )

    for name in ("pulau lama", "Pulau Baru"):
        found = places.find(name).village
        assert found is not None
        assert found.code == "62.02.09.2007"
    assert places.find("Sumber Makmur").village is None
    assert places.find("Sumber Makmur").is_ambiguous
    assert places.find("Di luar wilayah") == Sought(None)
