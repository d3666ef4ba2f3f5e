"""Whatever somebody does to the history in the database file, ``verify`` names it: 100 of 100.

A run prints its seed; TAPAK_SEED plays it again.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from server.hub.forms import FormShelf
from server.hub.ingest import take_own
from server.hub.verify import verify
from server.store.sqlite.database import SqliteStore, open_store
from sync.revision import Revision, Stub, write
from tests.server.hub.phones import NOW_MS, VILLAGE, Phone
from tests.stores import IN_SQLITE

Phones = Callable[..., Phone]
DEEDS = 100


@pytest.fixture
def lived_in(store: SqliteStore, shelf: FormShelf, phone: Phones) -> SqliteStore:
    """Phones, one of them cloned, one damaged, restricted answers, a gap, held lines, the console's own."""
    siti, budi = phone("siti"), phone("budi")
    for number in range(6):
        line = siti.saves(f"r{number}", {"_area": VILLAGE, "sengketa": "tidak", "luas_m2": number})
        budi.saves(f"r{number}", {"sengketa": "klaim"}, base=[line] if number % 2 else [])
        siti.syncs(now_ms=NOW_MS + 1000 * number)
    for nik in ("1", "2"):
        siti.saves(
            f"k{nik}", {"_area": VILLAGE, "nik": nik}, form="kelembagaan/2026112301", restricted=["nik"]
        )
    budi.saves("r9", {"_area": VILLAGE}, form="lahan/2099")
    budi.appends(b"no line at all")
    budi.saves("r1", {"luas_m2": 7})
    siti.syncs(), budi.syncs()
    ani = phone("ani")
    first, lost = ani.saves("r1", {"luas_m2": 3}), ani.saves("r2", {"luas_m2": 4})
    stub = Stub(device=ani.device, seq=2, previous=first, omitted=lost, size=9, sha256="ab", why="damaged")
    ani.log[1] = (ani.log[1][0], msgspec.json.encode(stub), [])
    ani.syncs()
    siti.device = "phone-of-siti-2"
    siti.saves("r2", {"luas_m2": 9}, was="phone-of-siti")
    siti.syncs()
    for seq in (1, 2):
        own = Revision(
            device="console",
            seq=seq,
            record="r1",
            form="lahan/2026112301",
            author="siti",
            capacity="coordinator/tni",
            written_ms=NOW_MS + seq,
            clock_age_s=0,
            base=(),
            values={"status": f"decided {seq}"},
        )
        with store.write() as unit:
            take_own(unit, shelf, write(own), now_ms=NOW_MS)
    return store


Deed = Callable[[sqlite3.Connection, random.Random], str]


def one_of(db: sqlite3.Connection, chance: random.Random, table: str, where: str = "1") -> int:
    return int(chance.choice(db.execute(f"SELECT rowid FROM {table} WHERE {where}").fetchall())[0])


def edits(column: str, new: str, *, table: str = "revision", where: str = "1") -> Deed:
    def deed(db: sqlite3.Connection, chance: random.Random) -> str:
        row = one_of(db, chance, table, where)
        db.execute(f"UPDATE {table} SET {column} = {new} WHERE rowid = ?", [row])
        return f"{table}.{column} of row {row} = {new}"

    return deed


def a_byte(db: sqlite3.Connection, chance: random.Random) -> str:
    row = one_of(db, chance, "revision")
    (body,) = db.execute("SELECT body FROM revision WHERE rowid = ?", [row]).fetchone()
    place = chance.randrange(len(body))
    changed = bytes(body[:place]) + bytes([body[place] ^ 1 << chance.randrange(8)]) + bytes(body[place + 1 :])
    db.execute("UPDATE revision SET body = ? WHERE rowid = ?", [changed, row])
    return f"bit of byte {place} in row {row}"


def deletes(table: str, where: str = "1") -> Deed:
    def deed(db: sqlite3.Connection, chance: random.Random) -> str:
        row = one_of(db, chance, table, where)
        db.execute(f"DELETE FROM {table} WHERE rowid = ?", [row])
        return f"delete row {row} of {table}"

    return deed


def the_end_of_a_log(db: sqlite3.Connection, chance: random.Random) -> str:
    device = chance.choice(db.execute("SELECT device FROM log").fetchall())[0]
    db.execute(
        "DELETE FROM revision WHERE device = ? AND seq = (SELECT MAX(seq) FROM revision WHERE device = ?)",
        [device, device],
    )
    return f"delete the last line of {device}"


