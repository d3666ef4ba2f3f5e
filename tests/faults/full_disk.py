"""A10: no room, a broken disk. The user hears it, nothing acknowledged is lost, it works again after."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from field_client import facts
from tests.faults.duplicates import next_body
from tests.faults.office import VILLAGE, Office
from tests.faults.phone import Phone
from tests.faults.server_killed import pid_of
from tests.faults.stage import Stage
from tests.faults.strace import CALLS, NOT_RUN, can_inject, counted, counting, failing

ERRORS = ("ENOSPC", "EIO", "EROFS", "EDQUOT")
SAVE = ("save", "lahan", "--area", VILLAGE, "sebutan_lahan=x", "--json")
DEVICE_BYTES = 4 * 1024 * 1024
SERVER_BYTES = 24 * 1024 * 1024
NO_MOUNT = "a disk of our own that is full (mounting needs root)"


def of_a_device(stage: Stage) -> str:
    """Calls of a save fail one after the other; a disk without room; a limit on the size of files."""
    with Office(stage.fresh("office")) as office:
        phone = Phone(stage.fresh("phone"), stage.rng)
        phone.enrols(office, office.url, "Siti")
        small = _room_of_its_own(stage, "small", DEVICE_BYTES)
        with small as folder:
            if folder is not None:
                _without_room(stage, office, folder)
    phone.saves("parcel")
    _with_limited_files(stage, phone)
    tried = told = 0
    if can_inject():
        for command, call, number, error in _points(stage, phone):
            tried += 1
            ran = phone.runs(*command, before=failing(call, error, first=number))
            where = f"{command[0]} with {error} from {call} {number} on"
            stage.tell(f"{where}: exit {ran.code}, acknowledged {bool(ran.json)}, {ran.err[:60]!r}")
            told += ran.code != 0
            if call != "write":  # what is to be said goes by write as well
                stage.expect(ran.code in (0, 1), f"{where}: exit {ran.code}")
                stage.expect("Traceback" not in ran.err, f"{where}: {ran.err}")
                stage.expect(ran.code == 0 or ran.err.strip(), f"{where}: nothing was said")
            stage.expect(not phone.lost(), f"{where}: lost {phone.lost()}")
            phone.saves("works again")
    else:
        stage.not_run.append(NOT_RUN)
    failed = f"{tried} failing calls, {told} told to the user"
    return f"{failed}, full disk and limited files: 0 lost, saving works again"


def _points(stage: Stage, phone: Phone) -> Iterator[tuple[tuple[str, ...], str, int, str]]:
    photo = stage.folder / "photo.jpg"
    photo.write_bytes(stage.rng.randbytes(50_000))
    commands = [SAVE, ("attach", phone.saves("photos"), "foto", str(photo), "--json")]
    points = []
    for command in commands:
        file = stage.fresh("trace")
        phone.runs(*command, before=counting(file))
        calls = counted(file)
        points += [
            (command, call, number, error)
            for call in CALLS
            if call != "unlink"
            for number in range(1, calls[call] + 1)
            for error in ERRORS
        ]
    yield from stage.rng.sample(points, min(len(points), stage.count(long=200, short=4)))


def _without_room(stage: Stage, office: Office, folder: Path) -> None:
    """A device on a disk that fills up."""
    phone = Phone(folder / "phone", stage.rng)
    phone.enrols(office, office.url, "Budi")
    first = phone.saves("before")
    filler = folder / "filler"
    _fill(filler)
    ran = phone.runs("save", "lahan", "--area", VILLAGE, f"keterangan={'x' * 50_000}", "--json")
    stage.tell(f"save on a full disk: exit {ran.code}, {ran.err!r}")
    stage.expect(ran.code == 1 and "NOT stored" in ran.err, f"a save on a full disk: {ran.code} {ran.err}")
    shown = phone.runs("show", first, "--json")
    stage.expect(shown.code == 0, f"reading on a full disk: {shown.err}")
    report = phone.runs("sync", "--json")
    stage.tell(f"sync on a full disk: exit {report.code}, {report.err!r}")
    stage.expect("Traceback" not in report.err, f"a sync on a full disk: {report.err}")
    filler.unlink()
    again = phone.runs(*SAVE)
    stage.expect(again.code == 0 and not phone.lost(), f"saving with room again: {again.err}")
    stage.expect(phone.syncs().problem is None, "the sync with room again")


def _with_limited_files(stage: Stage, phone: Phone) -> None:
    """No file may grow: what a quota does."""
    bytes_max = phone.home.joinpath("tapak.db").stat().st_size
    limited = ["prlimit", f"--fsize={bytes_max}"]
    ran = phone.runs(
        "save",
        "lahan",
        "--area",
        VILLAGE,
        f"keterangan={'x' * min(60_000, bytes_max)}",
        "--json",
        before=limited,
    )
    stage.tell(f"save with limited files: exit {ran.code}, {ran.err!r}")
    stage.expect(ran.code in (0, 1) and "Traceback" not in ran.err, f"a save with limited files: {ran.err}")
    stage.expect(not phone.lost(), "a limit on files lost a save")
    stage.expect(phone.runs(*SAVE).code == 0, "saving without the limit")


def of_a_server(stage: Stage) -> str:
    """Files that may not grow (503), a disk without room (507); reading goes on, and then pushing."""
    said = []
    with Office(stage.fresh("office")) as office:
        phone = _worked(stage, office)
        was = resource.prlimit(pid_of(office), resource.RLIMIT_FSIZE)
        resource.prlimit(pid_of(office), resource.RLIMIT_FSIZE, (1024, was[1]))
        said.append(_refused(stage, office, phone, {503, 507}))
        resource.prlimit(pid_of(office), resource.RLIMIT_FSIZE, was)
        _works_again(stage, office, phone)
    with _room_of_its_own(stage, "small", SERVER_BYTES) as folder:
        if folder is not None:
            with Office(folder / "office", TAPAK_ATTACHMENT_FREE_BYTES_MIN="0") as office:
                phone = _worked(stage, office)
                filler = folder / "filler"
                _fill(filler)
                said.append(_refused(stage, office, phone, {507}))
                filler.unlink()
                _works_again(stage, office, phone)
    return f"answered {said}, readable meanwhile, 0 lost, pushing works again, verify clean"


def _worked(stage: Stage, office: Office) -> Phone:
    phone = Phone(stage.fresh("phone"), stage.rng)
    phone.enrols(office, office.url, "Siti")
    phone.saves("parcel")
    stage.expect(phone.syncs().problem is None, "a sync with room")
    return phone


def _refused(stage: Stage, office: Office, phone: Phone, statuses: set[int]) -> int:
    """What a push is answered while nothing can be stored; reading must go on."""
    with phone.opened() as db:
        token = facts.get(db, facts.TOKEN) or ""
    for _ in range(4):
        record = phone.saves("x" * 50_000)
    phone.attaches(record, stage.rng.randbytes(80_000))
    ran = phone.runs("sync", "--json")
    stage.tell(f"sync against a server without room: exit {ran.code}, {ran.err!r}")
    stage.expect(ran.code == 1, f"a sync against a server without room: exit {ran.code}")
    stage.expect("Traceback" not in ran.err and "safe on the device" in ran.err, f"told: {ran.err}")
    status = _status(office, token, "POST", "/v1/sync")
    reading = _status(office, token, "GET", "/v1/records")
    stage.tell(f"push {status}, reading {reading}")
    stage.expect(status in {*statuses, 400}, f"a push was answered {status}")
    stage.expect(reading == 200, f"reading was answered {reading}")
    stage.expect(_asked(office) == 200, "healthz")
    return _pushed(office, phone, token)


def _pushed(office: Office, phone: Phone, token: str) -> int:
    _, body = next_body(phone)
    return _status(office, token, "POST", "/v1/sync", body)


def _works_again(stage: Stage, office: Office, phone: Phone) -> None:
    report = phone.syncs()
    stage.expect(report.problem is None, f"a sync with room again: {report.problem}")
    stage.expect(phone.acknowledged <= office.lines().keys(), "lines are lost")
    stage.expect((report.unsent, report.attachments_left) == (0, 0), "something is left")
    stage.expect(office.findings() == [], f"verify: {office.findings()}")


def _status(office: Office, token: str, method: str, path: str, body: bytes = b"") -> int:
    connection = HTTPConnection("127.0.0.1", office.port, timeout=60)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def _asked(office: Office) -> int:
    return _status(office, "", "GET", "/healthz")


def _fill(filler: Path) -> None:
    """Take every byte that is left."""
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            return


@contextmanager
def _room_of_its_own(stage: Stage, name: str, size_bytes: int) -> Iterator[Path | None]:
    """A small disk in memory; ``None`` where this account may mount none."""
    folder = stage.fresh(name)
    folder.mkdir()
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    options = f"size={size_bytes},mode=1777"
    mount = [*as_root, "mount", "-t", "tmpfs", "-o", options, "tapak-faults", str(folder)]
    if shutil.which(mount[0]) is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        stage.not_run.append(NO_MOUNT)
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run([*as_root, "umount", "-l", str(folder)], check=True)
