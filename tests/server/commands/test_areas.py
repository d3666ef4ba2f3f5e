"""What an operator does with lists of areas and boundaries."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.main import main
from tests.server.conftest import AREAS

Run = Callable[..., Result]
BOUNDARIES = Path(__file__).parents[1] / "areas" / "boundaries.geojson"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run("area", "list")`` on a server that knows no area yet."""
    monkeypatch.setenv("TAPAK_LANGUAGE", "en")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "areas.csv").write_text(AREAS, encoding="utf-8")

    def typed(*words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, ["--data", str(tmp_path / "data"), *words])
        assert result.exit_code == code, result.output
        return result

    typed("init")
    return typed


def test_a_list_is_loaded_by_a_name_or_by_its_file(run: Run) -> None:
    named = run("area", "load", "areas.csv", "--version", "Kepmendagri 2025")
    again = run("area", "load", "areas.csv", "--json")

    assert named.stderr == (
        "8 areas loaded from the list Kepmendagri 2025: 8 new codes, 0 names changed, 0 codes ended.\n"
    )
    loaded = json.loads(again.stdout)
    assert loaded.pop("version").startswith("areas.csv ")
    assert loaded == {"areas": 8, "added": 0, "renamed": 0, "ended": 0}


def test_the_list_names_villages_with_their_district_and_says_what_it_counts(run: Run) -> None:
    run("area", "load", "areas.csv", "--version", "Kepmendagri 2025")

    listed = run("area", "list", "--area", "62.02.01")

    assert listed.stdout.splitlines() == [
        "62.02.01       Mentaya Hilir Selatan District                  -  -  -",
        "62.02.01.2004  Samuda Besar (Mentaya Hilir Selatan District)   -  -  -",
        "62.02.01.2005  Basirih Hilir (Mentaya Hilir Selatan District)  -  -  -",
    ]
    assert listed.stderr.startswith("2 villages and wards are in force on 20")
    assert listed.stderr.endswith(" by the list Kepmendagri 2025.\n")
    assert json.loads(run("area", "list", "--area", "62.02.01.2004", "--json").stdout) == [
        {
            "code": "62.02.01.2004",
            "name": "Samuda Besar",
            "level": "village",
            "parent": "62.02.01",
            "valid_from": None,
            "valid_to": None,
            "successor": None,
            "aliases": [],
        }
    ]


def test_an_area_is_shown_with_its_villages_list_and_boundary(run: Run) -> None:
    run("area", "load", "areas.csv", "--version", "2024")
    before = json.loads(run("area", "show", "62.02", "--json").stdout)
    assert (before["boundary"], before["villages"], before["villages_with_boundary"]) == (False, 2, 0)
    Path("areas.csv").write_text(AREAS.replace("Samuda Besar", "Samuda Raya"), encoding="utf-8")
    run("area", "load", "areas.csv", "--version", "2025", "--boundaries", str(BOUNDARIES))

    shown = json.loads(run("area", "show", "62.02.01.2004", "--json").stdout)

    assert shown.pop("list_loaded_at").endswith("+07:00")
    assert shown == {
        "code": "62.02.01.2004",
        "name": "Samuda Raya",
        "level": "village",
        "parent": "62.02.01",
        "valid_from": None,
        "valid_to": None,
        "successor": None,
        "aliases": ["Samuda Besar"],
        "place": "Samuda Raya (Mentaya Hilir Selatan District)",
        "villages": 1,
        "list_version": "2025",
        "boundary": True,
        "villages_with_boundary": 1,
    }
    regency = json.loads(run("area", "show", "62.02", "--json").stdout)
    assert (regency["boundary"], regency["villages"], regency["villages_with_boundary"]) == (True, 2, 2)
    assert "\nother names               Samuda Besar\n" in run("area", "show", "62.02.01.2004").stdout
    assert run("area", "show", "62.99", code=1).stderr == "Error: Area 62.99 is not in the loaded list.\n"


def test_boundaries_are_loaded_alone_and_say_what_they_passed_over(run: Run, tmp_path: Path) -> None:
    run("area", "load", "areas.csv")
    whole = run("area", "load", "--boundaries", str(BOUNDARIES))
    (tmp_path / "other.geojson").write_text(
        BOUNDARIES.read_text(encoding="utf-8")
        .replace('"62.02.01.2004"', '"6202012004"')
        .replace("62.03.05.2001", "62.03.05.2999"),
        encoding="utf-8",
    )

    other = run("area", "load", "--boundaries", "other.geojson", code=3)
    as_json = run("area", "load", "--boundaries", "other.geojson", "--json", code=3)

    assert whole.stderr == "The boundaries of 3 villages and wards are loaded.\n"
    assert other.stderr == (
        "The boundaries of 2 villages and wards are loaded.\n"
        "1 features were passed over, for they have no code of a village (62.02.01.2004) or no polygon: "
        "number 1 (6202012004).\n"
        "1 of them are not in the area list. Load the list that fits.\n"
    )
    assert json.loads(as_json.stdout) == {
        "boundaries": {"villages": 2, "skipped": 1, "unlisted": 1, "examples": ["1 (6202012004)"]}
    }


def test_what_cannot_be_loaded_is_told_and_changes_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "latin.csv").write_bytes(
        "code,name,level,parent\n62,Kalimantán,province,\n".encode("latin-1")
    )
    (tmp_path / "none.geojson").write_text("{}", encoding="utf-8")

    assert run("area", "load", code=2).stderr.endswith(
        "Error: Name a FILE with the area list, --boundaries FILE, or both.\n"
    )
    assert (
        run("area", "load", "latin.csv", code=1).stderr
        == "Error: latin.csv is not UTF-8. Save it as CSV UTF-8.\n"
    )
    assert run("area", "load", "areas.csv", "--boundaries", "none.geojson", code=1).stderr == (
        "Error: The file of boundaries is no whole GeoJSON FeatureCollection.\n"
    )
    assert json.loads(run("area", "list", "--json").stdout) == []

    monkeypatch.setenv("TAPAK_BOUNDARY_FILE_BYTES_MAX", "100")
    assert run("area", "load", "--boundaries", str(BOUNDARIES), code=1).stderr == (
        "Error: boundaries.geojson is larger than 100 bytes. Load it by province, or change the setting "
        "boundary_file_bytes_max.\n"
    )
