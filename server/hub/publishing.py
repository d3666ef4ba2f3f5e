"""Publishing forms: a version is stored for ever, and lines that waited for it are merged."""

import msgspec

from server.hub.errors import UsageError
from server.hub.forms import FormShelf
from server.hub.ingest import release_waiting
from server.hub.records import rows_of
from server.store.base import Unit
from sync.fold import decode_snapshot
from sync.forms.model import Form, encode
from sync.record import conflicts_of


class Published(msgspec.Struct, frozen=True):
    """What publishing did: the form's key, whether it is new, how many held lines it released."""

    key: str
    new: bool
    released: int = 0


def publish(unit: Unit, shelf: FormShelf, form: Form, *, now_ms: int) -> Published:
    """Make a form version the current one of its form.

    Publishing the same bytes again changes nothing. Raises UsageError where this version is
    already published with another content: devices may have it.
    """
    body = encode(form)
    before = unit.catalogue.form(form.id, form.version)
    if before == body:
        return Published(form.key, new=False)
    if before is not None:
        raise UsageError("server.error.form-version-taken", form=form.id, version=form.version)
    title = form.titles.get(form.default_language, form.id)
    unit.catalogue.publish(form.id, form.version, title=title, body=body, now_ms=now_ms)
    _judge_conflicts_anew(unit, form)
    return Published(form.key, True, release_waiting(unit, shelf, reasons=("unknown-form",), now_ms=now_ms))


def _judge_conflicts_anew(unit: Unit, form: Form) -> None:
    """The new version may have other policies, which hold for records that are already here."""
    for row in rows_of(unit, form.id, None):
        conflicts = conflicts_of(decode_snapshot(row.snapshot), form)
        if conflicts != row.conflicts:
            unit.records.put([msgspec.structs.replace(row, conflicts=conflicts)])
