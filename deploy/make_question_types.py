"""Writes ``docs/reference/question-types.md`` from the table of question types.

Run it after a change of ``sync/forms/types.py``::

    python deploy/make_question_types.py
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "reference" / "question-types.md"

HEAD = """# Question types

Written by `deploy/make_question_types.py` from `sync/forms/types.py`; do not edit.

*Type* is the word in the survey column `type`. *Field* is the name under which an answer stands in
a record. *Widget* and *cell* are what the screen and an export make of it. Types that describe the
filling in ({metadata}) are passed over: they are never fields of a record.

| type | field | value | widget | cell |
|---|---|---|---|---|
"""

MIDDLE = """
Every field can also be `null` (cleared), `{"$":"unknown"}` (*tidak diketahui*) or `{"$":"na"}`
(*tidak berlaku*); a choice named `tidak_tahu` or `tidak_berlaku` is stored as these. A restricted
answer stands in the record as a commitment, `{"#":"…"}`.

## What is typed, and what is stored

Text is read by the type of its question; text that makes no sense there is kept as it was typed and
flagged `wrong-type`. Nothing is refused. Dots group thousands where every group after them has three
digits and the first has one to three without a leading zero; a comma begins the decimals.

| type | typed | stored |
|---|---|---|
"""

MEASURES = """
A number question whose name ends in a unit reads measures in that unit, and the device says how it
understood them (`luas_m2: 50 x 70 dibaca sebagai 3.500`):

| name ends in | typed | stored |
|---|---|---|
"""

FUNCTIONS_HEAD = """
## Functions of expressions

See [write a form](../how-to/write-a-form.md) for what an expression is.

| function | arguments |
|---|---|
"""

FOOT = """
On the command line `f=` clears, `f=?` is unknown, `f=-` is not applicable, and `f:=JSON` is taken as
it is. The `src` of a point is `gps` (read by the device), `peta` (picked on the map) or `ketik`
(typed from paper or a message).
"""

# Where an answer stands, for a question named f; a plain question is the field f.
FIELDS = {
    "select_multiple": "`f/<option>`, one for each option",
    "image": "`f/<sha256>`, one for each photo",
    "file": "`f/<sha256>`, one for each file",
    "repeat": "`f/<row>/<question>`",
    "unit": "`f`, an object of the answers in the group",
    "note": "none",
    "calculate": "none, recomputed",
}

TYPED = (
    ("text", "Lapangan RT 3"),
    ("integer", "1.250"),
    ("integer", "Rp 1,5 jt"),
    ("integer", "3,5"),
    ("decimal", "1.250,5"),
    ("decimal", "1250.5"),
    ("decimal", "1.250"),
    ("decimal", "0.250"),
    ("decimal", "1,250"),
    ("decimal", "50 x 70"),
    ("date", "20/11/2026"),
    ("date", "2026-11-20"),
    ("time", "8.30"),
    ("datetime", "20/11/2026 8.30"),
    ("acknowledge", "ya"),
    ("geopoint", "-2.53,112.95,8"),
    ("geopoint", "-2,53; 112,95; 8"),
    ("geotrace", "-2 112; -2 113"),
    ("geoshape", "-2 112; -2 113; -3 113"),
)


MEASURED = (
    ("m2", "50 x 70"),
    ("m2", "10 are"),
    ("m2", "0,35 ha"),
    ("m", "2 km"),
    ("km", "500 m"),
    ("kg", "1,5 ton"),
    ("va", "1,3 kVA"),
)


def page() -> str:
    """The text of the page."""
    from sync.forms.expressions import FUNCTIONS
    from sync.forms.parse import measure
    from sync.forms.types import METADATA_TYPES, QUESTION_TYPES

    lines = [HEAD.format(metadata=", ".join(sorted(METADATA_TYPES)))]
    for name, each in QUESTION_TYPES.items():
        field = FIELDS.get(name, "`f`")
        lines.append(f"| `{written(name)}` | {field} | {each.value_kind} | {each.widget} | {each.cell} |\n")
    lines.append(MIDDLE)
    for name, text in TYPED:
        stored = json.dumps(QUESTION_TYPES[name].parse(text))
        flag = "" if QUESTION_TYPES[name].check(QUESTION_TYPES[name].parse(text)) else " (flagged)"
        lines.append(f"| `{name}` | `{text}` | `{stored}`{flag} |\n")
    lines.append(MEASURES)
    for unit, text in MEASURED:
        lines.append(f"| `_{unit}` | `{text}` | `{json.dumps(measure(text, unit=unit))}` |\n")
    lines += [FOOT, FUNCTIONS_HEAD]
    for name, function in FUNCTIONS.items():
        lines.append(f"| `{name}` | {_arguments(function.least, function.most)} |\n")
    return "".join(lines)


def _arguments(least: int, most: int | None) -> str:
    """``1``, ``1 to 2``, ``2 or more``."""
    if most is None:
        return f"{least} or more"
    return str(least) if least == most else f"{least} to {most}"


def written(name: str) -> str:
    """How a type is written in the survey sheet."""
    groups = {"unit": "begin_group", "repeat": "begin_repeat", "select_one_from_file": f"{name} FILE"}
    return groups.get(name, f"{name} LIST" if name.startswith("select") else name)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    TARGET.write_text(page(), encoding="utf-8")
