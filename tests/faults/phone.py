"""The device of a row: a folder, ``tapak`` on it as a process, and the same code inside this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from sqlite_utils import Database

from field_client import attachments, capture, enrolment, facts, fetching, journal, records, syncing
from field_client.asking import Around
from field_client.capture import Change
from field_client.database import open_device
from field_client.syncing import Report
from field_client.transport import Transport
from tests.faults.office import VILLAGE, Office, now_ms
from tests.server.served import ROOT

TIMEOUT_S = 120
ENGLISH = {**os.environ, "TAPAK_LANGUAGE": "en"}


class Ran:
    """How a command ended, and what it printed."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        """The result; ``None`` where the process did not come to print a whole one."""
        try:
            return json.loads(self.out)
        except ValueError:
            return None


class Phone:
    """A device folder. ``acknowledged``: ids that a command printed, or a call returned."""

    def __init__(self, home: Path, rng: Random) -> None:
        self.home, self.rng = home, rng
        self.acknowledged: set[str] = set()

    def command(self, *arguments: str) -> list[str]:
        """The command line of ``tapak`` on this device."""
        return [sys.executable, "-m", "field_client.main", "--home", str(self.home), *arguments]

    def runs(self, *arguments: str, before: Sequence[str] = (), kill_after_s: float | None = None) -> Ran:
        """``tapak`` as a process; killed after so many seconds, where it still runs then.

        ``before``: a command that runs it, such as strace.
        """
        process = subprocess.Popen(
            [*before, *self.command(*arguments)],
            cwd=ROOT,
            env=ENGLISH,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            out, err = process.communicate(timeout=TIMEOUT_S if kill_after_s is None else kill_after_s)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
        ran = Ran(process.returncode, out, err)
        if isinstance(ran.json, dict) and ran.json.get("revision"):
            self.acknowledged.add(ran.json["revision"])
        return ran

    @contextmanager
    def opened(self) -> Iterator[Database]:
        """Its database, opened as every command does."""
        db = open_device(self.home)
        try:
            yield db
        finally:
            db.close()

    def enrols(self, office: Office, url: str, name: str) -> None:
        """It gets its person, forms and areas."""
        with self.opened() as db:
            door = Transport(url)
            enrolment.enrol(
                db, door, office.code(name), name=name, now_ms=now_ms(), random_bytes=self.rng.randbytes
            )
            link = Transport(url, facts.get(db, facts.TOKEN))
            fetching.fetch_listed_forms(db, link)
            fetching.fetch_areas(db, link)
            door.close()
            link.close()

    def saves(self, text: str, *, record: str | None = None) -> str:
        """A save in this process; the record."""
        with self.opened() as db:
            return save(db, self, text, record=record)

    def attaches(self, record: str, photo: bytes) -> None:
        """A photo of a record."""
        source = self.home.parent / f"{self.home.name}.jpg"
        source.write_bytes(photo)
        with self.opened() as db:
            saved = attachments.attach(
                db,
                self.home / "attachments",
                record,
                "foto",
                source,
                person_id=None,
                now_ms=now_ms(),
                random_bytes=self.rng.randbytes,
            )
            self.acknowledged.add(str(saved.revision))

    def syncs(self, url: str | None = None) -> Report:
        """A whole run of ``sync`` in this process, without waiting between attempts."""
        with self.opened() as db:
            return sync(db, self, url)

    def syncs_text(self) -> Report:
        """The same without photos, as where the link broke before the first one."""
        with self.opened() as db:
            return sync(db, self, photos=False)

    def lost(self) -> set[str]:
        """Acknowledged lines that the log lacks or holds damaged; raises where it cannot be opened."""
        with self.opened() as db:
            whole = {line.id for line in journal.lines(db)} - {line.id for line in journal.damaged(db)}
            return self.acknowledged - whole

    def sees(self) -> dict[str, Any]:
        """``{record: its shown values}``."""
        with self.opened() as db:
            entries = {listed.record: records.load(db, listed.record) for listed in records.listed(db)}
            return {record: repr(entry and entry.seen) for record, entry in sorted(entries.items())}


def save(db: Database, phone: Phone, text: str, *, record: str | None = None) -> str:
    """Save one answer on an open database."""
    change = Change(
        form_id="lahan", record=record, area=None if record else VILLAGE, typed=(("sebutan_lahan", text),)
    )
    saved = capture.save(db, change, now_ms=now_ms(), random_bytes=os.urandom)
    phone.acknowledged.update(saved.revisions)
    return saved.record


def sync(db: Database, phone: Phone, url: str | None = None, *, photos: bool = True) -> Report:
    """A run of ``sync`` on an open database."""
    link = Transport(url or str(facts.get(db, facts.URL)), facts.get(db, facts.TOKEN))
    around = Around(
        clock=now_ms,
        random_bytes=phone.rng.randbytes,
        sleep=lambda seconds: None,
        attachments=phone.home / "attachments" if photos else None,
    )
    try:
        return syncing.sync(db, link, around)
    finally:
        link.close()
