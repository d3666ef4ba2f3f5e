"""From shown values to the columns and cells of a table: one place for every export format.

*Not known*, *not applicable*, *cleared* and *never answered* stay four different things.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from sync.forms.model import ATTACHMENTS, WITHOUT_FIELD, Form, Question, field_of
from sync.policies import is_point, is_sealed
from sync.record import RecordView
from sync.revision import NOT_APPLICABLE, UNKNOWN

Cell = str | int | float | None
Shown = Mapping[str, Any]
"""Shown values by field name."""

NOT_KNOWN = "(tidak diketahui)"
APPLIES_NOT = "(tidak berlaku)"
CLEARED = "(kosong)"
CLOSED = "(tertutup)"
NONE_CHOSEN = "(tidak ada)"

FIRST_COLUMNS = ("record", "form_version", "area_code", "regency", "district", "village")
LAST_COLUMNS = (
    "other_fields",
    "conflicts",
    "held",
    "saved_at",
    "saved_by",
    "organisation",
    "observed_on",
    "received_at",
)


class Columns(msgspec.Struct, frozen=True):
    """The columns that one question takes, and what fills them."""

    names: tuple[str, ...]
    cells: Callable[[Shown], Sequence[Cell]]


def columns_of(form: Form) -> list[Columns]:
    """The columns of every question that has answers, in form order."""
    return [
        _columns(form, question)
        for question in form.questions
        if not question.repeat
        and question.type != "unit"
        and (question.type == "repeat" or question.type not in WITHOUT_FIELD)
    ]


def shown_of(view: RecordView) -> dict[str, Any]:
    """Shown values by field name, without those of rows whose deletion counts."""
    gone = tuple(f"{row}/" for row in view.deleted_rows)
    return {name: field.shown for name, field in view.fields.items() if not name.startswith(gone)}


def other_fields(form: Form, view: RecordView) -> Cell:
    """Answers to questions that this form version does not have, as JSON; empty where there are none."""
    others = {
        name: CLOSED if is_sealed(field.shown) else field.shown
        for name, field in view.fields.items()
        if not name.startswith("_") and not name.endswith("/_deleted") and field_of(form, name) is None
    }
    return _json(others) if others else None


def _columns(form: Form, question: Question) -> Columns:
    name = question.name if question.name not in FIRST_COLUMNS + LAST_COLUMNS else f"q_{question.name}"
    if question.security == "restricted":
        return Columns((name,), lambda shown: [_closed(shown, question)])
    if question.unit:
        unit = form.by_name[question.unit]
        if unit.security == "restricted":
            return Columns((name,), lambda shown: [_closed(shown, unit)])
        return Columns((name,), lambda shown: [_member(shown, question)])
    if question.type == "geopoint":
        return Columns(
            tuple(f"{name}_{part}" for part in ("lat", "lon", "acc")),
            lambda shown: _point(shown, question),
        )
    fill = _FILLS.get(question.type, _plain)
    return Columns((name,), lambda shown: [fill(form, shown, question)])


def _plain(form: Form, shown: Shown, question: Question) -> Cell:
    return _cell(shown[question.name]) if question.name in shown else None


def _point(shown: Shown, question: Question) -> Sequence[Cell]:
    if question.name not in shown:
        return [None, None, None]
    value = shown[question.name]
    if not is_point(value):
        return [_cell(value), None, None]
    return [_cell(value["lat"]), _cell(value["lon"]), _cell(value["acc"]) if "acc" in value else None]


def _member(shown: Shown, question: Question) -> Cell:
    """The answer inside its unit's object; what the whole unit says where it is no object of answers."""
    if question.unit not in shown:
        return None
    value = shown[question.unit]
    if not isinstance(value, dict) or value in (UNKNOWN, NOT_APPLICABLE) or is_sealed(value):
        return _cell(value)
    return _cell(value[question.name]) if question.name in value else None


def _options(form: Form, shown: Shown, question: Question) -> Cell:
    """The chosen codes, joined by spaces; where none is, what the options say together."""
    found = _parts(shown, question.name)
    chosen = [option for option, value in found.items() if value is True]
    if chosen or not found:
        return " ".join(_in_form_order(form, question, chosen)) or None
    values = list(found.values())
    if any(value is False for value in values):
        return NONE_CHOSEN
    return _cell(values[0])


def _attachments(form: Form, shown: Shown, question: Question) -> Cell:
    """The SHA-256 of every photo or file that is there, joined by spaces."""
    found = _parts(shown, question.name)
    kept = [sha256 for sha256, value in found.items() if value is not None]
    return " ".join(kept) or (CLEARED if found else None)


def _rows(form: Form, shown: Shown, question: Question) -> Cell:
    """The rows of a repeat as a JSON array; restricted answers closed."""
    rows: dict[str, dict[str, Any]] = {}
    for path, value in _parts(shown, question.name).items():
        row, _, name = path.partition("/")
        if name != "_deleted":
            rows.setdefault(row, {"row": row})[name] = _row_value(form, name, value)
    return _json([rows[row] for row in sorted(rows)]) if rows else None


def _row_value(form: Form, name: str, value: Any) -> Any:
    member = form.by_name.get(name.partition("/")[0])
    restricted = member is not None and member.security == "restricted"
    return CLOSED if is_sealed(value) or (restricted and value is not None) else value


def _closed(shown: Shown, question: Question) -> Cell:
    """That there is an answer, not which."""
    holder = question.unit or question.name
    values = [value for name, value in shown.items() if name == holder or name.startswith(holder + "/")]
    if not values:
        return None
    return CLEARED if all(value is None for value in values) else CLOSED


def _cell(value: Any) -> Cell:
    if value is None:
        return CLEARED
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    if isinstance(value, str | int | float):
        return value
    if value == UNKNOWN:
        return NOT_KNOWN
    if value == NOT_APPLICABLE:
        return APPLIES_NOT
    return CLOSED if is_sealed(value) else _json(value)


def _parts(shown: Shown, name: str) -> dict[str, Any]:
    prefix = name + "/"
    return {field.removeprefix(prefix): value for field, value in shown.items() if field.startswith(prefix)}


def _in_form_order(form: Form, question: Question, chosen: Iterable[str]) -> list[str]:
    order = {choice.name: place for place, choice in enumerate(form.choices.get(question.list_name, ()))}
    return sorted(chosen, key=lambda option: (order.get(option, len(order)), option))


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


_FILLS: dict[str, Callable[[Form, Shown, Question], Cell]] = {
    "select_multiple": _options,
    "repeat": _rows,
    **dict.fromkeys(ATTACHMENTS, _attachments),
}
