"""What an operator types, in the order of a season."""

from __future__ import annotations

import csv
import json
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from server.app import open_server
from server.forms import LIBRARY
from server.main import COMMANDS, main
from sync.secrets import write_secret
from tests.server.conftest import AREAS
from tests.server.hub.phones import FAR, NEIGHBOUR, VILLAGE, Phone

Run = Callable[..., Result]
NOT_ALL_USED = """
| survey | type | name | label | default | appearance |
|---|---|---|---|---|---|
| | text | nama | Nama | Siti | multiline |
| | integer | rt | RT | 1 | |

| settings | form_title | form_id | version | style |
|---|---|---|---|---|
| | Contoh | contoh | 1 | pages |
"""
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def run(data: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run("person", "list")``: the command with this test's data folder."""
    monkeypatch.setenv("TAPAK_LANGUAGE", "en")

    def typed(*words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, ["--data", str(data), *words])
        assert result.exit_code == code, result.output
        return result

    return typed


@pytest.fixture
def ready(run: Run, tmp_path: Path) -> Run:
    """A server with areas and the land form."""
    (tmp_path / "areas.csv").write_text(AREAS, encoding="utf-8")
    run("init", "--url", "https://tapak.example.id/")
    run("area", "load", str(tmp_path / "areas.csv"))
    run("form", "publish", str(LIBRARY / "lahan.md"))
    return run


def person(run: Run, name: str, role: str = "verifier", area: str = "62.02") -> str:
    words = ("person", "add", name, "--role", role, "--organisation", "tni", "--area", area, "--json")
    return str(json.loads(run(*words).stdout)["person"])


def phone(data: Path, person: str, device: str) -> Phone:
    """A phone of this person, enrolled by the store directly; it knows no HTTP."""
    server = open_server(data)
    with server.store.write() as unit:
        unit.people.put_device(device, name=device, public_key="", app="test", now_ms=1)
        unit.people.link(device, [person])
    return Phone(server.store, server.shelf, device, person, token_device=device)


def test_init_makes_a_folder_that_only_its_account_can_read(run: Run, data: Path) -> None:
    first = run("init", "--url", "https://tapak.example.id")

    assert first.stderr == (
        f"The data folder {data} is ready. Next: load areas, publish forms, add persons.\n"
    )
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (data, data / "secrets")}
    assert modes == {"data": 0o700, "secrets": 0o700}
    for file in (data / "tapak.db", data / "secrets/token.key"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert 'url = "https://tapak.example.id"' in (data / "settings.toml").read_text(encoding="utf-8")


def test_init_again_changes_nothing(run: Run, data: Path) -> None:
    run("init")
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}

    run("init", "--url", "https://other.example.id", "--practice")

    assert {path: path.read_bytes() for path in before} == before


def test_a_lost_key_is_not_replaced_in_silence(run: Run, data: Path) -> None:
    run("init")
    (data / "secrets/token.key").unlink()

    result = run("init", code=1)

    assert result.stderr == (
        f"Error: The database is there, but the key {data / 'secrets/token.key'} is missing. "
        "Restore it from a backup: without it every device must enrol again.\n"
    )


@pytest.mark.parametrize("words", [["person", "list"], ["serve"], ["export", "lahan", "--output", "-"]])
def test_before_init_every_command_says_what_to_do(run: Run, words: list[str]) -> None:
    result = run(*words, code=1)

    assert (
        result.stderr
        == "Error: This data folder is not ready. Run 'tapak-server --data FOLDER init' first.\n"
    )


def test_an_operator_sees_whom_and_what_the_server_knows(ready: Run) -> None:
    siti = person(ready, "Siti")

    assert re.fullmatch(r"p[a-z2-7]{10}", siti)
    assert json.loads(ready("person", "list", "--json").stdout) == [
        {"person": siti, "name": "Siti", "role": "verifier", "organisation": "tni", "areas": ["62.02"]}
    ]
    assert ready("person", "list").stdout == f"{siti}  Siti  verifier/tni  Kabupaten Kotawaringin Timur\n"
    (form,) = json.loads(ready("form", "list", "--json").stdout)
    assert (form["form"], form["version"], form["current"]) == ("lahan", "2026112301", True)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ["--role", "verifer", "--organisation", "tni", "--area", "62.02"],
            "Role 'verifer' is not known ('verifier'?). "
            "Known: verifier, coordinator, regency, province, auditor, admin.",
        ),
        (
            ["--role", "verifier", "--organisation", "TNI", "--area", "62.02"],
            "Organisation 'TNI' is not known. Known: tni, agrinas, dinas_koperasi, dpmd, bpkad, bpn, kph, "
            "kecamatan, desa, ba, koperasi.",
        ),
        (
            ["--role", "verifier", "--organisation", "tni", "--area", "6202"],
            "'6202' is no area code. Write it like 62, 62.02, 62.02.01 or 62.02.01.2004.",
        ),
        (
            ["--role", "verifier", "--organisation", "tni", "--area", "62.09"],
            "Area 62.09 is not in the loaded list.",
        ),
    ],
)
def test_a_slip_in_a_person_is_named(ready: Run, words: list[str], says: str) -> None:
    result = ready("person", "add", "Siti", *words, code=1)

    assert result.stderr == f"Error: {says}\n"
    assert json.loads(ready("person", "list", "--json").stdout) == []


