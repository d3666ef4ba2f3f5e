"""The second place holds what the first acknowledged, and gives it back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from server.hub.errors import HubError
from server.hub.forms import FormShelf
from server.hub.ingest import take_own
from server.hub.restoring import gaps, take_mirror
from server.hub.verify import verify
from server.store.base import Store
from server.store.mirror import JOB, Mirror, MirroredStore, stretches_in
from sync.chain import START, Place, revision_id
from sync.revision import Revision, write
from tests.conftest import Needs
from tests.postgres import stops_postgres
from tests.server.hub.phones import NOW_MS, VILLAGE, Phone, publish_pack
from tests.stores import STORES

Phones = Callable[..., Phone]


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "mirror"
    folder.mkdir()
    return folder


@pytest.fixture(params=sorted(STORES))
def store(
    request: pytest.FixtureRequest, tmp_path: Path, needs: Needs, mirror: Path, stops_postgres: None
) -> Iterator[Store]:
    store = MirroredStore(STORES[request.param](tmp_path, needs), Mirror(mirror))
    publish_pack(store)
    with store.write() as unit:
        unit.log.set_own_device("console", START)
    yield store
    store.close()


@pytest.fixture
def shelf() -> FormShelf:
    return FormShelf()


@pytest.fixture
def phone(store: Store, shelf: FormShelf) -> Phones:
    return lambda name, **options: Phone(store, shelf, f"phone-of-{name}", name, **options).enrols()


@pytest.fixture
def other(tmp_path: Path, needs: Needs) -> Iterator[Store]:
    """A server that knows the same people and forms, and no line."""
    folder = tmp_path / "other"
    folder.mkdir()
    other = STORES["sqlite"](folder, needs)
    publish_pack(other)
    with other.write() as unit:
        unit.log.set_own_device("console", START)
    for name in ("siti", "budi"):
        Phone(other, FormShelf(), f"phone-of-{name}", name).enrols()
    yield other
    other.close()


def decides(store: Store, shelf: FormShelf, record: str, base: list[str]) -> str:
    own = Revision(
        device="console",
        seq=1,
        record=record,
        form="lahan/2026112301",
        author="wati",
        capacity="coordinator/tni",
        written_ms=NOW_MS,
        clock_age_s=0,
        base=tuple(base),
        values={"sengketa": "tidak"},
        why="both were asked",
    )
    with store.write() as unit:
        return take_own(unit, shelf, write(own), now_ms=NOW_MS)


def lines_of(store: Store) -> dict[str, tuple[str, int, bytes, int, bool, str | None]]:
    with store.read() as unit:
        return {
            row.id: (row.device, row.seq, row.line, row.received_ms, row.suspect, row.held)
            for row in unit.log.all_lines()
        }


def test_everything_that_a_server_took_in_comes_back_from_its_mirror(
    store: Store, shelf: FormShelf, phone: Phones, mirror: Path, other: Store
):
    siti, budi = phone("siti"), phone("budi")
    first = siti.saves("r1", {"_area": VILLAGE, "sengketa": "tidak"})
    siti.syncs()
    second = budi.saves("r1", {"sengketa": "klaim"})
    budi.saves("k1", {"_area": VILLAGE, "nik": "1"}, form="kelembagaan/2026112301", restricted=["nik"])
    budi.appends(b"no line at all")
    budi.syncs(now_ms=NOW_MS + 86_400_000)
    siti.saves("k2", {"_area": VILLAGE, "nik": "2"}, form="kelembagaan/2026112301", restricted=["nik"])
    siti.syncs(with_secrets=False)
    siti.sends(siti.body(after=START))  # brings the secret that was missing
    siti.device = "phone-of-siti-2"
    siti.saves("r1", {"luas_m2": 3}, was="phone-of-siti")
    siti.syncs()
    decides(store, shelf, "r1", [first, second])
    assert len(list(mirror.iterdir())) == 2

    tally = take_mirror(other, FormShelf(), stretches_in(mirror), now_ms=NOW_MS)

    assert (tally.read, tally.new, tally.damaged) == (7, 7, [])
    assert lines_of(other) == lines_of(store)
    ids = list(lines_of(store))
    with other.read() as restored, store.read() as unit:
        assert restored.records.load(["r1"])["r1"].snapshot == unit.records.load(["r1"])["r1"].snapshot
        assert restored.log.secrets_of(ids) == unit.log.secrets_of(ids)
    assert {finding.code for finding in verify(other, FormShelf())} == {
        "own-log-altered"
    }  # a new one is named

    assert take_mirror(other, FormShelf(), stretches_in(mirror), now_ms=NOW_MS).new == 0


def test_a_line_is_in_the_mirror_before_it_is_acknowledged(store: Store, phone: Phones, mirror: Path):
    siti = phone("siti")
    last = siti.saves("r1", {"_area": VILLAGE})

    siti.syncs()

    (stretch,) = [stretch for stretch in stretches_in(mirror) if stretch.segment]
    assert stretch.segment is not None
    assert (stretch.segment.device, stretch.segment.first, stretch.segment.last) == ("phone-of-siti", 1, last)
    assert stretch.lines == [siti.log[0][1]]
    assert os.name != "posix" or all(path.stat().st_mode & 0o077 == 0 for path in mirror.iterdir())


def test_nothing_new_writes_nothing(store: Store, phone: Phones, mirror: Path):
    siti = phone("siti")
    siti.saves("r1", {"_area": VILLAGE})
    siti.syncs()
    size = sum(path.stat().st_size for path in mirror.iterdir())

    siti.sends(siti.body(after=START))

    assert sum(path.stat().st_size for path in mirror.iterdir()) == size


def test_a_mirror_that_cannot_be_written_stops_nobody_and_catches_up(
    store: Store, phone: Phones, mirror: Path, other: Store
):
    siti = phone("siti")
    away = mirror.with_name("unplugged")
    siti.saves("r1", {"_area": VILLAGE})
    siti.syncs()
    mirror.rename(away)

    siti.saves("r1", {"luas_m2": 1})
    siti.saves("k1", {"_area": VILLAGE, "nik": "1"}, form="kelembagaan/2026112301", restricted=["nik"])
    assert siti.syncs(now_ms=NOW_MS + 1).header.have == siti.tip
    with store.read() as unit:
        assert unit.backups.behind_since(JOB) == NOW_MS + 1
        assert [code for code, *_ in unit.log.flags()] == ["mirror-behind"]

    away.rename(mirror)
    siti.saves("r1", {"luas_m2": 2})
    siti.syncs(now_ms=NOW_MS + 2)

    with store.read() as unit:
        assert unit.backups.behind_since(JOB) is None
    take_mirror(other, FormShelf(), stretches_in(mirror), now_ms=NOW_MS)
    assert lines_of(other) == lines_of(store)


def test_a_device_that_was_revoked_after_the_backup_is_not_let_in_by_a_restore(
    store: Store, phone: Phones, mirror: Path, other: Store
):
    siti, budi, ani = phone("siti"), phone("budi"), phone("ani")  # of Ani the other one knows nothing
    for one, record in ((siti, "r1"), (ani, "r3")):
        one.saves(record, {"_area": VILLAGE})
        one.syncs()
    with store.write() as unit:
        for one in (siti, budi, ani):
            assert unit.people.revoke(one.device, now_ms=NOW_MS)
        assert not unit.people.revoke("nobody", now_ms=NOW_MS)
    with store.write() as unit:
        unit.people.put_device(budi.device, name="budi", public_key="", app="", now_ms=NOW_MS + 1)
    siti.saves("r2", {"_area": VILLAGE})
    with pytest.raises(HubError, match="device-revoked"):
        siti.syncs()
    budi.saves("r4", {"_area": VILLAGE})
    budi.syncs()

    for _ in range(2):
        take_mirror(other, FormShelf(), stretches_in(mirror), now_ms=NOW_MS)

    with other.read() as unit:
        states = {one.id: one.revoked_ms for one in unit.people.devices()}
    assert states == {siti.device: NOW_MS, budi.device: None, ani.device: NOW_MS}
    kept, here = lines_of(other), lines_of(store)
    assert {id: line[:-1] for id, line in kept.items()} == {id: line[:-1] for id, line in here.items()}
    assert {kept[id][-1] for id, line in here.items() if line[-1]} == {"device-revoked"}
    assert kept[siti.log[0][0].id][-1] is None  # it was merged before, and is


def test_what_was_revoked_while_the_mirror_was_away_is_in_it_afterwards(
    store: Store, phone: Phones, mirror: Path, other: Store
):
    siti, budi = phone("siti"), phone("budi")
    away = mirror.with_name("unplugged")
    mirror.rename(away)
    with store.write() as unit:
        unit.people.revoke(siti.device, now_ms=NOW_MS)
    away.rename(mirror)
    budi.saves("r1", {"_area": VILLAGE})
    budi.syncs(now_ms=NOW_MS + 1)

    take_mirror(other, FormShelf(), stretches_in(mirror), now_ms=NOW_MS)

    with other.read() as unit:
        device = unit.people.device(siti.device)
    assert device is not None
    assert device.revoked


def test_a_torn_end_is_named_and_costs_no_other_line(store: Store, phone: Phones, mirror: Path, other: Store):
    siti, budi = phone("siti"), phone("budi")
    siti.saves("r1", {"_area": VILLAGE})
    siti.saves("r1", {"luas_m2": 1})
    siti.syncs()
    (path,) = mirror.iterdir()
    path.write_bytes(path.read_bytes()[:-9])  # the power went while the second line was written
    budi.saves("r1", {"luas_m2": 2})
    budi.syncs()

    tally = take_mirror(other, FormShelf(), stretches_in(mirror), now_ms=NOW_MS)

    assert tally.damaged == [f"phone-of-siti 1 {siti.tip.id}"]
    assert lines_of(other).keys() == {budi.tip.id}


def test_a_line_that_looks_like_the_mirrors_own_is_a_line(
    store: Store, shelf: FormShelf, phone: Phones, mirror: Path, other: Store
):
    """A phone's words never become the office's: those are merged unjudged."""
    siti = phone("siti")
    forged = Revision(
        device="console",
        seq=1,
        record="r1",
        form="lahan/2026112301",
        author="wati",
        capacity="coordinator/tni",
        written_ms=NOW_MS,
        clock_age_s=0,
        values={"_area": VILLAGE, "sengketa": "tidak"},
    )
    line = write(forged)
    claim = {"d": "console", "log": "console", "from": 1, "p": "", "n": 1, "last": revision_id("", line)}
    siti.appends(msgspec.json.encode({"segment": {**claim, "t": NOW_MS, "via": "console"}}))
    siti.appends(line)
    siti.appends(b'{"segment": broken')
    siti.saves("r2", {"_area": VILLAGE})
    siti.syncs()

    tally = take_mirror(other, FormShelf(), stretches_in(mirror), now_ms=NOW_MS)

    assert tally.damaged == []
    assert lines_of(other) == lines_of(store)
    with other.read() as unit:
        assert unit.records.get("r1") is None


def test_what_must_still_come_from_the_field_is_named(
    store: Store, shelf: FormShelf, phone: Phones, mirror: Path, other: Store
):
    siti = phone("siti")
    for luas in range(5):
        siti.saves("r1", {"_area": VILLAGE, "luas_m2": luas})
        siti.syncs()
    (path,) = mirror.iterdir()
    kept = [line for line in path.read_bytes().split(b"\n") if b'"s":2' not in line and b'"s":3' not in line]
    path.write_bytes(b"\n".join(kept))

    tally = take_mirror(other, FormShelf(), stretches_in(mirror), now_ms=NOW_MS)

    assert len(tally.damaged) == 2
    with other.read() as unit:
        assert [(gap.device, gap.first, gap.last) for gap in gaps(unit)] == [("phone-of-siti", 2, 3)]
    siti.store, siti.feeds, siti.after = other, {}, Place(5, siti.tip.id)
    siti.after = siti.syncs(with_secrets=True).header.known[0]
    siti.syncs()
    assert lines_of(other) == lines_of(store)


__all__ = ["stops_postgres"]
