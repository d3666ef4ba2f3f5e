"""What a device may read: its scope, and nothing that shows that there is more."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import msgspec
import pytest

from server.hub.areas import load_areas
from server.hub.boundaries import load_boundaries
from server.settings import Settings
from tests.server.conftest import Handset, House
from tests.server.hub.phones import FAR, NEIGHBOUR, VILLAGE

BOUNDARIES = Path(__file__).parents[1] / "areas" / "boundaries.geojson"
Handsets = Callable[..., Handset]
READS = ("/v1/forms", "/v1/forms/lahan/2026112301.json", "/v1/areas", "/v1/areas/boundaries", "/v1/records",
         "/v1/records/r1", "/v1/records/r1/log", "/v1/conflicts")  # fmt: skip


@pytest.fixture
def siti(handset: Handsets) -> Handset:
    """Siti saved a parcel in her village."""
    siti = handset("Siti")
    siti.saves("r1", {"_area": VILLAGE, "sengketa": "tidak"})
    siti.syncs()
    return siti


def test_a_record_is_shown_with_every_head(house: House, siti: Handset) -> None:
    answer = house.get("/v1/records/r1", siti.token)

    assert answer.status_code == 200
    shown = answer.json or {}
    assert (shown["record"], shown["form"], shown["areas"], shown["deleted"]) == (
        "r1",
        "lahan",
        [VILLAGE],
        False,
    )
    assert shown["ids"] == [siti.tip.id]
    assert shown["fields"]["sengketa"] == {
        "shown": "tidak",
        "conflict": False,
        "heads": [
            {
                "id": siti.tip.id,
                "value": "tidak",
                "person": siti.person,
                "organisation": "tni",
                "saved_at": "2025-11-25T10:06:40.000+07:00",
                "observed_on": None,
            }
        ],
    }


def test_what_lies_out_of_scope_is_answered_like_what_is_not_there(
    house: House, siti: Handset, handset: Handsets
) -> None:
    far = handset("Budi", area="62.03")

    for path in ("/v1/records/r1", "/v1/records/r1/log"):
        hidden = house.get(path, far.token)
        unknown = house.get(path.replace("r1", "r-of-nobody"), far.token)
        assert (hidden.status_code, hidden.json) == (unknown.status_code, unknown.json)
        assert hidden.status_code == 404
    assert (house.get("/v1/records", far.token).json or {})["records"] == []
    assert (house.get(f"/v1/records?area={VILLAGE}", far.token).json or {})["records"] == []


def test_lists_come_in_pages_by_form_and_area(house: House, siti: Handset) -> None:
    siti.saves("r2", {"_area": NEIGHBOUR})
    siti.saves("k1", {"_area": NEIGHBOUR}, form="kelembagaan/2026112301")
    siti.syncs()

    def ids(query: str) -> list[str]:
        return [row["record"] for row in (house.get(f"/v1/records{query}", siti.token).json or {})["records"]]

    first = house.get("/v1/records?limit=2", siti.token).json or {}
    assert [row["record"] for row in first["records"]] == ["k1", "r1"]
    assert ids(f"?after={first['next']}") == ["r2"]
    assert ids("?form=lahan") == ["r1", "r2"]
    assert ids(f"?area={NEIGHBOUR}&form=lahan") == ["r2"]
    assert ids("?area=62.03") == []


def test_a_conflict_is_listed_with_its_heads(house: House, siti: Handset, handset: Handsets) -> None:
    budi = handset("Budi")
    budi.saves("r1", {"sebutan_lahan": "Lapangan", "jenis_tanah": "gambut"})
    siti.saves("r1", {"jenis_tanah": "mineral"})
    budi.syncs()
    siti.syncs()

    conflicts = (house.get("/v1/conflicts", siti.token).json or {})["conflicts"]

    assert [(one["record"], one["form"], one["field"]) for one in conflicts] == [
        ("r1", "lahan", "jenis_tanah")
    ]
    assert {head["person"]: head["value"] for head in conflicts[0]["heads"]} == {
        siti.person: "mineral",
        budi.person: "gambut",
    }


def test_restricted_answers_are_opened_only_for_those_with_the_right(house: House, handset: Handsets) -> None:
    siti, ani = handset("Siti"), handset("Ani", role="coordinator", organisation="dpmd")
    rani, auditor = handset("Rani"), handset("Dewi", role="auditor")
    canary = "6202017001900099"
    fields = {"_area": VILLAGE, "nik_pengurus": canary}
    siti.saves("k1", fields, form="kelembagaan/2026112301", restricted=["nik_pengurus"])
    siti.syncs()

    for path in ("/v1/records", "/v1/records/k1", "/v1/records/k1/log", "/v1/conflicts"):
        for other in (rani, auditor):
            assert canary not in house.get(path, other.token).text
    for reader in (siti, ani):
        shown = (house.get("/v1/records/k1", reader.token).json or {})["fields"]["nik_pengurus"]
        assert (shown["shown"], shown["heads"][0]["value"]) == (canary, canary)
    sealed = (house.get("/v1/records/k1", rani.token).json or {})["fields"]["nik_pengurus"]["shown"]
    assert set(sealed) == {"#"}


def test_the_history_names_persons_and_no_devices(house: House, siti: Handset) -> None:
    siti.saves("r1", {"sengketa": "klaim"}, base=[siti.tip.id])
    siti.syncs()

    answer = house.get("/v1/records/r1/log", siti.token)

    log = (answer.json or {})["log"]
    assert [line["fields"] for line in log] == [
        {"_area": VILLAGE, "sengketa": "tidak"},
        {"sengketa": "klaim"},
    ]
    assert {line["person"] for line in log} == {siti.person}
    assert siti.device not in answer.text


def test_boundaries_are_given_for_the_scope_or_an_area(house: House, siti: Handset) -> None:
    assert house.get("/v1/areas/boundaries", siti.token).data == b""
    with house.server.store.write() as unit, BOUNDARIES.open("rb") as file:
        load_boundaries(unit, file, Settings(), file_name=BOUNDARIES.name, now_ms=house.clock_ms)

    own = house.get("/v1/areas/boundaries", siti.token)
    far = house.get("/v1/areas/boundaries?prefix=62.03.05", siti.token)

    assert [msgspec.json.decode(line)["village"] for line in own.data.splitlines()] == [VILLAGE, NEIGHBOUR]
    assert own.data.splitlines()[1] == (
        b'{"village":"62.02.01.2005",'
        b'"shape":[[[[112.1,-3.0],[112.2,-3.0],[112.2,-2.9],[112.1,-2.9],[112.1,-3.0]]]]}'
    )
    assert [msgspec.json.decode(line)["village"] for line in far.data.splitlines()] == [FAR]


def test_the_list_of_areas_can_be_loaded_again_from_its_own_csv(house: House, siti: Handset) -> None:
    table = house.get("/v1/areas?prefix=62&format=csv", siti.token).data.decode("utf-8-sig")
    with house.server.store.write() as unit:
        before = list(unit.catalogue.areas(["62"]))
        load_areas(unit, table.splitlines(), version="again", now_ms=house.clock_ms, zone=UTC)
        assert list(unit.catalogue.areas(["62"])) == before


def test_forms_and_areas_make_a_phone_work_without_a_network(house: House, siti: Handset) -> None:
    forms = (house.get("/v1/forms", siti.token).json or {})["forms"]
    body = house.get("/v1/forms/lahan/2026112301.json", siti.token)
    areas = house.get("/v1/areas", siti.token)
    table = house.get("/v1/areas?prefix=62.03.05&format=csv", siti.token)

    assert [(form["id"], form["version"], form["current"]) for form in forms] == [
        ("kelembagaan", "2026112301", True),
        ("lahan", "2026112301", True),
    ]
    assert msgspec.json.decode(body.data)["id"] == "lahan"
    assert [msgspec.json.decode(line)["code"] for line in areas.data.splitlines()] == [
        "62",
        "62.02",
        "62.02.01",
        VILLAGE,
        NEIGHBOUR,
    ]
    assert [row["code"] for row in csv.DictReader(table.text.splitlines())] == [
        "62",
        "62.03",
        "62.03.05",
        FAR,
    ]


@pytest.mark.parametrize("path", READS)
def test_nobody_reads_without_a_known_device(house: House, siti: Handset, path: str) -> None:
    with house.server.store.write() as unit:
        unit.people.put_device("lost-phone", name="", public_key="", app="", now_ms=0)
        unit.people.link("lost-phone", [siti.person])
        unit.people.revoke("lost-phone", now_ms=house.clock_ms)
    from server.hub.tokens import token_for

    key = house.server.token_key
    codes = {
        None: "not-authenticated",
        token_for(b"another key of 32 bytes ........", siti.device): "not-authenticated",
        token_for(key, "never-enrolled"): "unknown-device",
        token_for(key, "lost-phone"): "device-revoked",
    }
    for token, code in codes.items():
        answer = house.get(path, token)
        assert (answer.json or {})["code"] == code
        assert answer.status_code == (401 if code == "not-authenticated" else 403)
    assert house.get(path, siti.token).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/v1/records?limit=0",
        "/v1/records?limit=many",
        "/v1/records?area=62.",
        "/v1/areas?prefix=*",
        "/v1/areas?format=xml",
        "/v1/areas/boundaries?prefix=*",
    ],
)
def test_a_query_that_cannot_be_read_is_named(house: House, siti: Handset, path: str) -> None:
    answer = house.get(path, siti.token)

    assert (answer.status_code, (answer.json or {})["code"]) == (400, "invalid-request")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/records/%00",
        "/v1/records/%FF%FE",
        "/v1/records/..%2f..%2fetc",
        "/v1/forms/a/%ED%A0%80.json",
        "/v1/records?after=%ED%A0%80",
    ],
)
def test_absurd_addresses_end_quietly(house: House, siti: Handset, path: str) -> None:
    assert house.get(path, siti.token).status_code in (200, 404)
