"""Runs the field day as `make run` does, and reads what it left behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from field_client import journal, records
from field_client.database import open_device, write
from server.app import open_server
from server.hub.records import record_json, rows_of, see
from sync.shown import fields_json

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 120


@dataclass(frozen=True)
class Ended:
    """A run that is over."""

    code: int
    output: str


def start(data: Path, *options: str, language: str = "en") -> subprocess.Popen[str]:
    """The day in a process of its own, its output in a pipe."""
    return subprocess.Popen(
        [sys.executable, "-m", "deploy.field_day", "--data", str(data), "--port", "0", *options],
        cwd=ROOT,
        env={**os.environ, "TAPAK_LANGUAGE": language, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )


def play(data: Path, *, language: str = "en") -> Ended:
    """The day to its end."""
    process = start(data, "--no-serve", language=language)
    output, _ = process.communicate(timeout=TIMEOUT_S)
    return Ended(process.returncode, output)


def play_until(data: Path, line: str, blow: signal.Signals, *options: str) -> Ended:
    """The day until it prints a line that begins so; then the blow. The server must end as well."""
    process = start(data, *options)
    assert process.stdout is not None
    lines = []
    while not lines or not lines[-1].strip().startswith(line):
        lines.append(process.stdout.readline())
        assert lines[-1], "".join(lines)
    with connected(data) as to_server:
        process.send_signal(blow)
        output, _ = process.communicate(timeout=TIMEOUT_S)
        # The end of its process closes the connection; a server that stayed would keep it open.
        assert to_server.recv(1) == b""
    return Ended(process.returncode, "".join(lines) + output)


@contextmanager
def left_running(data: Path) -> Iterator[None]:
    """A day that has been played and serves."""
    process = start(data)
    assert process.stdout is not None
    try:
        while line := process.stdout.readline():
            if "Ctrl-C stops the server." in line:
                break
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=TIMEOUT_S)


def connected(data: Path) -> socket.socket:
    """A connection to the server of the run that made this folder's phones speak to it."""
    home = open_device(data / "phones/budi")
    ((url,),) = home.conn.execute("SELECT value FROM setting WHERE name = 'url'").fetchall()
    home.close()
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=TIMEOUT_S)
    return connection


def story(data: Path) -> dict[str, str]:
    """``{name in the story: record}``."""
    noted = json.loads((data / "scenes.json").read_text(encoding="utf-8"))
    return {name.removeprefix("record:"): id for name, id in noted.items() if name.startswith("record:")}


def server_fields(data: Path) -> dict[str, dict[str, Any]]:
    """``{record: fields}`` as the server shows them."""
    server = open_server(data / "server", {})
    try:
        with server.store.read() as unit:
            seen = [see(unit, server.shelf, row, None) for row in rows_of(unit, None, None)]
            return {
                one.row.id: record_json(unit, one, UTC, language="en", now_ms=0)["fields"] for one in seen
            }
    finally:
        server.close()


def device_fields(data: Path, device: str) -> dict[str, dict[str, Any]]:
    """``{record: fields}`` as a device shows them."""
    db = open_device(data / "phones" / device)
    try:
        entries = [records.load(db, listed.record) for listed in records.listed(db)]
        return {
            one.record: fields_json(one.view(), zone=UTC, opened=one.opened)
            for one in entries
            if one is not None
        }
    finally:
        db.close()


def forget_forms(data: Path, device: str) -> None:
    """A device as it is after enrolling, before it has fetched what it needs."""
    db = open_device(data / "phones" / device)
    with write(db):
        db.conn.execute("DELETE FROM form")
        db.conn.execute("DELETE FROM area")
        db.conn.execute("DELETE FROM setting WHERE name = 'areas_scope'")
    db.close()


def logs(data: Path) -> dict[str, list[str]]:
    """``{device folder: ids of its own lines in their order}``."""
    found = {}
    for home in sorted((data / "phones").iterdir()):
        db = open_device(home)
        found[home.name] = [line.id for line in journal.lines(db)]
        db.close()
    return found


def server_lines(data: Path) -> list[tuple[str, str | None]]:
    """``(id, why held)`` of every line of every record on the server."""
    server = open_server(data / "server", {})
    try:
        with server.store.read() as unit:
            rows = [row for record in unit.records.ids() for row in unit.log.history(record)]
            return [(row.id, row.held) for row in rows]
    finally:
        server.close()


def differing(data: Path) -> dict[str, tuple[Any, bool, list[Any]]]:
    """``{"record name field": (shown, waits, what was answered)}`` where people answered differently."""
    names = {id: name for name, id in story(data).items()}
    return {
        f"{names.get(record, record)} {field}": (
            seen["shown"],
            seen["conflict"],
            sorted((head["value"] for head in seen["heads"]), key=str),
        )
        for record, fields in server_fields(data).items()
        for field, seen in fields.items()
        if seen["conflict"] or len({json.dumps(head["value"]) for head in seen["heads"]}) > 1
    }


def without_chance(output: str) -> str:
    """The output without ids, folders and addresses."""
    output = re.sub(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<record>", output)
    return re.sub(r"http://127\.0\.0\.1:\d+", "<address>", output)
