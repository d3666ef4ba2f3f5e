"""The form of the simulated surveys: every policy, a restricted answer, a date of observation."""

from __future__ import annotations

from typing import Any

import msgspec

from sync.forms.model import Choice, Form, Question
from sync.policies import Policy
from sync.revision import UNKNOWN

FORM_ID = "lahan"
RANKS = {"agrinas": 1, "tni": 2, "desa": 3}
ORDER = ("tidak", "klaim", "tidak_tahu", "sengketa")

DATES = ("2026-11-18", "2026-11-20", "2026-11-21")
VALUES: dict[str, tuple[Any, ...]] = {
    "listrik": ("pln", "genset", "aki", None, UNKNOWN),
    "penduduk": (400, 410, 500),
    "status": ("siap", "belum", "tunda"),
    "sengketa": ("tidak", "klaim", UNKNOWN, "sengketa", None),
    "catatan": ("jalan rusak", "air ada", None),
    "luas_m2": (1000, 1010, 1200.5),
    "titik": ({"lat": -2.5, "lon": 112.95, "acc": 5}, {"lat": -2.6, "lon": 112.95, "acc": 9}),
    "nik": ("6271000000000001", "6271000000000002"),
    "unit_ada/sembako": (True, False),
    "unit_ada/tidak_ada": (True, False),
    "tanggal": DATES,
    "pengurus/b1/nama": ("Ani", "Tono"),
}
"""What people answer: few values, so that they agree now and then."""


def form_version(number: int) -> Form:
    """Version ``number`` of the form; every other one asks for other policies."""
    swapped = number % 2 == 0
    return Form(
        id=FORM_ID,
        version=f"20261123{number:02}",
        titles={"id": "Lahan"},
        default_language="id",
        observation_date="tanggal",
        questions=(
            _question("tanggal", "date", Policy("manual")),
            _question("listrik", "select_one", Policy("latest" if swapped else "manual")),
            _question("penduduk", "integer", Policy("latest")),
            _question("status", "text", Policy("authority", ranks=RANKS)),
            _question("sengketa", "select_one", Policy("cautious", order=ORDER)),
            _question("catatan", "text", Policy("union")),
            _question(
                "luas_m2", "decimal", Policy("manual") if swapped else Policy("tolerance:percent", 5.0)
            ),
            _question("titik", "geopoint", Policy("tolerance:metres", 15.0)),
            _question("nik", "text", Policy("manual"), security="restricted"),
            _question("unit_ada", "select_multiple", Policy("union"), list_name="unit"),
            _question("pengurus", "repeat", Policy("manual")),
            _question("nama", "text", Policy("manual"), repeat="pengurus"),
        ),
        choices={
            "unit": (
                Choice("sembako", {"id": "Sembako"}),
                Choice("tidak_ada", {"id": "Tidak ada"}, exclusive=True),
            )
        },
    )


def _question(name: str, type_name: str, policy: Policy, **more: Any) -> Question:
    return msgspec.structs.replace(Question(name, type_name, {"id": name}, policy=policy), **more)
