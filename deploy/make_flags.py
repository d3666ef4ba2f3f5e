"""Writes ``docs/reference/flags.md``: every flag, its words, and examples that the code flags.

Run it after a change of ``sync/forms/flags.py``, ``sync/location.py`` or a text ``flag.…``::

    python deploy/make_flags.py
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "reference" / "flags.md"

HEAD = """# Flags

Written by `deploy/make_flags.py`, which asks `sync/forms/flags.py`, `sync/location.py` and the
catalogues; do not edit.

A flag is a remark on a record that [blocks nothing](../explanation/why-nothing-is-refused.md). It is
computed anew from what the record shows, so it goes away with what raised it.

## Where they are seen

- On a device: after each save, in `tapak show`, and in the `flags` of their JSON, as
  `{"field","code","message"}`. After a save, `required-missing` is only counted.
- On the server: on a record's page of the console, and in the `flags` of `record show` and of a
  record over HTTP.
- In every export: the column `flags`, `code:field` with spaces between several.

Every place says the same, for all ask the same code; but an answer that a reader may not see is not
judged for them. A flag names a field, a question where a question has several fields, or a member of a
unit group (`ukuran.luas_m2`). `clock` concerns the whole record: its field is empty, and in an export it
stands without a colon. `possible-duplicate` needs the entries around, so the server alone says it, where
one record is looked at; exports leave it out.

## Flags of records

The form's own words (`constraint_message`) come before those of the catalogue.
"""

EXAMPLES_HEAD = """
## Examples

The column `flags` of a record of this form, in a village with a boundary from -2.6 112.9 to -2.5 113.0:

"""

FOOT = """
With boundaries, a point's flag says more, and so does a size beside a walked boundary; a possible
duplicate names the other entry:

| says in Indonesian | says in English |
|---|---|
"""

SERVER = """
## Flags of the server

They concern no answer of a record. The server keeps them in its table `flag`, once for each subject
(a device, a revision, a folder); `tapak-server flag list` shows them.

| code | Indonesian | English | raised when |
|---|---|---|---|
"""

# Code, when it is raised.
OF_RECORDS = (
    (
        "required-missing",
        "a question that applies and is `required` (or whose condition there holds) has no answer. "
        "*Tidak diketahui* and *tidak berlaku* are answers",
    ),
    (
        "constraint",
        "an answer breaks its `constraint`. Not where the constraint reads an answer that is sealed",
    ),
    (
        "not-relevant",
        "a question has an answer, and its `relevant`, or that of a group around it, does not hold",
    ),
    ("unknown-choice", "an answer is not in its list, or does not pass the `choice_filter`"),
    (
        "unknown-field",
        "a field is of no question of the form, as after a newer version left the question out",
    ),
    (
        "wrong-type",
        "a value has not the JSON of its [type](question-types.md); the text is kept as it was typed",
    ),
    (
        "point-outside-village",
        "a point lies in no village of the record, by more than {tolerance} m and its own accuracy. "
        "Never for a village without a [boundary](../how-to/load-areas-and-boundaries.md)",
    ),
    (
        "latitude-flipped",
        "a point would lie in the village, in any village, or at least in Indonesia, with the other sign "
        "of its latitude",
    ),
    (
        "area-implausible",
        "a number whose name ends in `_m2` is below {least}, or differs by more than {difference} % "
        "from the walked boundary, where the form has one of each",
    ),
)

OF_RECORDS_WITH_OTHERS = (
    (
        "clock",
        "an answer that counts was saved by a clock that no server ever corrected, or with a time more than "
        "{ahead} min after its arrival. Such a time decides nothing: where only it could, a person does",
    ),
    (
        "possible-duplicate",
        "a point lies within {close} m of the same point of another entry of this form and village, and "
        "nobody said yet whether the two are the same. Never by a restricted point, nor in a form with one "
        "record a village",
    ),
)

OF_SERVER = (
    ("device-cloned", "two logs go on from the same line: a phone was copied, or restored from a copy"),
    ("secret-mismatch", "a restricted answer that arrived is not the one that its line committed to"),
    ("mirror-behind", "the second folder of the log could not be written; the health page says it as well"),
)

FORM = """\
| survey | type | name | label | required | constraint | relevant |
|---|---|---|---|---|---|---|
| | select_one jenis | tanah | Tanah | yes | | |
| | integer | rt | RT | | . < 100 | |
| | text | pemilik | Pemilik | | | ${tanah} = 'milik' |
| | geopoint | titik | Titik | | | |
| | integer | luas_m2 | Luas | | | |
| | geoshape | batas | Batas | | | |

