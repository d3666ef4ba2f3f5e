"""A5: the server dies while phones push, pull and bring photos. What it acknowledged is there again."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from hashlib import sha256
from threading import Timer
from typing import Any

from field_client import attachments, journal
from tests.faults.office import Office
from tests.faults.phone import Phone
from tests.faults.stage import Stage
from tests.faults.strace import CALLS, attached, attached_counting, attached_killing, counted

POINTS_MAX = 500
PHOTO_BYTES = 60_000
DEEDS = ("push", "pull", "photo")

Killer = Callable[[Office], AbstractContextManager[Any]]


class Coast:
    """A server that is killed, and phones that do not mind."""

    def __init__(self, stage: Stage, office: Office) -> None:
        self.stage, self.office = stage, office
        self.phone = Phone(stage.fresh("phone"), stage.rng)
        self.phone.enrols(office, office.url, "Siti")
        self.unsynced = stage.fresh("new")
        Phone(self.unsynced, stage.rng).enrols(office, office.url, "Budi")
        self.record = self.phone.saves("parcel 0")
        for number in range(1, 20):
            self.phone.saves(f"parcel {number}")
        self.phone.syncs()
        self.photos: list[str] = []
        self.kills = 0

    def dies(self, deed: str, where: str, killer: Killer) -> None:
        """One deed of a phone during which the server is killed, and what must hold afterwards."""
        phone = self.before(deed, where)
        with killer(self.office):
            report = phone.syncs()
        killed = self.office.dead()
        self.kills += killed
        heard = report.problem and report.problem.key
        self.stage.tell(f"{deed} {where}: killed {killed}, the phone heard {heard}")
        told, files = self.acknowledged(phone)
        if killed:
            self.office.start()
        lost = told - self.office.lines().keys()
        gone = [file for file in files if not self.office.has_file(file)]
        self.stage.expect(not lost, f"{deed} {where}: the server stated lines that it lost: {lost}")
        self.stage.expect(not gone, f"{deed} {where}: the server confirmed photos that it lost: {gone}")
        self.goes_on(phone, deed, where)

    def before(self, deed: str, where: str) -> Phone:
        """The phone of a deed, with what it is to bring or to fetch."""
        if deed == "pull":
            return Phone(self.stage.copy(self.unsynced, "pull"), self.stage.rng)
        if deed == "push":
            for number in range(3):
                self.phone.saves(f"{deed} {where} {number}")
        else:
            photo = self.stage.rng.randbytes(PHOTO_BYTES)
            self.phone.attaches(self.record, photo)
            self.photos.append(sha256(photo).hexdigest())
            self.phone.syncs_text()
        return self.phone

    def goes_on(self, phone: Phone, deed: str, where: str) -> None:
        """The next sync of the phone does the rest."""
        again = phone.syncs()
        left = (again.unsent, again.attachments_left)
        self.stage.expect(again.problem is None, f"after {deed} {where}: {again.problem}")
        self.stage.expect(left == (0, 0), f"after {deed} {where}: not all sent")
        same = phone.sees().keys() == self.phone.sees().keys()
        self.stage.expect(deed != "pull" or same, f"{deed} {where}: another list")

    def acknowledged(self, phone: Phone) -> tuple[set[str], list[str]]:
        """What the server told a phone that it has: lines, and the photos of this deed."""
        with phone.opened() as db:
            through = journal.have_local(db)
            lines = {line.id for line in journal.lines(db) if line.local <= through}
            left = {file.sha256 for file in attachments.left(db)}
        return lines, [file for file in self.photos[-1:] if file not in left and phone is self.phone]

    def arrived(self) -> None:
        """Everything is there, and verify finds nothing."""
        missing = self.phone.acknowledged - self.office.lines().keys()
        self.stage.expect(not missing, f"the server lacks {missing}")
        self.stage.expect(all(map(self.office.has_file, self.photos)), "a photo is not there")
        self.stage.expect(self.office.findings() == [], f"verify: {self.office.findings()}")


def at_system_calls(stage: Stage) -> str:
    """Killed at every call that writes, as the threads of the server make them."""
    with Office(stage.fresh("office")) as office:
        coast = Coast(stage, office)
        points: list[tuple[str, str, int]] = []
        for deed in DEEDS:
            file = stage.fresh("trace")
            coast.dies(deed, "nowhere", partial(_traced, attached_counting(file)))
            calls = counted(file)
            points += [(deed, call, n) for call in CALLS for n in range(1, calls[call] + 1)]
        wanted = stage.count(long=POINTS_MAX, short=3)
        for deed, call, number in (stage.rng.choice(points) for _ in range(wanted)):
            coast.dies(
                deed,
                f"at {call} {number}",
                partial(_traced, attached_killing(call, number)),
            )
        coast.arrived()
        return (
            f"{wanted} points of {len(points)} kinds (push, pull, photo), {coast.kills} kills, "
            f"{len(coast.phone.acknowledged)} lines, {len(coast.photos)} photos, 0 lost, verify clean"
        )


def at_random_moments(stage: Stage) -> str:
    """Killed after a random part of the time that the deed takes."""
    with Office(stage.fresh("office")) as office:
        coast = Coast(stage, office)
        took_s = {}
        for deed in DEEDS:
            started = time.monotonic()
            coast.dies(deed, "nowhere", partial(_Timed, None))
            took_s[deed] = time.monotonic() - started
        points = stage.count(long=120, short=2)
        for number in range(points):
            deed = DEEDS[number % len(DEEDS)]
            after_s = stage.rng.uniform(0, 0.3) * took_s[deed]
            coast.dies(deed, f"after {after_s * 1000:.0f} ms", partial(_Timed, after_s))
        coast.arrived()
        lines = len(coast.phone.acknowledged)
        return f"{points} points, {coast.kills} kills, {lines} lines, 0 lost, verify clean"


class _Timed:
    """Kills a server after a while, or never."""

    def __init__(self, after_s: float | None, office: Office) -> None:
        self._timer = None if after_s is None else Timer(after_s, office.kill)

    def __enter__(self) -> None:
        if self._timer is not None:
            self._timer.start()

    def __exit__(self, *error: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()


def _traced(options: list[str], office: Office) -> AbstractContextManager[Any]:
    return attached(pid_of(office), options)


def pid_of(office: Office) -> int:
    """The process of a server that runs."""
    assert office.process is not None
    return office.process.pid
