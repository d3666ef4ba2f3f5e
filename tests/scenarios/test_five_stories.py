"""Five stories in which other systems lose somebody's work."""

from __future__ import annotations

from tests.field_client.world import NEIGHBOUR

NORTH_FENCE = [[112.95, -2.53], [112.951, -2.53], [112.951, -2.531], [112.95, -2.53]]
SOUTH_FENCE = [[112.95, -2.53], [112.951, -2.53], [112.951, -2.532], [112.95, -2.53]]


def boundary(ring: list[list[float]]) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": [ring]}


def test_their_update_our_delete(world):
    """One edits, another deletes, both offline: deleted here, changed there."""
    siti, budi = world.verifier("Siti"), world.verifier("Budi", organisation="dpmd")
    parcel = siti.starts(sebutan_lahan="Lapangan RT 3", listrik="pln")
    world.everyone_syncs()

    budi.does("delete", parcel)
    siti.saves(parcel, air="sumur")
    world.everyone_syncs()

    assert world.shows(parcel).conflicts == ("_deleted",)
    assert not world.shows(parcel).deleted
    assert siti.sees(parcel) == budi.sees(parcel)
    assert siti.sees(parcel)["air"] == "sumur"
    assert siti.conflicts(parcel) == budi.conflicts(parcel) == ("_deleted",)


def test_a_stale_copy_sent_again_in_full(world):
    """He opened the entry in the morning; in the evening he changes one answer of it."""
    siti, budi = world.verifier("Siti"), world.verifier("Budi", organisation="dpmd")
    parcel = siti.starts(sebutan_lahan="Lapangan RT 3", skema_lahan="hibah", catatan="tanah datar")
    world.everyone_syncs()
    morning = budi.fields(parcel)["sebutan_lahan"]["heads"][0]["id"]

    siti.saves(parcel, skema_lahan="sewa")
    siti.syncs()
    budi.saves(parcel, base=(morning,), sebutan_lahan="Lapangan RT 3/RW 1")
    world.everyone_syncs()

    assert world.shows(parcel).conflicts == ()
    assert siti.sees(parcel) == budi.sees(parcel)
    assert budi.sees(parcel)["skema_lahan"] == "sewa"
    assert budi.sees(parcel)["sebutan_lahan"] == "Lapangan RT 3/RW 1"


def test_geometry_against_geometry(world):
    """Two boundaries of one parcel, walked by two people, are both kept."""
    siti, budi = world.verifier("Siti"), world.verifier("Budi", organisation="dpmd")
    parcel = siti.starts(sebutan_lahan="Lapangan RT 3")
    world.everyone_syncs()

    siti.saves(parcel, fields={"batas": boundary(NORTH_FENCE)})
    budi.saves(parcel, fields={"batas": boundary(SOUTH_FENCE)})
    world.everyone_syncs()

    assert world.shows(parcel).conflicts == ("batas",)
    assert world.heads(parcel, "batas") == {"Siti": boundary(NORTH_FENCE), "Budi": boundary(SOUTH_FENCE)}


def test_an_update_of_a_deleted_record_reopens_the_question(world):
    """The edit arrives days after the delete, from a phone that never heard of it."""
    siti, budi = world.verifier("Siti"), world.verifier("Budi", organisation="dpmd")
    parcel = siti.starts(sebutan_lahan="Lapangan RT 3", listrik="pln")
    world.everyone_syncs()

    siti.does("delete", parcel)
    siti.syncs()
    assert world.shows(parcel).deleted
    world.now_ms += 3 * 24 * 3_600_000
    budi.saves(parcel, listrik="genset")
    world.everyone_syncs()

    assert not world.shows(parcel).deleted
    assert world.shows(parcel).conflicts == ("_deleted",)
    assert siti.sees(parcel)["listrik"] == "genset"


def test_a_late_parent(world):
    """An edit arrives before the creation of its record: listed as an orphan, merged when it comes."""
    siti, budi = world.verifier("Siti"), world.verifier("Budi", organisation="dpmd")
    before_the_parcel = world.backs_up()
    parcel = siti.starts(sebutan_lahan="Lapangan RT 3", listrik="pln", area=NEIGHBOUR)
    world.everyone_syncs()
    budi.saves(parcel, air="sumur")

    world.restores(before_the_parcel)
    budi.syncs()
    with world.server.store.read() as unit:
        orphans = [row.id for row in unit.records.orphans()]
    seen_meanwhile = budi.sees(parcel)
    siti.syncs()
    world.everyone_syncs()

    assert orphans == [parcel]
    assert seen_meanwhile["air"] == "sumur"
    assert world.shows(parcel).areas == (NEIGHBOUR,)
    assert siti.sees(parcel) == budi.sees(parcel)
    assert budi.sees(parcel) == {"sebutan_lahan": "Lapangan RT 3", "listrik": "pln", "air": "sumur"}
