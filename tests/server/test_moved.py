"""A server that moved: phones that still know the old address arrive at the new one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from server.app import web_app
from server.settings import BadSettings, load
from tests.server.conftest import House
from tests.server.hub.phones import NOW_MS, VILLAGE
from tests.server.served import ROOT, serving

NEW = "https://baru.example.id"


def told(*command: str) -> Any:
    """What a command of ours says as JSON."""
    program, *arguments = command
    start = f"import sys; from {program}.main import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", start, *arguments, "--json"],
        cwd=ROOT,
        env={**os.environ, "TAPAK_LANGUAGE": "en"},
        check=True,
        capture_output=True,
        timeout=60,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("path", ["/v1/sync", "/v1/enrol", "/v1/forms", "/v1/attachments"])
def test_every_route_of_devices_names_the_new_address(house: House, monkeypatch: Any, path: str) -> None:
    moved = replace(house.server, settings=load(house.server.folder.path, {"TAPAK_MOVED_TO": NEW + "/"}))
    client = web_app(moved, now_ms=lambda: NOW_MS).test_client()

    answer = client.post(path)

    assert (answer.status_code, answer.get_json()["code"], answer.get_json()["url"]) == (
        421,
        "wrong-server",
        NEW,
    )
    assert client.get("/healthz").status_code == 200


def test_an_address_that_is_none_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="moved_to"):
        load(tmp_path, {"TAPAK_MOVED_TO": "baru.example.id"})


def test_a_phone_that_knows_the_old_address_ends_at_the_new_server(tmp_path: Path) -> None:
    old, new, home = tmp_path / "old", tmp_path / "new", str(tmp_path / "phone")
    with serving(old) as (_, url):
        server = ("server", "--data", str(old))
        person = told(
            *server, "person", "add", "Siti", "--role", "verifier", "--organisation", "tni", "--area", "62.02"
        )["person"]
        told(*server, "form", "publish", "server/forms/library/lahan.md")
        told(*server, "area", "load", "server/data/areas_62.csv")
        code = told(*server, "enrol", "issue", person)["code"]
        told("field_client", "--home", home, "enrol", url, code)
    shutil.copytree(old, new)
    record = told("field_client", "--home", home, "save", "lahan", "--area", VILLAGE)["record"]

    with serving(new) as (_, new_url), serving(old, TAPAK_MOVED_TO=new_url) as (_, old_url):
        point_at(home, old_url)
        report = told("field_client", "--home", home, "sync")

        assert report["sent"] == 1
        assert told("field_client", "--home", home, "status")["server"] == new_url
    assert told("server", "--data", str(new), "record", "show", record)["record"] == record


def point_at(home: str, url: str) -> None:
    """The phone knows a server under this address; a free port is another one each time."""
    from field_client import facts
    from field_client.database import open_device, write

    db = open_device(Path(home))
    with write(db):
        facts.put(db, facts.URL, url)
    db.close()
