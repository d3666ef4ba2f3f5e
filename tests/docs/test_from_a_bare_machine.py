"""The page that sets up a server says what the programs take, and its files fit the settings."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from server.commands.serve import command
from server.main import main
from server.settings import Settings, load

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/how-to/from-a-bare-machine-to-phones.md").read_text(encoding="utf-8")
CADDYFILE = (ROOT / "deploy/Caddyfile").read_text(encoding="utf-8")
UNIT = (ROOT / "deploy/tapak.service").read_text(encoding="utf-8")
PROGRAM, DATA = "/srv/tapak/program", "/srv/tapak/data"
EXITS = {"doctor": {0, 3}}


def commands() -> list[str]:
    fences = re.findall(r"^```\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    lines = [line for fence in fences for line in fence.splitlines()]
    return [line for line in lines if line.startswith("tapak-server ")]


def test_its_commands_set_up_a_server_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAPAK_LANGUAGE", "en")
    ids: dict[str, str] = {}
    for line in commands():
        for name, person in ids.items():
            line = line.replace(f"ID-OF-{name.upper()}", person)
        line = line.replace(PROGRAM, str(ROOT)).replace(DATA, str(tmp_path))
        words = shlex.split(line)[1:]
        if "--drill" in words:
            continue  # there is no backup yet: serve makes the first
        secret = ["--stdin"] if words[:2] == ["person", "password"] else []
        typed = ["--data", str(tmp_path), *words, *secret]
        result = CliRunner().invoke(main, typed, input="kata sandi yang panjang\n")

        assert result.exit_code in EXITS.get(words[0], {0}), (line, result.output)
        if words[:2] == ["person", "add"]:
            ids[words[2]] = result.stdout.strip()

    assert load(tmp_path, {}).url == "https://tapak.example.id"


def test_its_settings_exist() -> None:
    named = re.findall(r"^(\w+) = ", PAGE, re.MULTILINE)

    assert named
    assert set(named) <= set(Settings.__struct_fields__)


def test_the_proxy_takes_what_the_server_takes_and_finds_it() -> None:
    (size_mebibytes,) = re.findall(r"max_size (\d+)MiB", CADDYFILE)
    serve = next(one for one in command.params if one.name == "port")

    assert int(size_mebibytes) * 1024**2 == Settings().request_bytes_max
    assert f"reverse_proxy 127.0.0.1:{serve.default} " in CADDYFILE
    assert int(re.findall(r"keepalive (\d+)s", CADDYFILE)[0]) < Settings().channel_timeout_s


def test_the_unit_starts_the_program_on_the_data_of_the_page() -> None:
    (start,) = re.findall(r"^ExecStart=(.+)$", UNIT, re.MULTILINE)

    assert start == f"{PROGRAM}/.venv/bin/tapak-server --data {DATA} serve"
    assert start.removesuffix(" serve") in PAGE
    assert f"ReadWritePaths={DATA}\n" in UNIT
    assert int(re.findall(r"TimeoutStopSec=(\d+)", UNIT)[0]) > Settings().shutdown_timeout_s
    assert int(re.findall(r"LimitNOFILE=(\d+)", UNIT)[0]) > Settings().connections_max
