"""A4: a device dies in the middle of a command. What it acknowledged is there, and it just starts again."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tests.faults.office import VILLAGE, Office
from tests.faults.phone import Phone
from tests.faults.stage import Stage
from tests.faults.strace import CALLS, counted, counting, killing

POINTS_MAX = 500
COMMANDS = ("save", "attach", "sync", "pull")


class Field:
    """A phone that works and is killed, and one that was enrolled but has never synced."""

    def __init__(self, stage: Stage, office: Office) -> None:
        self.stage, self.office = stage, office
        self.phone = Phone(stage.fresh("phone"), stage.rng)
        self.phone.enrols(office, office.url, "Siti")
        self.unsynced = stage.fresh("new")
        reader = Phone(self.unsynced, stage.rng)
        reader.enrols(office, office.url, "Budi")
        self.record = self.phone.saves("parcel 0")
        for number in range(1, 25):
            self.phone.saves(f"parcel {number}")
        self.phone.syncs()
        self.saved = 0
        self.kills = 0

    def dies(
        self, command: str, where: str, *, before: Sequence[str] = (), kill_after_s: float | None = None
    ) -> None:
        """One command, killed, and what must hold afterwards."""
        self.saved += 1
        phone = self.phone
        arguments: tuple[str, ...] = ("sync", "--json")
        if command == "save":
            arguments = ("save", "lahan", "--area", VILLAGE, f"sebutan_lahan=no {self.saved}", "--json")
        elif command == "attach":
            photo = self.stage.folder / "photo.jpg"
            photo.write_bytes(self.stage.rng.randbytes(60_000))
            arguments = ("attach", self.record, "foto", str(photo), "--json")
        elif command == "sync":
            phone.attaches(phone.saves(f"no {self.saved}"), self.stage.rng.randbytes(40_000))
        else:
            phone.syncs()
            phone = Phone(self.stage.copy(self.unsynced, "pull"), self.stage.rng)
        ran = phone.runs(*arguments, before=before, kill_after_s=kill_after_s)
        self.kills += ran.code == -9
        self.stage.tell(f"{command} {where}: ended with {ran.code}, acknowledged {bool(ran.json)}")
        self.goes_on(phone, command, where)

    def goes_on(self, phone: Phone, command: str, where: str) -> None:
        """Nothing acknowledged is lost, and the next run does the rest."""
        expect = self.stage.expect
        expect(not phone.lost(), f"{command} killed {where}: lost {phone.lost()}")
        if command in ("sync", "pull"):
            report = phone.syncs()
            expect(report.problem is None, f"after {command} killed {where}: {report.problem}")
            expect(
                (report.unsent, report.attachments_left) == (0, 0),
                f"after {command} killed {where}: something is left",
            )
        if command == "pull":
            expect(phone.sees().keys() == self.phone.sees().keys(), f"pull killed {where}: another list")

    def arrived(self) -> None:
        """In the end everything that any command acknowledged is at the server, which is sound."""
        report = self.phone.syncs()
        self.stage.expect(report.problem is None, f"the last sync: {report.problem}")
        missing = self.phone.acknowledged - self.office.lines().keys()
        self.stage.expect(not missing, f"the server lacks {missing}")
        self.stage.expect(self.office.findings() == [], f"verify: {self.office.findings()}")


def at_system_calls(stage: Stage) -> str:
    """Killed at every call that writes, one run of the command for each."""
    with Office(stage.fresh("office")) as office:
        field = Field(stage, office)
        points: list[tuple[str, str, int]] = []
        commands = stage.rng.sample(COMMANDS, 2) if stage.short else COMMANDS
        for command in commands:
            file = stage.fresh("trace")
            field.dies(command, "nowhere", before=counting(file))
            calls = counted(file)
            points += [(command, call, n) for call in CALLS for n in range(1, calls[call] + 1)]
        found = len(points)
        wanted = min(stage.count(long=POINTS_MAX, short=5), found)
        for command, call, number in stage.rng.sample(points, wanted):
            field.dies(command, f"at {call} {number}", before=killing(call, number))
        field.arrived()
        return (
            f"{wanted} of {found} points of {', '.join(commands)}, {field.kills} kills, "
            f"{len(field.phone.acknowledged)} acknowledged lines, 0 lost"
        )


def at_random_moments(stage: Stage) -> str:
    """Killed after a random part of the time that the command takes."""
    with Office(stage.fresh("office")) as office:
        field = Field(stage, office)
        took_s = {}
        commands = stage.rng.sample(COMMANDS, 2) if stage.short else COMMANDS
        for command in commands:
            started = time.monotonic()
            field.dies(command, "nowhere")
            took_s[command] = time.monotonic() - started
        points = stage.count(long=120, short=3)
        for number in range(points):
            command = commands[number % len(commands)]
            after_s = stage.rng.uniform(0.3, 1.0) * took_s[command]
            field.dies(command, f"after {after_s * 1000:.0f} ms", kill_after_s=after_s)
        field.arrived()
        lines = len(field.phone.acknowledged)
        return f"{points} points, {field.kills} kills, {lines} acknowledged lines, 0 lost"
