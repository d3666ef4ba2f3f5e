"""Days on which everything goes wrong that goes wrong in the field."""

from __future__ import annotations

from field_client import journal, records
from tests.field_client.world import FAR, NEIGHBOUR, no_network

DAY_MS = 24 * 3_600_000


def test_two_verifiers_measure_the_same_parcel_offline(world):
    siti, budi = world.verifier("Siti"), world.verifier("Budi", organisation="dpmd")
    parcel = siti.starts(sebutan_lahan="Lapangan RT 3")
    world.everyone_syncs()

    siti.saves(parcel, skema_lahan="hibah")
    budi.saves(parcel, skema_lahan="sewa")
    world.everyone_syncs()

    assert world.heads(parcel, "skema_lahan") == {"Siti": "hibah", "Budi": "sewa"}
    assert siti.conflicts(parcel) == budi.conflicts(parcel) == ("skema_lahan",)


def test_a_coordinator_decides_and_all_phones_agree(world):
    siti, budi = world.verifier("Siti"), world.verifier("Budi", organisation="dpmd")
    wati = world.verifier("Wati", role="coordinator", organisation="dpmd")
    parcel = siti.starts(skema_lahan="hibah")
    siti.syncs(), budi.syncs()
    siti.saves(parcel, skema_lahan="sewa")
    budi.saves(parcel, skema_lahan="pinjam")
    world.everyone_syncs()

    (head,) = [head["id"] for head in wati.fields(parcel)["skema_lahan"]["heads"] if head["value"] == "sewa"]
    wati.does("resolve", parcel, "skema_lahan", head=head, typed=None, why="Surat hibah belum ada")
    world.everyone_syncs()

    assert world.heads(parcel, "skema_lahan") == {"Wati": "sewa"}
    assert [phone.conflicts(parcel) for phone in world.phones] == [(), (), ()]


def test_two_coordinators_who_decide_differently_offline_are_asked_again(world):
    siti = world.verifier("Siti")
    wati = world.verifier("Wati", role="coordinator")
    joko = world.verifier("Joko", role="coordinator", organisation="dpmd")
    parcel = siti.starts(skema_lahan="hibah")
    world.everyone_syncs()

    for coordinator, scheme in ((wati, "sewa"), (joko, "pinjam")):
        coordinator.does("resolve", parcel, "skema_lahan", head=None, typed=scheme, why="Dilihat sendiri")
    world.everyone_syncs()

    assert world.heads(parcel, "skema_lahan") == {"Wati": "sewa", "Joko": "pinjam"}
    assert world.shows(parcel).conflicts == ("skema_lahan",)


def test_bad_news_is_not_wiped_away_by_good_news(world):
    """sengketa is cautious: who did not hear of the dispute does not end it."""
    siti, budi = world.verifier("Siti"), world.verifier("Budi", organisation="dpmd")
    parcel = siti.starts(sengketa="sengketa")
    world.everyone_syncs()

    budi.saves(parcel, sengketa="tidak")
    world.everyone_syncs()

    assert world.heads(parcel, "sengketa") == {"Siti": "sengketa", "Budi": "tidak"}
    assert siti.sees(parcel)["sengketa"] == "sengketa"


def test_a_phone_that_was_cloned_goes_on_twice(world):
    siti = world.verifier("Siti")
    parcel = siti.starts(sebutan_lahan="Lapangan RT 3")
    siti.syncs()
    copy = world.copies(siti, "Siti's new phone")

    siti.saves(parcel, catatan="dari HP lama")
    copy.saves(parcel, catatan="dari HP baru")
    world.everyone_syncs()
    copy.saves(parcel, air="sumur")
    siti.saves(parcel, listrik="pln")
    world.everyone_syncs()

    assert siti.sees(parcel) == copy.sees(parcel)
    assert {"dari HP lama", "dari HP baru"} == set(siti.sees(parcel)["catatan"].split("\n"))
    assert {"air", "listrik"} <= set(siti.sees(parcel))
    branched = {line["was"] for phone in world.phones for line in phone.lines() if "was" in line}
    assert len(branched) == 1
    with world.server.store.read() as unit:
        assert [code for code, _, _ in unit.log.flags()] == ["device-cloned"]


def test_every_body_comes_five_times(world):
    siti, budi = world.verifier("Siti"), world.verifier("Budi", organisation="dpmd")
    parcel = siti.starts(skema_lahan="hibah", nik="6271000000000001")
    budi.syncs()
    siti.saves(parcel, skema_lahan="sewa")
    siti.syncs()
    with world.server.store.read() as unit:
        before = unit.records.get(parcel), unit.feeds.counter("62.02")

    for body in siti.wire.bodies * 5:
        siti.wire.exchange(body)

    with world.server.store.read() as unit:
        assert (unit.records.get(parcel), unit.feeds.counter("62.02")) == before