def test_a_code_is_shown_once_with_its_link(ready: Run, data: Path) -> None:
    siti = person(ready, "Siti")

    issued = json.loads(ready("enrol", "issue", siti, "--json").stdout)

    assert re.fullmatch(r"\w{3}-\w{3}-\w{3}", issued["code"])
    assert issued["url"] == f"https://tapak.example.id/app/#enrol={issued['code']}"
    assert issued["expires_at"].endswith("+07:00")
    database = (data / "tapak.db").read_bytes()
    assert issued["code"].encode() not in database
    assert issued["code"].replace("-", "").encode() not in database
    unknown = ready("enrol", "issue", "p-nobody", code=1)
    assert unknown.stderr == "Error: Person 'p-nobody' is not known. See 'tapak-server person list'.\n"


def test_a_version_with_another_content_is_not_published(ready: Run, tmp_path: Path) -> None:
    changed = tmp_path / "lahan.md"
    changed.write_text(
        (LIBRARY / "lahan.md").read_text(encoding="utf-8").replace("Catatan", "Catatan lain"),
        encoding="utf-8",
    )

    again = ready("form", "publish", str(LIBRARY / "lahan.md"))
    result = ready("form", "publish", str(changed), code=1)

    assert again.stderr == "lahan/2026112301 was published before, exactly so.\n"
    assert result.stderr == (
        "Error: lahan/2026112301 is already published with another content, and devices may have it. "
        "Raise 'version' on the settings sheet.\n"
    )


