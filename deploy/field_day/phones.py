"""A device of the day: the real client, its own store in its own folder, and a clock that may be wrong."""

import os
import shlex
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from sqlite_utils import Database

from deploy.field_day.commands import invoke, program, short
from field_client import capture, decisions, edge, facts, forms, journal, syncing
from field_client.ahead import in_background
from field_client.asking import Around
from field_client.capture import Change, Saved
from field_client.database import open_device, read, write
from field_client.main import tapak
from field_client.syncing import Report
from field_client.transport import Transport


class Phone:
    """The device in a folder. ``clock_ahead_ms``: how wrong its clock is."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.clock_ahead_ms = 0
        self._open: Database | None = None

    def __enter__(self) -> "Phone":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def db(self) -> Database:
        """The device's database, open until ``close``."""
        if self._open is None:
            self._open = open_device(self.home)
        return self._open

    def close(self) -> None:
        """Close the database; the next use opens it again."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def now_ms(self) -> int:
        """What the clock of this device says."""
        return edge.now_ms() + self.clock_ahead_ms

    def enrolled(self) -> bool:
        """Whether somebody works on this device."""
        return facts.get(self.db, facts.TOKEN) is not None

    def equipped(self) -> bool:
        """Whether forms and areas are here, which enrolling fetches last."""
        return bool(forms.current_versions(self.db)) and facts.get(self.db, facts.AREAS_SCOPE) is not None

    def enrol(self, url: str, code: str, name: str) -> None:
        """``tapak enrol``. Raises CommandFailed, CommandProblem."""
        self.close()
        invoke(tapak, ["--home", str(self.home), "enrol", url, code, "--name", name, "--json"])

    def line(self, *words: str) -> str:
        """A command for this device as a reader may paste it."""
        return shlex.join([program("tapak"), "--home", short(self.home), *words])

    def serves(self, url: str) -> None:
        """Use this address from now on: the server of this run may have another port."""
        if facts.get(self.db, facts.URL) != url:
            with write(self.db):
                facts.put(self.db, facts.URL, url)

    def saves(
        self,
        form: str,
        record: str | None,
        answers: Mapping[str, str],
        *,
        area: str | None = None,
        later_ms: int = 0,
    ) -> Saved:
        """``tapak save``: answers as they are typed, ``later_ms`` after now."""
        change = Change(form_id=form, record=record, area=area, typed=tuple(answers.items()))
        now_ms = self.now_ms() + later_ms
        return capture.save(self.db, change, now_ms=now_ms, random_bytes=os.urandom)

    def deletes(self, record: str, why: str) -> Saved:
        """``tapak delete``."""
        return decisions.delete(
            self.db, record, person_id=None, why=why, now_ms=self.now_ms(), random_bytes=os.urandom
        )

    def resolves(self, record: str, field: str, value: str, why: str) -> Saved:
        """``tapak resolve``."""
        return decisions.resolve(
            self.db,
            record,
            field,
            head=None,
            typed=value,
            why=why,
            person_id=None,
            now_ms=self.now_ms(),
            random_bytes=os.urandom,
        )

    def syncs(self, *, through: str | None = None, patience: Callable[[float], None] = time.sleep) -> Report:
        """``tapak sync``; ``through``: over another address, ``patience``: how it waits to try again."""
        url = through or facts.get(self.db, facts.URL) or ""
        transport = Transport(url, facts.get(self.db, facts.TOKEN))
        around = Around(clock=self.now_ms, random_bytes=os.urandom, sleep=patience, meanwhile=in_background)
        try:
            return syncing.sync(self.db, transport, around)
        finally:
            transport.close()

    def copy_to(self, home: Path) -> None:
        """A copy of the whole device, as a backup app makes it; it takes the place of another one."""
        self.close()
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(self.home, home)

    def lines(self) -> tuple[set[str], set[str]]:
        """The ids of everything that was saved here, and of what the server stated to have."""
        with read(self.db):
            have = journal.have_local(self.db)
            rows = [(line.id, line.local <= have) for line in journal.lines(self.db)]
        return {id for id, _ in rows}, {id for id, received in rows if received}