def test_the_server_is_put_back_to_yesterday_and_nobody_does_anything(world):
    siti, budi = world.verifier("Siti"), world.verifier("Budi", organisation="dpmd")
    parcel = siti.starts(sebutan_lahan="Lapangan RT 3")
    world.everyone_syncs()
    yesterday = world.backs_up()
    siti.saves(parcel, skema_lahan="hibah")
    budi.saves(parcel, listrik="pln")
    school = budi.starts(sebutan_lahan="Belakang sekolah", area=NEIGHBOUR)
    world.everyone_syncs()
    before = world.shows(parcel).fields, world.shows(school).fields

    world.restores(yesterday)
    world.everyone_syncs()

    assert (world.shows(parcel).fields, world.shows(school).fields) == before
    assert siti.sees(school) == {"sebutan_lahan": "Belakang sekolah"}


def test_a_clock_of_another_year_refuses_nothing_and_decides_nothing(world):
    siti, budi = world.verifier("Siti"), world.verifier("Budi", organisation="dpmd")
    parcel = siti.starts(skema_lahan="hibah")
    world.everyone_syncs()
    budi.clock_ahead_ms, siti.clock_ahead_ms = 400 * DAY_MS, -400 * DAY_MS

    siti.saves(parcel, skema_lahan="sewa")
    budi.saves(parcel, skema_lahan="pinjam")
    world.everyone_syncs()

    assert world.heads(parcel, "skema_lahan") == {"Siti": "sewa", "Budi": "pinjam"}
    assert siti.conflicts(parcel) == budi.conflicts(parcel) == ("skema_lahan",)


def test_who_is_sent_to_another_regency_keeps_what_he_wrote(world):
    siti, budi = world.verifier("Siti"), world.verifier("Budi", organisation="dpmd")
    parcel = siti.starts(skema_lahan="hibah")
    world.everyone_syncs()

    world.works_in(siti, "62.03")
    siti.saves(parcel, listrik="pln")
    world.everyone_syncs()

    entry = records.load(siti.db, parcel)
    assert entry is not None
    assert entry.outside
    assert siti.sees(parcel) == {"skema_lahan": "hibah", "listrik": "pln"}
    assert "listrik" not in world.shows(parcel).fields
    assert budi.sees(parcel) == {"skema_lahan": "hibah"}
    with world.server.store.read() as unit:
        assert [row.held for row in unit.log.held()] == ["out-of-area"]


def test_a_move_to_another_regency_is_followed_by_both(world):
    siti, far = world.verifier("Siti", area="62.02"), world.verifier("Tono", area="62.03")
    parcel = siti.starts(skema_lahan="hibah")
    world.everyone_syncs()

    siti.does("move", parcel, FAR)
    world.everyone_syncs()

    assert far.sees(parcel) == {"skema_lahan": "hibah"}
    entry = records.load(siti.db, parcel)
    assert entry is not None
    assert entry.outside
    assert siti.sees(parcel) == {"skema_lahan": "hibah"}


def test_a_form_that_is_open_while_the_network_comes_and_goes(world):
    """What came in between was not on the screen, so the save does not end it."""
    siti, budi = world.verifier("Siti"), world.verifier("Budi", organisation="dpmd")
    parcel = siti.starts(skema_lahan="hibah")
    world.everyone_syncs()
    on_the_screen = tuple(head["id"] for head in budi.fields(parcel)["skema_lahan"]["heads"])

    siti.saves(parcel, skema_lahan="sewa")
    world.everyone_syncs()
    budi.saves(parcel, base=on_the_screen, skema_lahan="pinjam")
    world.everyone_syncs()

    assert world.heads(parcel, "skema_lahan") == {"Siti": "sewa", "Budi": "pinjam"}


def test_a_week_without_a_network_and_then_all_at_once(world):
    siti, budi = world.verifier("Siti"), world.verifier("Budi", organisation="dpmd")
    siti.wire.breaks = no_network
    parcels = []
    for day in range(7):
        world.now_ms += DAY_MS
        parcels.append(siti.starts(sebutan_lahan=f"Lahan hari {day}"))
        siti.saves(parcels[-1], listrik="pln")
        assert siti.syncs().problem is not None

    siti.wire.breaks = lambda answer: answer
    report = siti.syncs()
    budi.syncs()

    assert report.unsent == 0
    assert [budi.sees(parcel)["sebutan_lahan"] for parcel in parcels] == [
        f"Lahan hari {day}" for day in range(7)
    ]
    assert journal.damaged(siti.db) == []