def test_columns_that_are_not_used_are_said_and_refuse_nothing(
    ready: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "contoh.md"
    file.write_text(NOT_ALL_USED, encoding="utf-8")

    published = ready("form", "publish", str(file))
    compared = ready("form", "diff", str(file))
    monkeypatch.setenv("TAPAK_LANGUAGE", "id")
    again = ready("form", "publish", str(file))

    said = (
        "Not used: column default (2 rows), column appearance (1 rows), "
        "column style on sheet settings (1 rows).\n"
    )
    assert published.stderr == f"contoh/1 is published.\n{said}"
    assert compared.stderr.endswith(said)
    assert again.stderr.endswith(
        "Yang tidak dipakai: kolom default (2 baris), kolom appearance (1 baris), "
        "kolom style di sheet settings (1 baris).\n"
    )


def test_columns_that_are_not_used_stand_in_the_json(ready: Run, tmp_path: Path) -> None:
    file = tmp_path / "contoh.md"
    file.write_text(NOT_ALL_USED, encoding="utf-8")

    (published,) = json.loads(ready("form", "publish", str(file), "--json").stdout)
    compared = json.loads(ready("form", "diff", str(file), "--json").stdout)

    assert published["unused"] == compared["unused"]
    assert published["unused"] == [
        {"sheet": "survey", "column": "default", "rows": 2},
        {"sheet": "survey", "column": "appearance", "rows": 1},
        {"sheet": "settings", "column": "style", "rows": 1},
    ]
    assert json.loads(ready("form", "diff", "contoh", "1", "1", "--json").stdout)["unused"] == []


def test_a_wrong_area_list_loads_nothing(run: Run, tmp_path: Path) -> None:
    run("init")
    file = tmp_path / "areas.csv"
    file.write_text(
        "code,name,level,parent\n62,Kalteng,province,\n62.02,Kotim,district,62\n", encoding="utf-8"
    )

    assert run("area", "load", str(file), code=1).stderr == (
        "Error: Row 3: code '62.02' does not fit its name, level or parent.\n"
    )
    file.write_text("kode,nama\n62,Kalteng\n", encoding="utf-8")
    assert run("area", "load", str(file), code=1).stderr == (
        "Error: Column code, name, level, parent is missing. Needed: code, name, level, parent.\n"
    )
    assert "Areas loaded: 0." in run("doctor", code=3).stdout


def test_two_verifiers_disagree_and_a_coordinator_decides(ready: Run, data: Path, tmp_path: Path) -> None:
    siti, budi = person(ready, "Siti"), person(ready, "Budi")
    ani = person(ready, "Ani", role="coordinator")
    one, other = phone(data, siti, "phone-of-siti"), phone(data, budi, "phone-of-budi")
    one.saves("r1", {"_area": VILLAGE, "jenis_tanah": "gambut"})
    one.syncs()
    other.saves("r1", {"jenis_tanah": "mineral"})
    other.syncs()

    (conflict,) = json.loads(ready("conflicts", "--json").stdout)
    assert (conflict["record"], conflict["form"], conflict["field"]) == ("r1", "lahan", "jenis_tanah")
    assert {head["value"] for head in conflict["heads"]} == {"gambut", "mineral"}
    assert json.loads(ready("conflicts", "--json", "--area", NEIGHBOUR).stdout) == []
    assert ready("conflicts").stdout.startswith("r1  jenis_tanah\n")

    decided = ready("resolve", "r1", "jenis_tanah", "--value", "mineral", "--reason", "Dicek", "--as", ani)
    assert decided.stderr == "The decision on jenis_tanah of record r1 is stored.\n"
    assert json.loads(ready("conflicts", "--json").stdout) == []
    shown = json.loads(ready("record", "show", "r1", "--json", "--history").stdout)
    assert shown["fields"]["jenis_tanah"]["shown"] == "mineral"
    assert [line["why"] for line in shown["history"]] == [None, None, "Dicek"]
    assert json.loads(ready("record", "list", "--json").stdout) == [
        {"record": "r1", "form": "lahan", "areas": [VILLAGE], "deleted": False, "conflicts": 0}
    ]
    assert ready("verify").stderr == "Every chain and record is as it must be.\n"
    assert ready("rebuild").stderr == "Done; 0 records were not as their saves say, and are now.\n"

    output = tmp_path / "lahan.csv"
    assert ready("export", "lahan", "--format", "csv", "--output", str(output)).stderr == (
        f"1 records written to {output}.\n"
    )
    with output.open(encoding="utf-8", newline="") as file:
        assert [row["jenis_tanah"] for row in csv.DictReader(file)] == ["mineral"]


def test_a_choice_needs_a_head_or_a_value_and_not_both(ready: Run) -> None:
    words = ("resolve", "r1", "jenis_tanah", "--reason", "x", "--as", "p")

    for more in ([], ["--head", "a", "--value", "b"]):
        assert "Error: Give --head or --value, one of them.\n" in ready(*words, *more, code=2).stderr


def test_held_saves_are_listed_and_released(ready: Run, data: Path) -> None:
    siti = person(ready, "Siti")
    rina = person(ready, "Rina", role="coordinator", area="62.03")
    device = phone(data, siti, "phone-of-siti")
    line = device.saves("r1", {"_area": FAR})
    device.syncs()

    (held,) = json.loads(ready("held", "list", "--json").stdout)
    assert (held["id"], held["record"], held["why"], held["person"]) == (line, "r1", "out-of-area", siti)
    released = ready("held", "release", line, "--as", rina)

    assert released.stderr == f"Save {line} is merged into record r1.\n"
    assert json.loads(ready("held", "list", "--json").stdout) == []


def test_the_id_of_a_line_may_begin_with_a_dash(ready: Run) -> None:
    ani = person(ready, "Ani", role="coordinator")

    result = ready("held", "release", "-_jsonasQ2x0c9fK", "--as", ani, code=1)

    assert result.stderr == "Error: There is no held save '-_jsonasQ2x0c9fK'. See 'tapak-server held list'.\n"


def test_what_the_server_noted_is_listed_with_its_meaning(ready: Run, data: Path) -> None:
    siti = person(ready, "Siti")
    device = phone(data, siti, "phone-of-siti")
    line = device.saves("r1", {"_area": VILLAGE, "nomor_dokumen": "12/2026"}, restricted=["nomor_dokumen"])
    place, body, _ = device.log[-1]
    forged = write_secret(line, {"nomor_dokumen": ("x" * 22, '"13/2026"')})
    device.log[-1] = (place, body, [forged])
    device.syncs()

    (note,) = json.loads(ready("flag", "list", "--json").stdout)

    assert (note["code"], note["subject"]) == ("secret-mismatch", line)
    assert (
        note["message"]
        == "A restricted answer that arrived does not fit the seal of its line; it is not used."
    )
    assert ready("flag", "list").stdout.startswith(f"secret-mismatch  {line}  20")


def test_devices_are_listed_with_what_they_still_hold_and_can_be_revoked(ready: Run, data: Path) -> None:
    siti = person(ready, "Siti")
    phone(data, siti, "phone-of-siti").syncs()

    (device,) = json.loads(ready("device", "list", "--json").stdout)
    assert (device["device"], device["persons"], device["revoked_at"]) == ("phone-of-siti", [siti], None)
    assert device["last_seen_at"] == "2025-11-25T10:06:40.000+07:00"
    assert ready("device", "revoke", "phone-of-siti").stderr == "Device phone-of-siti is revoked.\n"
    assert json.loads(ready("device", "list", "--json").stdout)[0]["revoked_at"] is not None
    assert ready("device", "revoke", "nobody", code=1).stderr == (
        "Error: Device 'nobody' is not known. See 'tapak-server device list'.\n"
    )


def test_a_form_that_publishing_makes_known_releases_what_waited_for_it(
    ready: Run, data: Path, tmp_path: Path
) -> None:
    device = phone(data, person(ready, "Siti"), "phone-of-siti")
    device.saves("k1", {"_area": VILLAGE}, form="kelembagaan/2026112301")
    assert [held.why for held in device.syncs().header.held] == ["unknown-form"]

    result = ready("form", "publish", str(LIBRARY / "kelembagaan.md"))

    assert result.stderr == "kelembagaan/2026112301 is published.\n1 held saves are merged now.\n"


def test_doctor_says_what_is_missing_and_what_is_broken(run: Run, ready: Run, data: Path) -> None:
    assert "Persons: 0." in run("doctor", code=3).stdout
    person(run, "Siti")
    assert "Last verified backup: -." in run("doctor").stdout  # nothing is there to be lost yet
    run("backup", str(data.parent / "backup.db"))
    assert run("doctor").exit_code == 0

    (data / "secrets/token.key").chmod(0o644)
    assert str(data / "secrets/token.key") in run("doctor", code=3).stdout
    (data / "tapak.db").write_bytes(b"this is no database")
    assert "GAGAL The database file is sound." in run("doctor", code=1).stdout


def test_a_bad_setting_is_named(run: Run, data: Path) -> None:
    run("init")
    (data / "settings.toml").write_text("thread = 8\n", encoding="utf-8")

    assert run("person", "list", code=1).stderr == (
        "Error: settings.toml or the environment: Object contains unknown field `thread`.\n"
    )


def test_a_broken_database_ends_as_one_line(run: Run, data: Path) -> None:
    run("init")
    (data / "tapak.db").write_bytes(b"this is no database")

    assert run("person", "list", code=1).stderr == (
        "Error: The database cannot be used: file is not a database\n"
    )


def test_a_folder_that_cannot_be_made_ends_as_one_line(run: Run, data: Path) -> None:
    data.write_bytes(b"a file where the folder should be")

    result = CliRunner().invoke(main, ["--data", str(data / "inside"), "init"])

    assert (result.exit_code, result.stderr) == (1, f"Error: {data / 'inside'}: Not a directory.\n")


def test_bytes_that_are_no_text_end_as_one_line(ready: Run) -> None:
    result = ready("enrol", "issue", "\udcff", code=1)

    assert result.stderr == "Error: This command holds characters that are no UTF-8 text.\n"


def commands() -> list[tuple[str, Any]]:
    """Every command that does something, by its full name."""
    context = click.Context(main)
    found = []
    for name in COMMANDS:
        command = main.get_command(context, name)
        if isinstance(command, click.Group):
            found += [(f"{name} {sub}", child) for sub, child in command.commands.items()]
        else:
            found.append((name, command))
    return found


@pytest.mark.parametrize(("name", "command"), commands(), ids=[name for name, _ in commands()])
def test_every_command_has_a_sentence_and_an_example_to_paste(name: str, command: click.Command) -> None:
    text = command.help or ""

    assert text.split("\n")[0].endswith(".")
    assert f"tapak-server --data data {name}" in text
    assert all(
        option.help
        for option in command.params
        if isinstance(option, click.Option) and option.name != "file_format"
    )


def test_the_help_of_all_commands_loads_neither_flask_nor_pyxform() -> None:
    import subprocess
    import sys

    probe = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from server.main import main\n"
        "assert CliRunner().invoke(main, ['--help']).exit_code == 0\n"
        "print(sorted({'flask', 'pyxform', 'waitress', 'marshmallow'} & set(sys.modules)))\n"
    )

    run = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)

    assert run.stdout == "[]\n"
