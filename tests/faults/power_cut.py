"""A6: the power goes. Rows and photos that were acknowledged before are there when it comes back."""

from __future__ import annotations

import subprocess
import time
from hashlib import sha256
from pathlib import Path

from field_client.attachments import read_whole
from server.app import open_server
from server.hub.attachment_care import verify_attachments
from server.hub.verify import verify
from tests.faults import disk
from tests.faults.disk import Op
from tests.faults.office import VILLAGE, Office
from tests.faults.phone import Phone
from tests.faults.server_killed import pid_of
from tests.faults.stage import Stage
from tests.faults.strace import attached

PHOTO_BYTES = 20_000
Acknowledged = list[tuple[float, str]]
"""Ids of lines and SHA-256 of photos, each with the time at which somebody was told."""


def of_a_device(stage: Stage) -> str:
    """Saves, photos and a sync of ``tapak``, recorded; every border of an fsync, and cuts anywhere."""
    with Office(stage.fresh("office")) as office:
        phone = Phone(stage.fresh("phone"), stage.rng)
        phone.enrols(office, office.url, "Siti")
        record = phone.saves("parcel")
        at_rest = stage.copy(phone.home, "at-rest")
        ops: list[Op] = []
        told: Acknowledged = []
        photo = stage.folder / "photo.jpg"
        photo.write_bytes(stage.rng.randbytes(PHOTO_BYTES))
        save = ("save", "lahan", "--area", VILLAGE, "sebutan_lahan=x", "--json")
        story = [save, ("attach", record, "foto", str(photo), "--json"), save, ("sync", "--json"), save]
        for arguments in story[: 3 if stage.short else None]:
            prefix = stage.fresh("trace")
            ran = phone.runs(*arguments, before=["strace", "-qq", *disk.recording(prefix)])
            stage.expect(ran.code == 0, f"{arguments[0]}: {ran.err}")
            ops += disk.read(prefix, phone.home)
            told += [(op.at, ran.json["revision"]) for op in ops if _says(op, ran.json.get("revision"))]
            if arguments[0] == "attach":
                told.append((ops[-1].at, sha256(photo.read_bytes()).hexdigest()))

    def check(folder: Path, acknowledged: set[str]) -> str | None:
        cut = Phone(folder, stage.rng)
        cut.acknowledged = {id for id in acknowledged if len(id) == 16}
        lost = cut.lost() | {
            name
            for name in acknowledged - cut.acknowledged
            if read_whole(folder / "attachments", name) is None
        }
        cut.saves("after the cut")
        return f"lost {lost}" if lost else None

    return _cuts(stage, at_rest, ops, told, check)


def of_a_server(stage: Stage) -> str:
    """Pushes and photos taken in by ``tapak-server``, recorded; the same cuts."""
    with Office(stage.fresh("office")) as office:
        phone = Phone(stage.fresh("phone"), stage.rng)
        phone.enrols(office, office.url, "Siti")
        record = phone.saves("parcel")
        phone.syncs()
        at_rest = stage.copy(office.data, "at-rest")
        prefix = stage.fresh("trace")
        told: Acknowledged = []
        with attached(pid_of(office), disk.recording(prefix)):
            for number in range(2 if stage.short else 6):
                phone.saves(f"no {number}")
                photo = stage.rng.randbytes(PHOTO_BYTES)
                phone.attaches(record, photo)
                report = phone.syncs_text()
                now = time.time()
                told += [(now, id) for id in phone.acknowledged if id not in {known for _, known in told}]
                phone.syncs()
                told.append((time.time(), sha256(photo).hexdigest()))
                stage.expect(report.problem is None, f"push {number}: {report.problem}")
        ops = disk.read(prefix, office.data)

    def check(folder: Path, acknowledged: set[str]) -> str | None:
        server = open_server(folder, environ={})
        try:
            with server.store.read() as unit:
                lines = {row.id for row in unit.log.all_lines()}
            lost = {id for id in acknowledged if len(id) == 16} - lines
            lost |= {
                name for name in acknowledged if len(name) == 64 and not server.attachments.is_whole(name)
            }
            findings = [*verify(server.store, server.shelf)]
            wrong = [
                finding
                for finding in verify_attachments(server.store, server.attachments)
                if finding.code != "attachment-unlisted"
            ]
        finally:
            server.close()
        return f"lost {lost}, {findings}, {wrong}" if lost or findings or wrong else None

    return _cuts(stage, at_rest, ops, told, check)


def _says(op: Op, revision: str | None) -> bool:
    return op.kind == "said" and revision is not None and revision.encode() in op.data


def _cuts(stage: Stage, at_rest: Path, ops: list[Op], told: Acknowledged, check: object) -> str:
    assert callable(check)
    borders = [index + 1 for index, op in enumerate(ops) if op.kind == "sync"]
    stage.expect(borders, "no fsync was recorded")
    wanted = borders if not stage.short else stage.rng.sample(borders, min(8, len(borders)))
    cuts = [(cut, keep) for cut in wanted for keep in ("none", "all", "some")]
    anywhere = stage.count(long=300, short=8)
    cuts += [(stage.rng.randrange(1, len(ops) + 1), "some") for _ in range(anywhere)]
    for cut, keep in cuts:
        at = ops[cut - 1].at
        acknowledged = {id for when, id in told if when <= at}
        folder = stage.fresh("cut")
        disk.after_cut(at_rest, ops, cut, keep=keep, rng=stage.rng).put(folder)
        wrong = check(folder, acknowledged)
        stage.tell(
            f"cut after call {cut} of {len(ops)}, unsynced kept: {keep}; {len(acknowledged)} acknowledged"
        )
        stage.expect(wrong is None, f"cut after call {cut}, unsynced kept: {keep}: {wrong}")
        subprocess.run(["rm", "-r", str(folder)], check=True)
    return (
        f"{len(ops)} calls recorded, {len(wanted)} of {len(borders)} fsync borders × 3 and {anywhere} cuts "
        f"anywhere: {len(told)} acknowledged lines and photos, 0 lost"
    )
