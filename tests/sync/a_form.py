"""A form with a question under every policy, as the tests of record views need it."""

from __future__ import annotations

from typing import Any

from sync.forms.model import Choice, Form, Question
from sync.policies import Policy
from tests.sync.histories import ORDER, RANKS


def question(name: str, type_name: str, policy: str, **more: Any) -> Question:
    made = {
        "authority": Policy("authority", ranks=RANKS),
        "cautious": Policy("cautious", order=ORDER),
        "tolerance": Policy("tolerance:percent", limit=5),
        "near": Policy("tolerance:metres", limit=15),
    }
    return Question(name, type_name, {"id": name}, policy=made.get(policy, Policy(policy)), **more)


UNITS = (
    Choice("sembako", {"id": "Sembako"}),
    Choice("bengkel", {"id": "Bengkel"}),
    Choice("tidak_ada", {"id": "Tidak ada"}, exclusive=True),
)

LAHAN = Form(
    id="lahan",
    version="2026112301",
    titles={"id": "Lahan"},
    default_language="id",
    observation_date="tanggal",
    questions=(
        question("listrik", "select_one", "manual"),
        question("penduduk", "integer", "latest"),
        question("status", "text", "authority"),
        question("sengketa", "select_one", "cautious"),
        question("catatan", "text", "union"),
        question("luas_m2", "decimal", "tolerance"),
        question("titik", "geopoint", "near"),
        question("nik", "text", "manual", security="restricted"),
        question("unit_ada", "select_multiple", "union", list_name="unit"),
        question("tahap", "select_multiple", "manual", list_name="unit"),
        question("pengurus", "repeat", "manual"),
        question("nama", "text", "latest", repeat="pengurus"),
        question("alat", "select_multiple", "union", list_name="unit", repeat="pengurus"),
    ),
    choices={"unit": UNITS},
)

LAHAN_FIELDS = (
    "listrik",
    "penduduk",
    "status",
    "sengketa",
    "catatan",
    "luas_m2",
    "titik",
    "unit_ada/sembako",
    "unit_ada/tidak_ada",
    "tahap/tidak_ada",
    "pengurus/b1/nama",
    "pengurus/b1/alat/sembako",
    "pengurus/b1/alat/tidak_ada",
    "pengurus/b1/_deleted",
    "_area",
    "_deleted",
    "_verified",
    "_review",
    "_same_as/r-2",
    "bukan_pertanyaan",
)
