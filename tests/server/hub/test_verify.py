"""``verify`` names what was done to the database; ``rebuild`` makes the caches again."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from server.hub.forms import FormShelf
from server.hub.verify import rebuild, verify
from server.store.base import Store
from server.store.sqlite.database import open_store
from tests.server.hub.phones import NEIGHBOUR, NOW_MS, VILLAGE, Phone, publish_pack
from tests.stores import IN_SQLITE

Phones = Callable[..., Phone]


@pytest.fixture
def lived_in(phone: Phones, store: Store) -> Store:
    siti, budi = phone("siti"), phone("budi")
    for number in range(8):
        line = siti.saves(f"r{number}", {"_area": VILLAGE, "sengketa": "tidak", "luas": number})
        budi.saves(f"r{number}", {"sengketa": "klaim"}, base=[line] if number % 2 else [])
    siti.saves("r1", {"_area": NEIGHBOUR}, base=[siti.log[1][0].id])
    siti.saves("k1", {"_area": VILLAGE, "nik": "1"}, form="kelembagaan/2026112301", restricted=["nik"])
    budi.syncs(), siti.syncs()
    return store


def codes(store: Store, shelf: FormShelf) -> set[str]:
    return {finding.code for finding in verify(store, shelf)}


def test_a_sound_database_has_no_findings(lived_in: Store, shelf: FormShelf) -> None:
    assert codes(lived_in, shelf) == set()
    assert rebuild(lived_in, shelf, now_ms=NOW_MS) == 0


@IN_SQLITE
@pytest.mark.parametrize(
    ("deed", "code"),
    [
        ("UPDATE revision SET body = replace(body, 'klaim', 'tidak') WHERE seq = 3", "line-altered"),
        ("DELETE FROM revision WHERE seq = 3", "line-missing-before"),
        ("DELETE FROM revision WHERE rowid = (SELECT MAX(rowid) FROM revision)", "lines-missing"),
        ("UPDATE revision SET previous = id WHERE seq = 3", "line-altered"),
        ("UPDATE revision SET complete = 0 WHERE seq = 3", "completeness-wrong"),
        ("UPDATE secret SET text = '\"9\"'", "secret-altered"),
        ("DELETE FROM secret", "secret-missing"),
        (
            "UPDATE record SET snapshot = (SELECT snapshot FROM record WHERE id = 'r2') WHERE id = 'r3'",
            "record-stale",
        ),
        ("UPDATE record SET conflicts = '[]'", "record-stale"),
        ("UPDATE record SET areas = '[]' WHERE id = 'r3'", "record-stale"),
        ("DELETE FROM record WHERE id = 'r3'", "record-stale"),
        ("DELETE FROM feed WHERE record = 'r3'", "record-stale"),
        ("UPDATE feed SET x = x + 1 WHERE record = 'r3'", "record-stale"),
        ("INSERT INTO awaited VALUES ('r3', 'AAAAAAAAAAAAAAAA', 'sengketa')", "record-stale"),
        ("UPDATE village SET sum = sum + 1", "sum-wrong"),
    ],
)
def test_a_deed_is_named(lived_in: Store, shelf: FormShelf, deed: str, code: str) -> None:
    with lived_in.write() as unit:
        unit.connection.execute("PRAGMA ignore_check_constraints = 1")
        unit.connection.execute(
            deed.replace("replace(body", "CAST(replace(CAST(body AS TEXT)").replace(
                "'klaim', 'tidak')", "'klaim', 'tidak') AS BLOB)"
            )
        )

    assert code in codes(lived_in, shelf)


def test_rebuild_repairs_every_cache_and_devices_hear_of_it(
    lived_in: Store, shelf: FormShelf, phone: Phones
) -> None:
    reader = phone("wati")
    reader.syncs()
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    record = random.Random(seed).choice(["r1", "r2", "r3"])
    with lived_in.write() as unit:
        snapshot = "(SELECT snapshot FROM record WHERE id = 'r0')"
        unit.connection.execute(
            f"UPDATE record SET snapshot = {snapshot}, areas = '[]' WHERE id = '{record}'"
        )
        unit.connection.execute("DELETE FROM awaited")
        unit.connection.execute(f"DELETE FROM feed WHERE record = '{record}'")
        unit.connection.execute("UPDATE village SET sum = 0")

    assert rebuild(lived_in, shelf, now_ms=NOW_MS) == 1

    assert codes(lived_in, shelf) == set()
    assert {line.r for line in reader.syncs().snapshots} == {record}


def test_two_servers_that_got_the_same_lines_hold_the_same_bytes(tmp_path: Path) -> None:
    snapshots = []
    for order in ("siti first", "budi first"):
        store, shelf = open_store(tmp_path / f"{order}.db"), FormShelf()
        publish_pack(store, only=["lahan"])
        siti = Phone(store, shelf, "phone-1", "siti").enrols()
        budi = Phone(store, shelf, "phone-2", "budi").enrols()
        first = siti.saves("r1", {"_area": VILLAGE, "sengketa": "tidak", "listrik": "pln_ada"})
        second = budi.saves("r1", {"sengketa": "klaim"}, base=[first])
        siti.saves("r1", {"sengketa": "sengketa", "listrik": "genset"}, base=[first, second])
        for one in (siti, budi) if order == "siti first" else (budi, siti):
            one.syncs()
        with store.read() as unit:
            row = unit.records.get("r1")
            assert row is not None
            snapshots.append(row.snapshot)
        store.close()
    assert snapshots[0] == snapshots[1]
