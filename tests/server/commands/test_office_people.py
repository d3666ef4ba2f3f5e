"""People for an office: many at a time, with passwords, and cards for their phones."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from server.app import open_server, web_app
from server.main import main
from tests.server.commands.test_operator import Run, data, person, ready, run

__all__ = ["data", "ready", "run"]

PEOPLE = "name,role,organisation,areas\nSiti,verifier,tni,62.02.01 62.02\nRina,coordinator,dpmd,62.02\n"


@pytest.fixture
def people(tmp_path: Path) -> Path:
    file = tmp_path / "people.csv"
    file.write_text(PEOPLE, encoding="utf-8")
    return file


def listed(run: Run) -> list[str]:
    return [line.partition("  ")[2] for line in run("person", "list").stdout.splitlines()]


def test_people_come_from_a_file_once_however_often_it_is_imported(ready: Run, people: Path) -> None:
    first, second = ready("person", "import", str(people)), ready("person", "import", str(people))

    assert first.stderr == "2 persons added, 0 were there already.\n"
    assert second.stderr == "0 persons added, 2 were there already.\n"
    assert listed(ready) == [
        "Rina  coordinator/dpmd  Kabupaten Kotawaringin Timur",
        "Siti  verifier/tni      Kabupaten Kotawaringin Timur",
    ]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            "Budi,verfier,tni,62.02",
            "Row 4: Role 'verfier' is not known ('verifier'?). Known: verifier, coordinator, regency, "
            "province, auditor, admin.",
        ),
        ("Budi,verifier,tni,62.09", "Row 4: Area 62.09 is not in the loaded list."),
        (
            "Budi,verifier,tni,",
            "Row 4: '' is no area code. Write it like 62, 62.02, 62.02.01 or 62.02.01.2004.",
        ),
        (",verifier,tni,62.02", "Row 4: The person's name is empty."),
    ],
)
def test_a_wrong_row_is_named_and_nobody_is_added(ready: Run, people: Path, row: str, words: str) -> None:
    people.write_text(PEOPLE + row + "\n", encoding="utf-8")

    result = ready("person", "import", str(people), code=1)

    assert result.stderr == f"Error: {words}\n"
    assert listed(ready) == []


def test_a_file_without_its_columns_is_told_which(ready: Run, people: Path) -> None:
    people.write_text("nama,role\nSiti,verifier\n", encoding="utf-8")

    result = ready("person", "import", str(people), code=1)

    assert result.stderr == (
        "Error: The column name, organisation, areas is missing. Needed: name, role, organisation, areas.\n"
    )


def test_a_person_logs_in_with_the_password_that_was_given(ready: Run, data: Path) -> None:
    rina = person(ready, "Rina", role="coordinator")

    result = CliRunner().invoke(
        main, ["--data", str(data), "person", "password", rina, "--stdin"], input="sepuluh-huruf\nrest\n"
    )

    assert result.exit_code == 0
    assert result.stderr == "The password of Rina is stored. Log in at https://tapak.example.id/console/\n"
    server = open_server(data)
    client = web_app(server, now_ms=lambda: 1_764_040_000_000).test_client()
    sent = {"name": rina, "password": "sepuluh-huruf"}
    assert client.post("/console/login", data=sent).status_code == 303
    with server.store.read() as unit:
        (account,) = unit.accounts.all()
    assert account.password_hash.startswith("$argon2id$")
    server.close()


@pytest.mark.parametrize(
    ("role", "typed", "words"),
    [
        ("coordinator", "pendek", "A password needs 10 to 200 characters."),
        (
            "verifier",
            "panjang-sekali",
            "Rina has the role verifier; those who log in to the office's pages are coordinator, regency, "
            "province, auditor and admin.",
        ),
    ],
)
def test_a_password_is_long_enough_and_for_a_role_with_pages(
    ready: Run, data: Path, role: str, typed: str, words: str
) -> None:
    rina = person(ready, "Rina", role=role)

    result = CliRunner().invoke(
        main, ["--data", str(data), "person", "password", rina, "--stdin"], input=typed + "\n"
    )

    assert result.exit_code == 1
    assert result.stderr == f"Error: {words}\n"


def test_a_sheet_has_a_card_for_every_verifier_of_an_area_eight_a_page(ready: Run, tmp_path: Path) -> None:
    for number in range(9):
        person(ready, f"Verifier {number}", area="62.02.01")
    person(ready, "Rina", role="coordinator")
    person(ready, "Far", area="62.03")
    file = tmp_path / "cards.html"

    result = ready("enrol", "sheet", "--area", "62.02", "--output", str(file))

    html = file.read_text(encoding="utf-8")
    assert result.stderr.startswith(f"9 cards written to {file}; valid until ")
    assert html.count('<li class="card">') == 9
    assert html.count('<ul class="page">') == 2
    assert "Rina" not in html
    assert "Far" not in html
    assert len(set(re.findall(r"https://tapak\.example\.id/app/#enrol=([0-9A-Z-]{11})", html))) == 9
    assert html.count("<svg") == 9
    assert "Mentaya Hilir Selatan District" in html
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_sheet_for_nobody_is_not_written(ready: Run, tmp_path: Path) -> None:
    file = tmp_path / "cards.html"

    result = ready("enrol", "sheet", "--area", "62.02", "--output", str(file), code=1)

    assert result.stderr == "Error: Nobody with that role in the area 62.02.\n"
    assert not file.exists()
