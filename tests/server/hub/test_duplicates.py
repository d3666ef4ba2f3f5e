"""Two who walked the same parcel are told of each other's entry; nothing is united by itself."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from server.exports.formats import FORMATS
from server.hub import duplicates
from server.hub.export import Asked, table
from server.hub.ingest import CLOCK_AHEAD_MAX_MS
from server.hub.records import flags_json, seen_record
from tests.server.conftest import Handset, House
from tests.server.hub.phones import NEIGHBOUR, NOW_MS, VILLAGE

HERE = {"lat": -2.97, "lon": 112.02, "acc": 8}
AT_18_M = {"lat": -2.97, "lon": 112.02016, "acc": 8}
AT_60_M = {"lat": -2.97, "lon": 112.02054, "acc": 8}
Handsets = Callable[..., Handset]


def flags(house: House, record: str, code: str, language: str = "id") -> dict[str, str]:
    with house.server.store.read() as unit:
        seen = seen_record(unit, house.server.shelf, record, None)
        assert seen is not None
        found = flags_json(unit, seen, language, today="2026-11-23")
    return {flag["field"]: flag["message"] for flag in found if flag["code"] == code}


def near(house: House, record: str) -> dict[str, str]:
    return flags(house, record, "possible-duplicate")


def test_each_of_two_close_entries_names_the_other(house: House, handset: Handsets) -> None:
    siti, budi = handset("Siti"), handset("Budi")
    siti.saves("r1", {"_area": VILLAGE, "titik": HERE})
    budi.saves("r2", {"_area": VILLAGE, "titik": AT_18_M})
    siti.syncs()
    budi.syncs()

    assert near(house, "r1") == {
        "titik": "Entri lain (r2) berjarak 18 m: mungkin lahan atau tempat yang sama. Bandingkan keduanya."
    }
    assert flags(house, "r2", "possible-duplicate", "en") == {
        "titik": "Another entry (r1) lies 18 m away: perhaps the same parcel or place. Compare the two."
    }


@pytest.mark.parametrize(
    "other",
    [
        {"_area": VILLAGE, "titik": AT_60_M},
        {"_area": NEIGHBOUR, "titik": AT_18_M},
        {"_area": VILLAGE, "titik": "di belakang balai"},
        {"_area": VILLAGE},
        {"_area": VILLAGE, "titik": HERE, "_deleted": []},
    ],
)
def test_an_entry_that_is_far_elsewhere_without_a_point_or_deleted_is_none(
    house: House, handset: Handsets, other: dict[str, Any]
) -> None:
    siti = handset("Siti")
    siti.saves("r1", {"_area": VILLAGE, "titik": HERE})
    made = siti.saves("r2", {name: value for name, value in other.items() if name != "_deleted"})
    if "_deleted" in other:
        siti.saves("r2", {"_deleted": [made]})
    siti.syncs()

    assert near(house, "r1") == {}


@pytest.mark.parametrize("same", [True, None])
def test_what_a_person_said_of_the_two_ends_the_question(house: House, handset: Handsets, same: Any) -> None:
    siti = handset("Siti")
    siti.saves("r1", {"_area": VILLAGE, "titik": HERE})
    siti.saves("r2", {"_area": VILLAGE, "titik": HERE})
    siti.saves("r3", {"_area": VILLAGE, "titik": HERE})
    siti.saves("r1", {"_same_as/r2": same})
    siti.syncs()

    assert others(house, "r1") == {"r3"}
    assert others(house, "r2") == {"r3"}
    assert others(house, "r3") == {"r1", "r2"}


def others(house: House, record: str) -> set[str]:
    with house.server.store.read() as unit:
        seen = seen_record(unit, house.server.shelf, record, None)
        assert seen is not None
        found = flags_json(unit, seen, "id", today="2026-11-23")
    return {flag["message"].split("(")[1].split(")")[0] for flag in found if flag["code"] == duplicates.CODE}


def test_a_clock_that_is_ahead_is_said_of_the_record_and_in_an_export(
    house: House, handset: Handsets
) -> None:
    siti = handset("Siti")
    siti.saves("r1", {"_area": VILLAGE})
    house.clock_ms = NOW_MS - CLOCK_AHEAD_MAX_MS - 1
    siti.syncs()
    house.clock_ms = NOW_MS
    siti.saves("r2", {"_area": VILLAGE})
    siti.syncs()

    assert flags(house, "r1", "clock") == {"": "Jam perangkat meragukan; waktu simpan mungkin keliru."}
    assert flags(house, "r2", "clock") == {}
    exported = flags_in_export(house)
    assert exported["r1"][-1] == "clock"
    assert "clock" not in exported["r2"]


def flags_in_export(house: House) -> dict[str, list[str]]:
    with house.server.store.read() as unit:
        zone = ZoneInfo("Asia/Jakarta")
        asked = Asked(area=None)
        found = table(unit, house.server.shelf, "lahan", asked, FORMATS["csv"], zone=zone, now_ms=NOW_MS)
        data = b"".join(FORMATS["csv"].write(found)).decode()
    return {row["record"]: row["flags"].split() for row in csv.DictReader(io.StringIO(data, newline=""))}
