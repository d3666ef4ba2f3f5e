"""The ``fields`` of ``show``: one JSON shape, so that a device and a server say the same.

Once both have the same revisions and the same right to restricted answers, the two are equal.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from sync.policies import Head, is_sealed
from sync.record import FieldView, RecordView
from sync.secrets import Opened

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_MS = 253_370_764_800_000  # 9999-01-01: later clocks are absurd, and no calendar holds them


def fields_json(view: RecordView, *, zone: tzinfo, opened: Opened | None = None) -> dict[str, Any]:
    """``{field: {"shown", "conflict", "heads"}}`` of every field that has a head, by name.

    ``opened`` holds the restricted answers that the reader may see; without them a sealed
    value is shown as its commitment. Times carry the offset of ``zone``.
    """
    known = opened or {}
    return {name: _field_json(name, field, zone, known) for name, field in view.fields.items()}


def heads_json(
    name: str, field: FieldView, *, zone: tzinfo, opened: Opened | None = None
) -> list[dict[str, Any]]:
    """The heads of one field, by id."""
    return [_head_json(name, head, zone, opened or {}) for head in field.heads]


def time_text(written_ms: int, zone: tzinfo) -> str:
    """ISO 8601 with offset; whatever a clock said, an answer comes out."""
    moment = _EPOCH + timedelta(milliseconds=min(max(written_ms, 0), _LATEST_MS))
    return moment.astimezone(zone).isoformat(timespec="milliseconds")


def _field_json(name: str, field: FieldView, zone: tzinfo, opened: Opened) -> dict[str, Any]:
    return {
        "shown": shown_value(name, field, opened=opened),
        "conflict": field.conflict,
        "heads": heads_json(name, field, zone=zone, opened=opened),
    }


def _head_json(name: str, head: Head, zone: tzinfo, opened: Opened) -> dict[str, Any]:
    return {
        "id": head.id,
        "value": opened.get((head.id, name), head.value),
        "person": head.person,
        "organisation": head.organisation,
        "saved_at": time_text(head.written_ms, zone),
        "observed_on": head.observed_on,
    }


def shown_value(name: str, field: FieldView, *, opened: Opened | None = None) -> Any:
    """The shown value, opened where it is the sealed value of a head that is open."""
    known = opened or {}
    if is_sealed(field.shown):
        for head in field.heads:
            if head.value == field.shown and (head.id, name) in known:
                return known[head.id, name]
    return field.shown
