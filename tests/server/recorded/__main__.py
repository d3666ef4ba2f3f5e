"""Record what this version's client sends::

    python -m tests.server.recorded

Run it once for each release, before the tag, and commit the file ``<version>.ndjson`` that it writes.
A file that is there is never written again: it is what phones in the field still send.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import shutil
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from field_client import edge
from field_client.main import tapak
from field_client.settings import APP_VERSION
from server.listener import Listener
from tests.server.recorded.recording import FOLDER, Exchange, Recorder, write
from tests.server.recorded.setting import CODES, VILLAGE, application, do, opened


class Day:
    """Phones that the commands drive, and the server that listens."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = opened(folder / "server")
        self.recorder = Recorder(application(self.server, edge.now_ms), edge.now_ms)
        self.listener = Listener(self.recorder, self.server.settings, host="127.0.0.1", port=0)

    def does(self, what: str, whom: str) -> None:
        """The office does something."""
        self.recorder.before.append((what, whom))
        do(self.server, (what, whom), now_ms=edge.now_ms())

    def types(self, phone: str, *words: str, codes: tuple[int, ...] = (0, 3)) -> str:
        """A command of a phone; what it printed."""
        printed, talk = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(talk):
            code = edge.run(tapak, ["--home", str(self.folder / phone), *words])
        if code not in codes:
            raise SystemExit(f"{phone}: {words} ended with {code}: {talk.getvalue()}")
        return printed.getvalue()

    def enrols(self, phone: str, name: str) -> None:
        self.does("issue", name)
        self.types(phone, "enrol", self.listener.address, CODES[name], "--name", f"HP {name}")

    def saves(self, phone: str, *words: str) -> str:
        saved: dict[str, Any] = json.loads(self.types(phone, "save", "kebun", *words, "--json"))
        return str(saved["record"])


def story(day: Day) -> None:
    """First contact, answers of every shape, a photo, other people's saves, a restricted answer, a
    save that is held, a cloned phone, a carried file, a revoked phone.
    """
    day.enrols("siti", "Siti")
    day.types("siti", "sync")
    record = day.saves("siti", "--area", VILLAGE, "sebutan=Kebun", "status=kosong", "titik=-2.53,112.95,8")
    day.saves("siti", "--record", record, "nik=6271012345678901", "unit_ada=sembako,apotek")
    photo = day.folder / "foto.jpg"
    photo.write_bytes(b"\xff\xd8\xff\xe0" + bytes(range(256)) * 200)
    day.types("siti", "attach", record, "foto", str(photo))
    day.types("siti", "sync")
    day.enrols("budi", "Budi")
    day.types("budi", "sync")
    day.saves("budi", "--record", record, "status=")
    day.saves("budi", "--area", "62.03.05.2001", "sebutan=Di luar wilayah")
    day.types("budi", "sync")
    day.enrols("wati", "Wati")
    day.types("wati", "sync")
    day.types("wati", "delete", record)
    day.types("wati", "sync")
    shutil.copytree(day.folder / "siti", day.folder / "clone")
    for phone, status in (("siti", "dipakai"), ("clone", "dijual")):
        day.saves(phone, "--record", record, f"status={status}")
    for phone in ("siti", "clone", "clone", "siti"):
        day.types(phone, "sync")
    day.saves("clone", "--record", record, "sebutan=Kebun Darius")
    day.types("clone", "sync")
    day.saves("siti", "--record", record, "sebutan=Kebun Pak Darius", "nik=6271012345670002")
    carried = day.folder / "siti.tapak"
    day.types("siti", "bundle", "export", str(carried))
    day.types("wati", "bundle", "import", str(carried))
    for phone in ("wati", "wati", "siti"):
        day.types(phone, "sync")
    day.does("revoke", str(json.loads(day.types("budi", "status", "--json"))["device"]))
    day.saves("budi", "--record", record, "status=kosong")
    day.types("budi", "sync", codes=(1,))


def main() -> None:
    target = FOLDER / f"{APP_VERSION}.ndjson"
    if target.exists():
        raise SystemExit(f"{target} is there; what a release sent is never written again.")
    with tempfile.TemporaryDirectory() as folder:
        day = Day(Path(folder))
        thread = threading.Thread(target=day.listener.run)
        thread.start()
        try:
            story(day)
        finally:
            day.listener.stop()
            thread.join()
            day.server.close()
        write(target, day.recorder.exchanges)
    kinds = itertools.groupby(sorted(_kind(one) for one in day.recorder.exchanges))
    for kind, found in kinds:
        print(f"{len(list(found)):3} {kind}")
    print(f"written: {target}", file=sys.stderr)


def _kind(exchange: Exchange) -> str:
    return f"{exchange.method} {'/'.join(exchange.path.split('/')[:3])} {exchange.status}"


if __name__ == "__main__":
    main()
