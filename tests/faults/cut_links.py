"""A7: the link is cut after every KiB of a push and of a pull; all that was done happened once."""

from __future__ import annotations

from base64 import b85encode

from tests.faults.office import Office
from tests.faults.phone import Phone, save
from tests.faults.proxy import Proxy
from tests.faults.stage import Stage

KIB = 1024
LINES = 20
TEXT_BYTES = 1600
POINTS_SHORT = 12


def each_kib(stage: Stage) -> str:
    """One cut for each point; the run itself tries again, and what it did happened once."""
    with Office(stage.fresh("office")) as office, Proxy(office.url) as link:
        phone = Phone(stage.fresh("phone"), stage.rng)
        phone.enrols(office, link.url, "Siti")
        unsynced = stage.fresh("new")
        Phone(unsynced, stage.rng).enrols(office, link.url, "Budi")
        pushed_bytes = _pushes(stage, phone, link)
        pulled_bytes = _pulls(stage, unsynced, phone, link)
        pushes = _points(stage, pushed_bytes)
        for number in pushes:
            link.cut_up = [number * KIB]
            _pushes(stage, phone, link)
            stage.expect(link.cut_up == [], f"push at {number} KiB: nothing was cut")
            _arrived_once(stage, office, phone, f"push cut at {number} KiB")
        pulls = _points(stage, pulled_bytes)
        for number in pulls:
            link.cut_down = [number * KIB]
            _pulls(stage, unsynced, phone, link)
            stage.expect(link.cut_down == [], f"pull at {number} KiB: nothing was cut")
        stage.expect(office.findings() == [], f"verify: {office.findings()}")
        return (
            f"{len(pushes)} of {pushed_bytes // KIB} KiB of a push, {len(pulls)} of "
            f"{pulled_bytes // KIB} KiB of a pull: once at 100 % of the points, verify clean"
        )


def _points(stage: Stage, size_bytes: int) -> list[int]:
    points = list(range(max(1, size_bytes // KIB)))
    short = stage.rng.sample(points, min(len(points), POINTS_SHORT // 2))
    return short if stage.short else points


def _pushes(stage: Stage, phone: Phone, link: Proxy) -> int:
    """New lines in one body, and a run that brings them; the bytes that went up."""
    with phone.opened() as db:
        for _ in range(LINES):
            save(db, phone, b85encode(stage.rng.randbytes(TEXT_BYTES * 4 // 5)).decode())
    before = link.carried_up
    report = phone.syncs()
    stage.tell(f"push: {link.carried_up - before} bytes up, sent {report.sent}, {report.problem}")
    stage.expect(report.problem is None, f"push: {report.problem}")
    stage.expect(report.unsent == 0, "push: lines are left")
    return link.carried_up - before


def _pulls(stage: Stage, unsynced: object, phone: Phone, link: Proxy) -> int:
    """A phone that has nothing yet fetches everything; the bytes that came down."""
    reader = Phone(stage.copy(unsynced, "pull"), stage.rng)  # type: ignore[arg-type]
    before = link.carried_down
    report = reader.syncs()
    stage.tell(f"pull: {link.carried_down - before} bytes down, received {report.received}, {report.problem}")
    stage.expect(report.problem is None, f"pull: {report.problem}")
    stage.expect(reader.sees() == phone.sees(), "pull: another picture than its author's")
    return link.carried_down - before


def _arrived_once(stage: Stage, office: Office, phone: Phone, where: str) -> None:
    lines = office.lines()
    numbers = sorted(seq for _, seq, _ in lines.values())
    stage.expect(numbers == list(range(1, len(numbers) + 1)), f"{where}: a number is missing or twice")
    stage.expect(lines.keys() == phone.acknowledged, f"{where}: other lines than were saved")