def a_whole_log(db: sqlite3.Connection, chance: random.Random) -> str:
    device = chance.choice(db.execute("SELECT device FROM log").fetchall())[0]
    db.execute("DELETE FROM revision WHERE device = ?", [device])
    return f"delete all lines of {device}"


def swaps(column: str, table: str = "revision", where: str = "1") -> Deed:
    """Two rows exchange what they have in a column."""

    def deed(db: sqlite3.Connection, chance: random.Random) -> str:
        values = db.execute(f"SELECT rowid, {column} FROM {table} WHERE {where}").fetchall()
        (one, kept), (two, other) = chance.choice(
            [(a, b) for a in values for b in values if a[1] != b[1] and a[0] < b[0]]
        )
        db.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", [other, one])
        db.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", [kept, two])
        return f"swap {table}.{column} of {one} and {two}"

    return deed


MERGED = "held IS NULL AND stub = 0"
ALL_DEEDS: list[Deed] = [
    a_byte,
    edits("body", "CAST(REPLACE(CAST(body AS TEXT), 'damaged', 'dropped') AS BLOB)", where="stub = 1"),
    edits("id", "substr(id, 2) || 'x'"),
    edits("device", "'phone-of-nobody'"),
    edits("device", "'phone-of-budi'", where="device <> 'phone-of-budi'"),
    edits("seq", "seq + 1"),
    edits("seq", "seq + 100"),
    edits("previous", "'AAAAAAAAAAAAAAAA'"),
    edits("previous", "''", where="previous <> ''"),
    edits("complete", "1 - complete"),
    edits("record", "'r0'", where="record IS NOT 'r0'"),
    edits("record", "'r0'", where="stub = 1"),
    edits("record", "NULL", where="record IS NOT NULL"),
    edits("form", "'lahan/1'"),
    edits("form", "'lahan/1'", where="stub = 1"),
    edits("received_ms", "received_ms + 1"),
    edits("received_ms", "0"),
    edits("via", "'elsewhere'"),
    edits("held", "'out-of-area'", where=MERGED),
    edits("held", "NULL", where="held IS NOT NULL"),
    edits("held", "'out-of-area'", where="stub = 1"),
    edits("suspect", "1 - suspect"),
    edits("suspect", "1 - suspect", where="stub = 1"),
    edits("stub", "1 - stub"),
    deletes("revision"),
    the_end_of_a_log,
    a_whole_log,
    deletes("log"),
    edits("lines", "lines - 1", table="log"),
    edits("root", "'phone-of-budi'", table="log", where="root <> 'phone-of-budi'"),
    edits("digest", "digest + 1", table="log"),
    edits("seq", "seq - 1", table="own_device"),
    edits("last_id", "''", table="own_device"),
    edits("device", "'phone-of-siti'", table="own_device"),
    swaps("body"),
    swaps("received_ms"),
    swaps("seq"),
    swaps("previous"),
    swaps("device"),
    swaps("record", where="record IS NOT NULL"),
    edits("text", "'\"9\"'", table="secret"),
    edits("salt", "'x' || substr(salt, 2)", table="secret"),
    edits("commitment", "'AAAAAAAAAAAAAAAA'", table="secret"),
    edits("erased_ms", "1", table="secret"),
    swaps("text", table="secret"),
    deletes("secret"),
]


@IN_SQLITE
def test_verify_names_a_hundred_of_a_hundred_random_tamperings(
    lived_in: SqliteStore, shelf: FormShelf, tmp_path: Path
):
    seed = int(os.environ.get("TAPAK_SEED") or random.SystemRandom().randrange(2**32))
    print(f"TAPAK_SEED={seed}")
    chance = random.Random(seed)
    assert list(verify(lived_in, shelf)) == []
    original = tmp_path / "original.db"
    with sqlite3.connect(lived_in.path) as source:
        source.execute("VACUUM INTO ?", [str(original)])

    escaped, named = [], Counter[str]()
    # Every deed once, the rest by chance.
    deeds = [*ALL_DEEDS, *chance.choices(ALL_DEEDS, k=DEEDS - len(ALL_DEEDS))]
    for number, deed in enumerate(deeds):
        copy = tmp_path / f"{number}.db"
        shutil.copyfile(original, copy)
        with sqlite3.connect(copy) as db:
            db.execute("PRAGMA foreign_keys = OFF")
            what = deed(db, chance)
        db.close()
        store = open_store(copy)
        findings = list(verify(store, FormShelf()))
        store.close()
        named.update(finding.code for finding in findings)
        if not findings:
            escaped.append(what)

    print(dict(named))
    assert escaped == []
