"""Restricted answers: kept apart, opened for those with the right, never lost on the way."""

from collections import Counter
from collections.abc import Callable

from server.store.base import Store
from sync.policies import is_sealed
from sync.secrets import write_secret
from sync.wire import SyncHeader, write_request
from tests.server.hub.phones import VILLAGE, Phone

Phones = Callable[..., Phone]
FORM = "kelembagaan/2026112301"


def test_only_a_role_with_the_right_gets_the_value(phone: Phones) -> None:
    siti = phone("siti")
    officer, reader = phone("rina", role="coordinator"), phone("budi")
    line = siti.saves("r1", {"_area": VILLAGE, "nik": "6202011503880001"}, form=FORM, restricted=["nik"])
    siti.syncs()

    (opened,) = officer.syncs().snapshots
    (closed,) = reader.syncs().snapshots

    assert opened.X == {line: {"nik": ("s" * 22, '"6202011503880001"')}}
    assert closed.X == {}
    assert is_sealed(closed.L[0].fields["nik"])


def test_an_author_who_is_alone_on_a_device_gets_his_own(phone: Phones) -> None:
    siti = phone("siti")
    line = siti.saves("r1", {"_area": VILLAGE, "nik": "1"}, form=FORM, restricted=["nik"])
    (snapshot,) = siti.syncs().snapshots

    assert set(snapshot.X) == {line}


def test_a_secret_that_did_not_come_is_asked_for_and_changes_the_record(phone: Phones) -> None:
    siti, officer = phone("siti"), phone("rina", role="coordinator")
    line = siti.saves("r1", {"_area": VILLAGE, "nik": "1"}, form=FORM, restricted=["nik"])
    assert siti.syncs(with_secrets=False).header.wanted.secrets == (line,)
    assert officer.syncs().snapshots[0].X == {}

    header = SyncHeader(v=1, device=siti.device, after=siti.tip, tip=siti.tip)
    answer = siti.sends(write_request(header, siti.log[0][2]))

    assert answer.header.wanted.secrets == ()
    assert officer.syncs().snapshots[0].X == {line: {"nik": ("s" * 22, '"1"')}}


def test_a_wrong_secret_never_takes_the_place_of_the_right_one(phone: Phones, store: Store) -> None:
    siti = phone("siti")
    line = siti.saves("r1", {"_area": VILLAGE, "nik": "1"}, form=FORM, restricted=["nik"])
    siti.syncs()
    header = SyncHeader(v=1, device=siti.device, after=siti.tip, tip=siti.tip)

    siti.sends(write_request(header, [write_secret(line, {"nik": ("s" * 22, '"2"')})]))

    with store.read() as unit:
        assert unit.log.secrets_of([line])[line, "nik"].text == '"1"'
        assert [flag[:2] for flag in unit.log.flags()] == [("secret-mismatch", line)]


def test_a_secret_that_comes_before_its_line_waits(phone: Phones, store: Store) -> None:
    siti = phone("siti")
    line = siti.saves("r1", {"_area": VILLAGE, "nik": "1"}, form=FORM, restricted=["nik"])
    secrets = siti.log[0][2]
    siti.sends(write_request(SyncHeader(v=1, device=siti.device), secrets))

    answer = siti.syncs(with_secrets=False)

    assert answer.header.wanted.secrets == ()
    assert set(answer.snapshots[0].X) == {line}


def test_equal_hidden_values_are_no_conflict_for_anybody(phone: Phones, store: Store) -> None:
    siti, budi, reader = phone("siti"), phone("budi"), phone("wati")
    siti.saves("r1", {"_area": VILLAGE, "nik": "1"}, form=FORM, restricted=["nik"])
    budi.saves("r1", {"nik": "1"}, form=FORM, restricted=["nik"])
    siti.syncs(), budi.syncs()

    (snapshot,) = reader.syncs().snapshots
    assert [line.fields["nik"]["g"] for line in snapshot.L] == [1, 1]
    with store.read() as unit:
        row = unit.records.get("r1")
        assert row is not None
        assert row.conflicts == ()

    other = phone("joko")
    other.saves("r1", {"nik": "2"}, form=FORM, restricted=["nik"])
    other.syncs()

    (snapshot,) = reader.syncs().snapshots
    sizes = Counter(line.fields["nik"]["g"] for line in snapshot.L).values()
    assert sorted(sizes) == [1, 2]
    with store.read() as unit:
        row = unit.records.get("r1")
        assert row is not None
        assert row.conflicts == ("nik",)
