"""Boundaries come from GeoJSON, and records say what lies elsewhere."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from server.exports.formats import FORMATS
from server.hub.boundaries import LoadedBoundaries, StoreAtlas, load_boundaries
from server.hub.errors import UsageError
from server.hub.export import Asked, table
from server.hub.geojson import features
from server.hub.records import flags_json, seen_record
from server.hub.simplify import simplified
from server.settings import Settings
from server.texts import text
from sync.polygons import distance_to_m
from tests.server.conftest import Handset, House
from tests.server.hub.phones import FAR, NEIGHBOUR, NOW_MS, VILLAGE

THREE_VILLAGES = (Path(__file__).parents[1] / "areas" / "boundaries.geojson").read_bytes()
SQUARE = [[112.0, -3.0], [112.1, -3.0], [112.1, -2.9], [112.0, -2.9], [112.0, -3.0]]
SETTINGS = Settings()


def load(house: House, data: bytes, **options: Any) -> LoadedBoundaries:
    with house.server.store.write() as unit:
        return load_boundaries(
            unit, io.BytesIO(data), SETTINGS, file_name="desa.geojson", now_ms=NOW_MS, **options
        )


def collection(*features: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features)}).encode()


def feature(code: Any, ring: Any = SQUARE, **properties: Any) -> dict[str, Any]:
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"code": code, **properties}, "geometry": geometry}


def flags(house: House, record: str, language: str = "id") -> dict[str, str]:
    """``{"field: code": message}`` of the flags that speak of places and sizes."""
    spoken = ("point-outside-village", "latitude-flipped", "area-implausible")
    with house.server.store.read() as unit:
        seen = seen_record(unit, house.server.shelf, record, None)
        assert seen is not None
        found = flags_json(unit, seen, language, today="2026-11-23")
    return {f"{flag['field']}: {flag['code']}": flag["message"] for flag in found if flag["code"] in spoken}


def flags_in_export(house: House) -> dict[str, list[str]]:
    asked = Asked(area=None)
    with house.server.store.read() as unit:
        zone = ZoneInfo("Asia/Jakarta")
        found = table(unit, house.server.shelf, "lahan", asked, FORMATS["csv"], zone=zone, now_ms=NOW_MS)
        data = b"".join(FORMATS["csv"].write(found)).decode()
    return {row["record"]: row["flags"].split() for row in csv.DictReader(io.StringIO(data, newline=""))}


def test_the_villages_of_a_file_have_boundaries(house: House) -> None:
    assert load(house, THREE_VILLAGES) == LoadedBoundaries(3, 0, 0, ())

    with house.server.store.read() as unit:
        row = unit.boundaries.get(NEIGHBOUR)
        assert row is not None
        assert row.box == (112.1, -3.0, 112.2, -2.9)
        assert row.shape == "[[[[112.1,-3.0],[112.2,-3.0],[112.2,-2.9],[112.1,-2.9],[112.1,-3.0]]]]"
        islands = StoreAtlas(unit).boundary(FAR)
        assert islands is not None
        assert len(islands) == 2


def test_a_point_in_another_village_is_flagged_with_its_name_and_distance(
    house: House, handset: Callable[..., Handset]
) -> None:
    load(house, THREE_VILLAGES)
    siti = handset("Siti")
    siti.saves("r1", {"_area": VILLAGE, "titik": {"lat": -2.95, "lon": 112.1207, "acc": 8}})
    siti.saves("r2", {"_area": VILLAGE, "titik": {"lat": -2.97, "lon": 112.02, "acc": 8}})
    siti.saves("r3", {"_area": VILLAGE, "titik": {"lat": 2.97, "lon": 112.02}})
    siti.saves("r4", {"_area": VILLAGE, "titik": {"lat": -2.95, "lon": 112.05}})  # in the hole
    siti.syncs()

    assert flags(house, "r1") == {
        "titik: point-outside-village": (
            "Titik berada di Desa Basirih Hilir (Kec. Mentaya Hilir Selatan), 2,3 km di luar desa entri. "
            "Periksa GPS, atau simpan bila memang benar."
        )
    }
    assert flags(house, "r1", "en") == {
        "titik: point-outside-village": (
            "The point lies in the village of Basirih Hilir (Mentaya Hilir Selatan District), 2.3 km outside "
            "the village of this entry. Check the GPS, or save it if it is right."
        )
    }
    assert flags(house, "r2") == {}
    assert flags(house, "r3") == {"titik: latitude-flipped": "Lintang tampaknya kehilangan tanda minus."}
    assert flags(house, "r4") == {
        "titik: point-outside-village": (
            "Titik berada 1,1 km di luar desa entri. Periksa GPS, atau simpan bila memang benar."
        )
    }
    exported = flags_in_export(house)
    assert exported["r1"][-1] == "point-outside-village:titik"
    assert "point-outside-village:titik" not in exported["r2"]
    assert exported["r3"][-1] == "latitude-flipped:titik"


def test_without_boundaries_a_server_speaks_of_latitudes_outside_indonesia_only(
    house: House, handset: Callable[..., Handset]
) -> None:
    siti = handset("Siti")
    siti.saves("r1", {"_area": VILLAGE, "titik": {"lat": -2.95, "lon": 114.0}})
    siti.saves("r2", {"_area": VILLAGE, "titik": {"lat": 8.5, "lon": 112.02}})
    siti.syncs()

    assert flags(house, "r1") == {}
    assert list(flags(house, "r2")) == ["titik: latitude-flipped"]


def test_a_point_fits_that_lies_in_one_of_the_villages_that_people_name(
    house: House, handset: Callable[..., Handset]
) -> None:
    load(house, THREE_VILLAGES)
    siti, budi = handset("Siti"), handset("Budi")
    siti.saves("r1", {"_area": VILLAGE, "titik": {"lat": -2.95, "lon": 112.15}})
    budi.saves("r1", {"_area": NEIGHBOUR})
    siti.syncs()
    assert list(flags(house, "r1")) == ["titik: point-outside-village"]

    budi.syncs()

    assert flags(house, "r1") == {}


def test_parcels_of_one_square_metre_and_unlike_their_boundary_are_flagged(
    house: House, handset: Callable[..., Handset]
) -> None:
    ring = [[112.0, -3.0], [112.0009, -3.0], [112.0009, -2.9991], [112.0, -2.9991], [112.0, -3.0]]
    siti = handset("Siti")
    siti.saves("r1", {"_area": VILLAGE, "ukuran": {"luas_m2": 1}})
    siti.saves(
        "r2",
        {
            "_area": VILLAGE,
            "batas": {"type": "Polygon", "coordinates": [ring]},
            "ukuran": {"luas_m2": 1000},
        },
    )
    siti.syncs()

    assert flags(house, "r1") == {
        "ukuran.luas_m2: area-implausible": (
            "Luas tidak wajar. Periksa satuan dan koma, atau simpan bila memang benar."
        )
    }
    assert flags(house, "r2") == {
        "ukuran.luas_m2: area-implausible": (
            "Batas yang dijalani mencakup 9.957 m², isian luas 1.000 m². "
            "Periksa keduanya, atau simpan bila memang benar."
        )
    }
    assert {record: found[-1] for record, found in flags_in_export(house).items()} == {
        "r1": "area-implausible:ukuran.luas_m2",
        "r2": "area-implausible:ukuran.luas_m2",
    }


def test_a_new_file_replaces_all_boundaries_of_its_regencies(house: House) -> None:
    load(house, THREE_VILLAGES)

    assert load(house, collection(feature(NEIGHBOUR))).villages == 1

    with house.server.store.read() as unit:
        found = [unit.boundaries.get(code) is not None for code in (VILLAGE, NEIGHBOUR, FAR)]
    assert found == [False, True, True]


def test_the_code_may_stand_in_another_property(house: House) -> None:
    data = collection(feature(None, KODE_DESA=f" {VILLAGE} "))

    assert load(house, data).villages == 0
    assert load(house, data, code_property="KODE_DESA").villages == 1


def test_parts_of_a_village_in_several_features_make_one_boundary(house: House) -> None:
    island = [[place[0] + 1, place[1]] for place in SQUARE]

    assert load(house, collection(feature(VILLAGE), feature(VILLAGE, island))).villages == 1
    with house.server.store.read() as unit:
        row = unit.boundaries.get(VILLAGE)
        assert row is not None
        assert row.box == (112.0, -3.0, 113.1, -2.9)


@pytest.mark.parametrize(
    "ring",
    [
        "Jalan Tjilik Riwut",
        [[112.0, "x"]],
        [[112.0]],
        [[112.0, -3.0], [112.1, -3.0]],
        [[1120.0, -3.0], *SQUARE],
        [[112.0, -3.0], [112.000001, -3.0], [112.0, -3.000001], [112.0, -3.0]],
    ],
)
def test_a_feature_without_a_usable_boundary_is_passed_over_and_named(house: House, ring: Any) -> None:
    data = collection(feature(NEIGHBOUR), feature(VILLAGE, ring), feature("6202012004"), {"type": "Feature"})

    assert load(house, data) == LoadedBoundaries(1, 3, 0, (f"2 ({VILLAGE})", "3 (6202012004)", "4"))


def test_a_village_that_the_list_does_not_have_is_counted(house: House) -> None:
    assert load(house, collection(feature("62.02.01.2999"))) == LoadedBoundaries(1, 0, 1, ())


def test_an_open_ring_is_closed(house: House) -> None:
    load(house, collection(feature(VILLAGE, SQUARE[:-1])))

    with house.server.store.read() as unit:
        assert StoreAtlas(unit).boundary(VILLAGE) == [[[tuple(place) for place in SQUARE]]]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"type":"FeatureCollection"}',
        b'{"features":{}}',
        b'{"features":[1]}',
        b'{"features":[{}',
        b'{"features":[{},',
        b'{"features":[{} {}]}',
        b'{"features":[{"a":"\xff"}]}',
        b'{"features":[' + b'{"a":' * 100_000 + b"]}",
        b"PK\x03\x04",
    ],
)
def test_what_is_no_geojson_is_told(house: House, data: bytes) -> None:
    load(house, THREE_VILLAGES)

    with pytest.raises(UsageError) as error:
        load(house, data)

    assert text(error.value.key, "en", **error.value.values) == (
        "The file of boundaries is no whole GeoJSON FeatureCollection."
    )
    with house.server.store.read() as unit:
        assert unit.boundaries.count() == 3


def test_a_file_without_a_boundary_changes_nothing(house: House) -> None:
    load(house, THREE_VILLAGES)
    with house.server.store.read() as unit:
        before = unit.boundaries.last_load()

    with pytest.raises(UsageError) as error:
        load(house, collection())
    in_metres = load(house, collection(feature(VILLAGE, [[12690000, -300000], [12690100, -300000]] * 2)))

    assert text(error.value.key, "en", **error.value.values) == "The file of boundaries has no feature."
    assert in_metres == LoadedBoundaries(0, 1, 0, (f"1 ({VILLAGE})",))
    with house.server.store.read() as unit:
        assert (unit.boundaries.count(), unit.boundaries.last_load()) == (3, before)


class Trickle(io.RawIOBase):
    """A file that gives a few bytes at a time, characters cut in two among them."""

    def __init__(self, data: bytes) -> None:
        self._data, self._place = data, 0

    def read(self, size: int = -1) -> bytes:
        self._place += 7
        return self._data[self._place - 7 : self._place]


def test_features_are_read_one_at_a_time_however_the_file_comes() -> None:
    written = [{"n": number, "nama": "Désa “É” 🌏"} for number in range(40)]
    data = "\ufeff" + json.dumps({"bbox": [1, 2], "features": written, "after": 1}, ensure_ascii=False)

    read = features(Trickle(data.encode()), feature_bytes_max=1000)  # type: ignore[arg-type]

    assert list(read) == written


def test_a_single_feature_has_a_limit() -> None:
    data = b'{"features":[{"a":"' + b"x" * 3_000_000 + b'"}]}'

    with pytest.raises(UsageError) as error:
        list(features(io.BytesIO(data), feature_bytes_max=1_000_000))

    assert text(error.value.key, "en", **error.value.values) == (
        "One feature is larger than 1000000 bytes. Simplify the boundaries, or change the setting "
        "boundary_bytes_max."
    )
    assert len(list(features(io.BytesIO(data), feature_bytes_max=4_000_000))) == 1


def test_a_simplified_boundary_lies_near_the_whole_one() -> None:
    circle = [
        (112 + 0.05 * math.cos(step * math.tau / 720), -3 + 0.05 * math.sin(step * math.tau / 720))
        for step in range(720)
    ]
    ring = [*circle, circle[0]]
    tiny = [(113.0, -3.0), (113.0001, -3.0), (113.0, -3.0001), (113.0, -3.0)]

    ((simple,),) = simplified([[ring, tiny], [tiny]], tolerance_degrees=0.0003)

    assert simple[0] == simple[-1]
    assert len(simple) < 60
    assert max(distance_to_m([[simple]], lat, lon) for lon, lat in ring) < 34
    assert simplified([[tiny]], tolerance_degrees=0.0003) == [[tiny]]