| choices | list_name | name | label |
|---|---|---|---|
| | jenis | milik | Milik |
| | jenis | desa | Tanah desa |

| settings | form_title | form_id | version |
|---|---|---|---|
| | Contoh | contoh | 1 |
"""

_SQUARE = [[112.9, -2.5], [112.901, -2.5], [112.901, -2.501], [112.9, -2.501], [112.9, -2.5]]

EXAMPLES: tuple[dict[str, Any], ...] = (
    {"tanah": "desa", "rt": 3},
    {"rt": 3},
    {"tanah": {"$": "unknown"}},
    {"tanah": "desa", "rt": 300},
    {"tanah": "desa", "rt": "tiga"},
    {"tanah": "desa", "pemilik": "Siti"},
    {"tanah": "sewa", "lama": "ya"},
    {"tanah": "desa", "titik": {"lat": -2.7, "lon": 112.95, "acc": 8}},
    {"tanah": "desa", "titik": {"lat": 2.55, "lon": 112.95, "acc": 8}},
    {"tanah": "desa", "luas_m2": 1},
    {"tanah": "desa", "luas_m2": 1200, "batas": {"type": "Polygon", "coordinates": [_SQUARE]}},
)

VILLAGE = "62.02.01.2004"
BOUNDARY = [[[[112.9, -2.6], [113.0, -2.6], [113.0, -2.5], [112.9, -2.5], [112.9, -2.6]]]]


class OneVillage:
    """The boundary of the examples."""

    def boundary(self, village: str) -> Any:
        """The boundary of the one village."""
        return BOUNDARY if village == VILLAGE else None

    def around(self, lat: float, lon: float) -> Iterable[tuple[str, Any]]:
        """The one village, for every point."""
        return [(VILLAGE, BOUNDARY)]


def page() -> str:
    """The text of the page."""
    lines = [HEAD, "\n| code | Indonesian | English | raised when |\n|---|---|---|---|\n"]
    lines += [_row(code, when.format(**_limits())) for code, when in (*OF_RECORDS, *OF_RECORDS_WITH_OTHERS)]
    lines += [EXAMPLES_HEAD, f"```\n{FORM}```\n\n| answers | `flags` |\n|---|---|\n"]
    lines += [f"| `{json.dumps(answers)}` | {_cell(flags_column(answers))} |\n" for answers in EXAMPLES]
    lines += [FOOT, *(_words(key) for key in located_keys())]
    lines += [SERVER, *(_row(code, when) for code, when in OF_SERVER)]
    return "".join(lines)


def flags_column(answers: dict[str, Any]) -> str:
    """What an export writes into the column ``flags`` for these answers."""
    from server.forms import compile_form
    from sync.forms.flags import flags_of
    from sync.location import notes, sought_in

    form = compile_form(FORM.encode(), name="contoh.md")
    flags = flags_of(form, answers, today="2026-11-23")
    located = notes(sought_in(form), answers, [VILLAGE], OneVillage())
    return " ".join(f"{flag.code}:{flag.field}" for flag in [*flags, *located])


def located_keys() -> list[str]:
    """The keys of what is said of points and sizes where boundaries are known."""
    from server.texts import catalogue

    return sorted(key for key in catalogue("id") if key.startswith("located."))


def _limits() -> dict[str, str]:
    from server.hub.duplicates import SAME_PLACE_M_MAX
    from server.hub.ingest import CLOCK_AHEAD_MAX_MS
    from sync.location import BOUNDARY_TOLERANCE_M, PARCEL_M2_MIN, SIZE_DIFFERENCE_MAX

    return {
        "ahead": f"{CLOCK_AHEAD_MAX_MS / 60_000:.0f}",
        "close": f"{SAME_PLACE_M_MAX:.0f}",
        "tolerance": f"{BOUNDARY_TOLERANCE_M:.0f}",
        "least": f"{PARCEL_M2_MIN:.0f}",
        "difference": f"{SIZE_DIFFERENCE_MAX * 100:.0f}",
    }


def _row(code: str, when: str) -> str:
    from server.texts import catalogue

    said = [catalogue(language).get(f"flag.{code}", "–") for language in ("id", "en")]
    return f"| `{code}` | {' | '.join(said)} | {when} |\n"


def _words(key: str) -> str:
    from server.texts import catalogue

    return f"| {catalogue('id')[key]} | {catalogue('en')[key]} |\n"


def _cell(flags: str) -> str:
    return f"`{flags}`" if flags else "none"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    TARGET.write_text(page(), encoding="utf-8")
