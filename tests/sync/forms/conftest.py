"""A small form with one question of each shape."""

from __future__ import annotations

from typing import Any

import pytest

from sync.forms.model import Choice, Form, Question


def question(name: str, type_name: str, **more: Any) -> Question:
    return Question(name, type_name, {"id": name.replace("_", " ").capitalize()}, **more)


def choices(*names: str, **labels: str) -> tuple[Choice, ...]:
    plain = [Choice(name, {"id": name.capitalize(), "en": name.upper()}) for name in names]
    return (*plain, *(Choice(name, {"id": label}) for name, label in labels.items()))


@pytest.fixture(scope="session")
def form() -> Form:
    return Form(
        id="lahan",
        version="2026112301",
        titles={"id": "Lahan", "en": "Land"},
        default_language="id",
        observation_date="tanggal",
        questions=(
            question("sebutan", "text"),
            question("tanggal", "date", required=True),
            question("jam_buka", "time"),
            question("saat", "datetime"),
            question("penduduk", "integer"),
            question("jarak_km", "decimal"),
            question("sengketa", "select_one", list_name="sengketa"),
            question("tanpa_daftar", "select_one"),
            question("tahap", "select_multiple", list_name="tahap"),
            question("setuju", "acknowledge"),
            question("titik", "geopoint"),
            question("jalan", "geotrace"),
            question("batas", "geoshape"),
            question("foto", "image"),
            question("petunjuk", "note"),
            question("luas_hitung", "calculate"),
            question("ukuran", "unit"),
            question("panjang_m", "decimal", unit="ukuran", groups=("ukuran",)),
            question("dasar", "select_one", list_name="sengketa", unit="ukuran", groups=("ukuran",)),
            question("pengurus", "repeat"),
            question("nama", "text", repeat="pengurus", groups=("pengurus",)),
            question("tugas", "select_multiple", list_name="tahap", repeat="pengurus"),
            question("ktp", "image", repeat="pengurus"),
            question("gaji", "unit", repeat="pengurus"),
            question("pokok_rp", "integer", repeat="pengurus", unit="gaji"),
        ),
        choices={
            "sengketa": choices("tidak", "tidak_tahu", "klaim", sengketa="Ada sengketa, tertulis"),
            "tahap": choices("tahap", "dinding", tidak_tahu="Tidak tahu", akhir="Plafon, listrik, cat"),
        },
    )
