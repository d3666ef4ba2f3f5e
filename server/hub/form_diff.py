"""What a new version of a form means for what is already saved."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from server.forms.diff import CHOICE_LOST, CONCERNS_VALUES, Change, diff
from server.hub.records import rows_of
from server.store.base import Unit
from sync.fold import decode_snapshot
from sync.forms.model import Form, field_of


class Concerned(msgspec.Struct, frozen=True):
    """A change and the number of records that hold a value which it concerns."""

    change: Change
    records: int


def compare(unit: Unit, before: Form, after: Form) -> list[Concerned]:
    """The changes between two versions, each with the records here whose values it concerns."""
    changes = diff(before, after)
    held: Counter[tuple[str, str]] = Counter()
    if any(change.kind in CONCERNS_VALUES for change in changes):
        for row in rows_of(unit, before.id, None):
            held.update(_answered(row.snapshot, before))
    return [
        Concerned(change, held[_key(change)] if change.kind in CONCERNS_VALUES else 0) for change in changes
    ]


def drafts_open(unit: Unit) -> int:
    """Open drafts of all devices, as each told at its last exchange. Each keeps its own version."""
    told = [msgspec.json.decode(device.left_json or "{}") for device in unit.people.devices()]
    return sum(int(left.get("drafts", 0)) for left in told)


def _key(change: Change) -> tuple[str, str]:
    return (change.question, change.before if change.kind == CHOICE_LOST else "")


def _answered(snapshot: bytes, form: Form) -> Iterable[tuple[str, str]]:
    """(question, "") and (question, choice) of every live answer of a record, each once."""
    answered: set[tuple[str, str]] = set()
    for line in decode_snapshot(snapshot).values():
        for field, value in line.fields.items():
            found = field_of(form, field)
            if found is None or value is None or value is False:
                continue
            answered.add((found.question.name, ""))
            if found.option or isinstance(value, str):
                answered.add((found.question.name, found.option or str(value)))
            if found.question.type == "unit" and isinstance(value, dict):
                answered |= {(name, "") for name, answer in value.items() if answer is not None}
    return answered
