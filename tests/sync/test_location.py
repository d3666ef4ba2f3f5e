"""Notes on points that lie elsewhere and on sizes that cannot be."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sync.forms.model import Form, Question
from sync.location import Note, message, notes, sought_in
from sync.polygons import Shape, box_of

TEXTS = Path(__file__).resolve().parents[2] / "sync/texts"

# Three villages side by side, a tenth of a degree (11 km) each; the last one reaches over the equator.
BESAR, HILIR, HULU = "62.02.01.2004", "62.02.01.1005", "62.02.02.2001"
NAMES = {BESAR: "Samuda Besar", HILIR: "Basirih Hilir", "62.02.01": "Mentaya Hilir Selatan"}


def square(west: float, south: float, north: float) -> Shape:
    east = west + 0.1
    return [[[[west, south], [east, south], [east, north], [west, north], [west, south]]]]


class Villages:
    """An atlas of these shapes."""

    def __init__(self, shapes: Mapping[str, Shape]) -> None:
        self.shapes = shapes

    def boundary(self, village: str) -> Shape | None:
        return self.shapes.get(village)

    def around(self, lat: float, lon: float) -> Iterable[tuple[str, Shape]]:
        return [(code, shape) for code, shape in self.shapes.items() if box_of(shape).holds(lat, lon)]


ATLAS = Villages(
    {BESAR: square(112.0, -3.0, -2.9), HILIR: square(112.1, -3.0, -2.9), HULU: square(112.2, -0.3, 0.1)}
)


def question(name: str, type: str, **more: Any) -> Question:
    return Question(name=name, type=type, labels={}, **more)


FORM = Form(
    id="lahan",
    version="1",
    titles={},
    default_language="id",
    questions=(
        question("titik", "geopoint"),
        question("batas", "geoshape"),
        question("ukuran", "unit"),
        question("luas_m2", "decimal", unit="ukuran"),
        question("catatan_m2", "text"),
        question("bangunan", "repeat"),
        question("letak", "geopoint", repeat="bangunan"),
        question("lantai_m2", "integer", repeat="bangunan"),
    ),
)


def said_of(
    shown: Mapping[str, Any], villages: tuple[str, ...] = (BESAR,), atlas: Villages | None = ATLAS
) -> list[Note]:
    return list(notes(sought_in(FORM), shown, villages, atlas))


def at(lat: float, lon: float, **more: Any) -> dict[str, Any]:
    return {"titik": {"lat": lat, "lon": lon, **more}}


def in_words(note: Note, language: str = "id") -> str:
    texts = json.loads((TEXTS / f"{language}.json").read_text(encoding="utf-8"))
    return message(note, NAMES.get, lambda key, **values: texts[key].format(**values), language)


def test_a_point_in_its_village_is_not_spoken_of():
    assert said_of(at(-2.95, 112.05)) == []
    assert said_of(at(-2.95, 112.15), (BESAR, HILIR)) == []


def test_a_point_in_another_village_says_which_and_how_far():
    (note,) = said_of(at(-2.95, 112.12))

    assert note == Note(field="titik", code="point-outside-village", village=HILIR, away_m=2223.46)
    assert in_words(note) == (
        "Titik berada di Kelurahan Basirih Hilir (Kec. Mentaya Hilir Selatan), 2,2 km di luar desa entri. "
        "Periksa GPS, atau simpan bila memang benar."
    )
    assert in_words(note, "en") == (
        "The point lies in the ward of Basirih Hilir (Mentaya Hilir Selatan District), 2.2 km outside the "
        "village of this entry. Check the GPS, or save it if it is right."
    )


def test_a_point_in_no_village_says_how_far():
    (note,) = said_of(at(-2.95, 111.995))

    assert note == Note(field="titik", code="point-outside-village", away_m=555.86)
    assert in_words(note) == (
        "Titik berada 556 m di luar desa entri. Periksa GPS, atau simpan bila memang benar."
    )


def test_the_accuracy_of_a_point_and_of_a_boundary_counts_for_it():
    assert said_of(at(-2.95, 111.9996)) == []
    assert said_of(at(-2.95, 111.999, acc=70)) == []
    assert [note.code for note in said_of(at(-2.95, 111.999, acc=20))] == ["point-outside-village"]


def test_a_village_without_a_boundary_says_nothing_of_its_points():
    assert said_of(at(-2.95, 112.05), ("62.02.01.2999",)) == []
    assert said_of(at(-2.95, 112.05), ()) == []
    assert said_of(at(-2.95, 112.05), atlas=None) == []


@pytest.mark.parametrize(("villages", "atlas"), [((BESAR,), ATLAS), ((), ATLAS), (("62.02.01.2999",), ATLAS)])
def test_a_latitude_without_its_minus_sign_is_told(villages: tuple[str, ...], atlas: Villages):
    (note,) = said_of(at(2.95, 112.05), villages, atlas)

    assert note == Note(field="titik", code="latitude-flipped")
    assert in_words(note) == "Lintang tampaknya kehilangan tanda minus."


def test_without_boundaries_a_latitude_is_flipped_only_where_indonesia_ends():
    assert [note.code for note in said_of(at(8.5, 115.2), atlas=None)] == ["latitude-flipped"]
    assert said_of(at(2.95, 112.05), atlas=None) == []
    assert said_of(at(-12.5, 115.2), atlas=None) == []
    assert said_of(at(48.1, 11.6), atlas=None) == []


def test_a_point_that_lies_abroad_with_either_sign_is_only_far_away():
    (note,) = said_of(at(48.1, 11.6))

    assert note.code == "point-outside-village"
    assert in_words(msgspec.structs.replace(note, away_m=11_432_000.0)) == (
        "Titik berada 11.432 km di luar desa entri. Periksa GPS, atau simpan bila memang benar."
    )


def test_a_village_on_both_sides_of_the_equator_holds_points_of_both_signs():
    assert said_of(at(0.05, 112.25), (HULU,)) == []
    assert said_of(at(-0.05, 112.25), (HULU,)) == []
    assert [note.code for note in said_of(at(0.2, 112.25), (HULU,))] == ["latitude-flipped"]


def test_a_parcel_of_one_square_metre_is_told():
    (note,) = said_of({"ukuran": {"luas_m2": 1}})

    assert note == Note(field="ukuran.luas_m2", code="area-implausible", size_m2=1)
    assert in_words(note) == ("Luas tidak wajar. Periksa satuan dan koma, atau simpan bila memang benar.")
    assert said_of({"ukuran": {"luas_m2": 20}}) == []


def test_a_walked_boundary_is_compared_with_the_size_that_was_written_down():
    # 0.0009 degrees: about 100 m a side.
    ring = [[112.0, -3.0], [112.0009, -3.0], [112.0009, -2.9991], [112.0, -2.9991], [112.0, -3.0]]
    batas = {"type": "Polygon", "coordinates": [ring]}

    assert said_of({"batas": batas, "ukuran": {"luas_m2": 9000}}) == []
    (note,) = said_of({"batas": batas, "ukuran": {"luas_m2": 5000}})
    assert (note.field, note.code, note.size_m2) == ("ukuran.luas_m2", "area-implausible", 5000)
    assert in_words(note) == (
        "Batas yang dijalani mencakup 9.957 m², isian luas 5.000 m². "
        "Periksa keduanya, atau simpan bila memang benar."
    )
    assert said_of({"batas": "jalan keliling", "ukuran": {"luas_m2": 5000}}) == []


def test_a_form_with_two_sizes_does_not_say_which_the_boundary_belongs_to():
    more = msgspec.structs.replace(FORM, questions=(*FORM.questions, question("luas_bangunan_m2", "decimal")))

    assert sought_in(FORM).outline == "batas"
    assert sought_in(more).outline == ""


def test_every_row_of_a_repeat_is_judged_but_those_that_were_removed():
    shown = {
        "bangunan/a/letak": {"lat": 2.95, "lon": 112.05},
        "bangunan/a/lantai_m2": 3,
        "bangunan/b/lantai_m2": 3,
        "bangunan/b/_deleted": ["id"],
    }

    assert [(note.field, note.code) for note in said_of(shown)] == [
        ("bangunan/a/letak", "latitude-flipped"),
        ("bangunan/a/lantai_m2", "area-implausible"),
    ]


@pytest.mark.parametrize("value", ["di belakang balai desa", None, {"$": "unknown"}, {"#": "sealed"}, True])
def test_what_is_no_point_and_no_number_is_not_judged(value: Any):
    assert said_of({"titik": value, "ukuran": {"luas_m2": value}, "catatan_m2": 3}) == []
    assert said_of({"titik": value, "ukuran": value}) == []
