"""An office with a survey under way: two parcels people disagree on, a held save, an orphan."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server.hub.sessions import set_password
from tests.server.conftest import QUICK, Handset, House
from tests.server.hub.phones import FAR, NEIGHBOUR, NOW_MS, VILLAGE

PASSWORD = "rahasia-sekali"
FIELD, HALL = "0192f0c1-0000-7000-8000-000000000001", "0192f0c1-0000-7000-8000-000000000002"
ORPHAN = "0192f0c1-0000-7000-8000-000000000003"
AWAY = "0192f0c1-0000-7000-8000-000000000004"

POINT = {"lat": -2.5331, "lon": 112.9502, "acc": 6, "src": "gps"}
BOUNDARY = {
    "type": "Polygon",
    "coordinates": [
        [[112.95, -2.5329], [112.9505, -2.5329], [112.9505, -2.5333], [112.95, -2.5333], [112.95, -2.5329]]
    ],
}
SIZE = {"panjang_m": 50, "lebar_m": 20, "luas_m2": 1000}
PHOTO = {"bytes": 412_000, "type": "image/jpeg", "taken": NOW_MS}


@dataclass
class Visitor:
    """Somebody at a browser that shows only what it is sent."""

    client: FlaskClient

    def opens(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(f"/console/{path}", **options)

    def logs_in(self, name: str, password: str = PASSWORD) -> TestResponse:
        return self.client.post("/console/login", data={"name": name, "password": password})

    def sends(self, path: str, **values: str) -> TestResponse:
        return self.client.post(f"/console/{path}", data={"csrf": self.csrf(), **values})

    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.opens("").text)
        return found[1] if found else ""


@dataclass
class Office:
    """A house, and who sits in it."""

    house: House

    def visitor(self) -> Visitor:
        return Visitor(self.house.app.test_client())

    def hires(self, name: str, *, role: str, area: str = "62.02", organisation: str = "dpmd") -> str:
        """A person with a password; the id."""
        person = self.house.person(name, role=role, area=area, organisation=organisation)
        set_password(self.house.server.store, QUICK, person, PASSWORD, now_ms=self.house.clock_ms)
        return person

    def at_desk(self, name: str, *, role: str = "coordinator", area: str = "62.02") -> Visitor:
        """Somebody who works here and is logged in."""
        self.hires(name, role=role, area=area)
        visitor = self.visitor()
        assert visitor.logs_in(name).status_code == 303
        return visitor

    def receives_a_day(self, siti: Handset, budi: Handset) -> None:
        """What two verifiers bring from a day in the field."""
        common = {"_area": VILLAGE, "sebutan_lahan": "Lapangan RT 3", "kepemilikan": "desa"}
        siti.saves(FIELD, {**common, "sengketa": "tidak", "ukuran": SIZE, "titik": POINT, "batas": BOUNDARY})
        siti.saves(
            FIELD,
            {"foto_dokumen/" + "ab" * 32: PHOTO, "foto_utama/" + "cd" * 32: PHOTO},
            restricted=["foto_dokumen/" + "ab" * 32],
        )
        near = {**POINT, "lat": -2.5343}
        siti.saves(HALL, {"_area": NEIGHBOUR, "sebutan_lahan": "Samping balai desa", "titik": near})
        siti.saves(AWAY, {"_area": FAR, "sebutan_lahan": "Di luar wilayah"})
        siti.syncs()
        budi.saves(FIELD, {"sengketa": "klaim", "ukuran": {**SIZE, "lebar_m": 18, "luas_m2": 900}})
        budi.saves(HALL, {"_deleted": ["an-id-he-saw"]})
        budi.saves(ORPHAN, {"sebutan_lahan": "Belum berdesa"})
        budi.syncs()
