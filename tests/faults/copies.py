"""A11 and A13: a bit flips on a disk; a phone is copied, and both copies go on."""

from __future__ import annotations

import json
import shutil
import sqlite3

from field_client import facts
from server.app import open_server
from server.hub.verify import verify
from tests.faults.office import VILLAGE, Office
from tests.faults.phone import Phone
from tests.faults.stage import Stage

LINES = 12


def flipped_bits(stage: Stage) -> str:
    """One bit of a random line, on the device and on the server: found, named, and the others go on."""
    rounds = stage.count(long=60, short=2)
    with Office(stage.fresh("office")) as office:
        for number in range(rounds):
            phone = Phone(stage.fresh("phone"), stage.rng)
            phone.enrols(office, office.url, f"N{number}")
            for line in range(LINES):
                phone.saves(f"parcel {line}")
            hurt = _flip(stage, phone.home / "tapak.db", "own")
            ran = phone.runs("doctor", "--json")
            (log,) = (check for check in ran.json if check["check"] == "log")
            stage.expect(ran.code == 3 and hurt in log["names"], f"doctor did not name {hurt}: {log}")
            report = phone.syncs()
            stage.expect(report.problem is None and report.damaged == 1, f"the sync: {report.problem}")
            lines = office.lines()
            healthy = phone.acknowledged - {hurt}
            stage.expect(healthy <= lines.keys(), "a healthy line behind the damaged one is stuck")
            stage.tell(f"device: a bit of {hurt} flipped, named by doctor, {len(healthy)} others arrived")
        office.kill()
        with office.opened() as server:
            clean = {(finding.code, finding.subject) for finding in verify(server.store, server.shelf)}
            with server.store.read() as unit:
                count = unit.backups.counts()
        named = 0
        for _ in range(rounds):
            copy = stage.fresh("office")
            shutil.copytree(office.data, copy)
            hurt = _flip(stage, copy / "tapak.db", "revision")
            server = open_server(copy, environ={})
            try:
                found = {(finding.code, finding.subject) for finding in verify(server.store, server.shelf)}
                # Nothing but the digest of the whole log covers the text of a stub.
                named += any(hurt in subject or code == "receipt-altered" for code, subject in found - clean)
                with server.store.read() as unit:
                    stage.expect(unit.backups.counts() == count, "lines are gone")
            finally:
                server.close()
            stage.tell(f"server: a bit of {hurt} flipped: {sorted(found - clean)}")
            shutil.rmtree(copy)
        stage.expect(named == rounds, f"verify named {named} of {rounds}")
    on_devices = f"{rounds} of {rounds} bits on devices named by doctor"
    return f"{on_devices}, {named} of {rounds} on the server by verify; all other lines went on"


def _flip(stage: Stage, database: object, table: str) -> str:
    """Change one bit of one line in a closed database; the line's id."""
    connection = sqlite3.connect(str(database))
    rows = connection.execute(f"SELECT rowid, id, body FROM {table} ORDER BY rowid").fetchall()
    row, id, body = stage.rng.choice(rows)
    hurt = bytearray(body)
    hurt[stage.rng.randrange(len(hurt))] ^= 1 << stage.rng.randrange(8)
    connection.execute(f"UPDATE {table} SET body = ? WHERE rowid = ?", (bytes(hurt), row))
    connection.commit()
    connection.close()
    return str(id)


def cloned_phone(stage: Stage) -> str:
    """A folder is copied while the phone rests; both save, both sync, nobody does anything."""
    rounds = stage.count(long=20, short=1)
    noticed = 0
    with Office(stage.fresh("office")) as office:
        for number in range(rounds):
            first = Phone(stage.fresh("phone"), stage.rng)
            first.enrols(office, office.url, f"N{number}")
            record = first.saves("before")
            first.syncs()
            second = Phone(stage.copy(first.home, "clone"), stage.rng)
            for phone, text in ((first, "first"), (second, "second")):
                ran = phone.runs("save", "lahan", "--record", record, f"sebutan_lahan={text}", "--json")
                stage.expect(ran.code == 0, f"{text}: {ran.err}")
                phone.runs("save", "lahan", "--area", VILLAGE, f"sebutan_lahan={text} alone", "--json")
            codes = [phone.runs("sync", "--json").code for phone in (first, second, first, second)]
            with second.opened() as db:
                noticed += bool(facts.get(db, facts.BRANCHED_FROM))
            second.runs("save", "lahan", "--area", VILLAGE, "sebutan_lahan=after", "--json")
            for phone in (second, first):
                report = phone.syncs()
                stage.expect(
                    report.problem is None and not report.unsent, f"after the copy: {report.problem}"
                )
            told = first.acknowledged | second.acknowledged
            stage.expect(told <= office.lines().keys(), "a line of a copy is lost")
            shown = json.loads(first.runs("show", record, "--json").out)["fields"]["sebutan_lahan"]
            values = {head["value"] for head in shown["heads"]} | {shown["shown"]}
            stage.tell(f"codes {codes}, values {sorted(map(str, values))}")
            stage.expect({"first", "second"} <= values, f"a value of a copy is not live: {values}")
        stage.expect(noticed == rounds, f"noticed {noticed} of {rounds} at the second copy's first contact")
        stage.expect(office.findings() == [], f"verify: {office.findings()}")
    noted = "noticed at the second one's first contact"
    return f"{rounds} copies, each {noted}, both values live, no step of a person"
