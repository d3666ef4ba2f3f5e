"""Areas and boundaries on a device: what it says of a point without a network."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

from field_client import fetching, records
from field_client.flags import flags
from field_client.texts import text
from server.hub.areas import load_areas
from server.hub.boundaries import load_boundaries
from server.settings import Settings
from sync.forms.flags import Flag
from tests.field_client.world import AREAS, NEIGHBOUR, VILLAGE, Phone, World

BOUNDARIES = Path(__file__).parents[1] / "server" / "areas" / "boundaries.geojson"


def draws(world: World) -> None:
    """The server gets boundaries."""
    with world.server.store.write() as unit, BOUNDARIES.open("rb") as file:
        load_boundaries(unit, file, Settings(), file_name=BOUNDARIES.name, now_ms=world.now_ms)


def says(phone: Phone, record: str) -> list[Flag]:
    return flags(phone.db, records.load(phone.db, record), today="2026-11-23", language="id")


def place(phone: Phone, code: str) -> str:
    return fetching.place_name(phone.db, code, lambda key, **values: text(key, "id", **values))


def test_a_device_with_boundaries_says_offline_where_a_point_lies(world):
    siti = world.phone("Siti")
    draws(world)
    siti.syncs()
    elsewhere = siti.starts(fields={"titik": {"lat": -2.95, "lon": 112.1207}})
    here = siti.starts(fields={"titik": {"lat": -2.97, "lon": 112.02}})

    (flag,) = says(siti, elsewhere)

    assert (flag.field, flag.code) == ("titik", "point-outside-village")
    assert flag.messages == {
        "id": f"Titik berada di Desa {place(siti, NEIGHBOUR)}, 2,3 km di luar desa entri. "
        "Periksa GPS, atau simpan bila memang benar."
    }
    assert says(siti, here) == []


def test_a_device_without_boundaries_says_nothing_of_villages(world):
    siti = world.phone("Siti")
    siti.syncs()

    assert says(siti, siti.starts(fields={"titik": {"lat": -2.95, "lon": 112.1207}})) == []
    assert [flag.code for flag in says(siti, siti.starts(fields={"titik": {"lat": 8.5, "lon": 112.0}}))] == [
        "latitude-flipped"
    ]


def test_a_newer_list_reaches_a_device_with_its_next_exchange_and_once(world):
    siti = world.phone("Siti")
    siti.syncs()
    before = place(siti, VILLAGE)
    with world.server.store.write() as unit:
        renamed = AREAS.replace(before.partition(" (")[0], "Nama Baru")
        load_areas(unit, renamed.splitlines(), version="2", now_ms=world.now_ms, zone=UTC)

    siti.syncs()

    assert place(siti, VILLAGE) == f"Nama Baru ({before.partition(' (')[2]}"
    assert siti.exchanges().areas_changed is False
