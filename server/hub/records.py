"""Records as a reader sees them: the same JSON on the console, over HTTP and on a device.

A reader sees what lies in his scope; anything else is, to him, not there. Restricted answers
that he has no right to stay commitments.
"""

from collections.abc import Iterable, Iterator
from datetime import tzinfo
from itertools import chain
from typing import Any

import msgspec

from server.hub.duplicates import CODE as POSSIBLE_DUPLICATE
from server.hub.duplicates import near
from server.hub.forms import FormShelf
from server.hub.locating import located_flags
from server.hub.pages import Reader
from server.store.base import LogRow, RecordRow, Unit
from server.texts import text
from sync.area import within
from sync.fold import Snapshot, decode_snapshot
from sync.forms.flags import Flag, clock_flags, flags_of, values_of
from sync.forms.model import Form
from sync.record import RecordView, view
from sync.revision import Revision, read
from sync.secrets import may_hold_commitment, value_of
from sync.shown import fields_json, heads_json, time_text

BATCH = 500
"""Records that are decoded at a time where all of them are walked."""


class Seen(msgspec.Struct, frozen=True):
    """A record as a reader sees it, with the form version that rules it.

    ``opened``: the restricted answers that the reader may see, by revision and field.
    """

    row: RecordRow
    view: RecordView
    form: Form | None
    opened: dict[tuple[str, str], Any] = {}


def seen_record(unit: Unit, shelf: FormShelf, record: str, reader: Reader | None) -> Seen | None:
    """One record; ``None`` where it is not there or not in the reader's scope.

    Without a reader every record is seen, its restricted answers sealed.
    """
    row = unit.records.get(record)
    if row is None or not _in_scope(row, reader):
        return None
    return see(unit, shelf, row, reader)


def see(unit: Unit, shelf: FormShelf, row: RecordRow, reader: Reader | None) -> Seen:
    """A record's row as the reader sees it."""
    snapshot = decode_snapshot(row.snapshot)
    opened = {}
    if reader is not None and may_hold_commitment(row.snapshot):
        opened = _opened(unit, reader, snapshot)
    form = shelf.current(unit, form_id_of(row))
    return Seen(row, view(snapshot, form), form, opened)


def rows_of(unit: Unit, form_id: str | None, area: str | None) -> Iterator[RecordRow]:
    """Every record of a form (``None``: of all) inside an area (``None``: orphans too), by id."""
    return chain.from_iterable(batches_of(unit, form_id, area))


def batches_of(unit: Unit, form_id: str | None, area: str | None) -> Iterator[list[RecordRow]]:
    """The same, as many at a time as are decoded together."""
    if area is None:
        for ids in _batches(unit.records.ids()):
            rows = unit.records.load(ids)
            yield [rows[id] for id in ids if form_id in (None, form_id_of(rows[id]))]
        return
    after = ""
    while found := unit.records.page(form_id=form_id, prefixes=[area], after=after, limit=BATCH):
        yield found
        after = found[-1].id


def in_conflict(unit: Unit, area: str | None) -> Iterator[RecordRow]:
    """Records inside an area (``None``: all) on which a person must decide, by id."""
    if area is not None:
        yield from unit.records.in_conflict([area])
        return
    yield from (row for row in rows_of(unit, None, None) if row.conflicts)


def record_json(unit: Unit, seen: Seen, zone: tzinfo, *, language: str, now_ms: int) -> dict[str, Any]:
    """The JSON of ``record show``: every field that has a head, reserved ones by their full name."""
    return {
        "record": seen.row.id,
        "form": form_id_of(seen.row),
        "form_version": seen.row.form.partition("/")[2],
        "areas": list(seen.view.areas),
        "deleted": seen.view.deleted,
        "ids": list(seen.view.ids),
        "fields": fields_json(seen.view, zone=zone, opened=seen.opened),
        "flags": flags_json(unit, seen, language, today=time_text(now_ms, zone)[:10]),
    }


def flags_json(unit: Unit, seen: Seen, language: str, *, today: str) -> list[dict[str, str]]:
    """``[{"field", "code", "message"}]`` of the values that this reader sees.

    First what the form says of them, then what the boundaries of villages say of points, what the
    clock of a phone leaves in doubt, and which other entries lie close by.
    """
    if seen.form is None:
        return []
    shown = values_of(seen.view, opened=seen.opened)
    flags = flags_of(seen.form, shown, today=today)
    flags += located_flags(unit, seen.form, shown, seen.view.areas, language)
    flags += clock_flags(seen.view)
    flags += [
        Flag(field, POSSIBLE_DUPLICATE, {language: _close_by(other, away_m, language)})
        for field, other, away_m in near(unit, seen.form, seen.row.id, shown, seen.view.areas)
    ]
    return [
        {
            "field": flag.field,
            "code": flag.code,
            "message": flag.own_words(language) or text(f"flag.{flag.code}", language),
        }
        for flag in flags
    ]


def _close_by(other: str, away_m: float, language: str) -> str:
    return text("located.close-by", language, other=other, distance=f"{away_m:.0f} m")


def summary_json(seen: Seen) -> dict[str, Any]:
    """A record in a list."""
    return {
        "record": seen.row.id,
        "form": form_id_of(seen.row),
        "areas": list(seen.view.areas),
        "deleted": seen.view.deleted,
        "conflicts": len(seen.view.conflicts),
    }


def conflicts_json(
    unit: Unit, shelf: FormShelf, rows: Iterable[RecordRow], reader: Reader | None, zone: tzinfo
) -> Iterator[dict[str, Any]]:
    """``{"record", "form", "field", "heads"}`` of every field on which a person must decide."""
    for row in rows:
        seen = see(unit, shelf, row, reader)
        for name in seen.view.conflicts:
            heads = heads_json(name, seen.view.fields[name], zone=zone, opened=seen.opened)
            yield {"record": row.id, "form": form_id_of(row), "field": name, "heads": heads}


def history_json(unit: Unit, record: str, zone: tzinfo) -> list[dict[str, Any]]:
    """Every line of a record in order of receipt, held ones too; restricted answers stay sealed.

    It does not name devices: a device id is half of a device's token.
    """
    return [_line_json(row, zone) for row in unit.log.history(record)]


def held_json(row: LogRow, zone: tzinfo) -> dict[str, Any]:
    """A held line in a list: what it is of, whose, why it waits and since when."""
    revision = read(row.line)
    return {
        "id": row.id,
        "record": row.record,
        "form": row.form,
        "person": revision.author if isinstance(revision, Revision) else None,
        "why": row.held,
        "received_at": time_text(row.received_ms, zone),
    }


def narrowed(scope: Iterable[str], area: str | None) -> list[str]:
    """The part of a scope that lies inside an area; the whole scope where none is asked for."""
    prefixes = list(scope)
    if area is None:
        return prefixes
    return [area] if within(area, prefixes) else [code for code in prefixes if within(code, [area])]


def form_id_of(row: RecordRow) -> str:
    """``lahan`` of a record of ``lahan/2026112301``."""
    return row.form.partition("/")[0]


def _line_json(row: LogRow, zone: tzinfo) -> dict[str, Any]:
    known = {"id": row.id, "received_at": time_text(row.received_ms, zone), "held": row.held}
    revision = read(row.line)
    if not isinstance(revision, Revision):
        return known
    return known | {
        "person": revision.author,
        "organisation": revision.organisation,
        "saved_at": time_text(revision.written_ms, zone),
        "observed_on": revision.observed_on,
        "form": revision.form,
        "fields": revision.values,
        "why": revision.why,
    }


def _in_scope(row: RecordRow, reader: Reader | None) -> bool:
    return reader is None or any(within(area, reader.scope) for area in row.areas)


def _opened(unit: Unit, reader: Reader, snapshot: Snapshot) -> dict[tuple[str, str], Any]:
    """The restricted answers of a snapshot that the reader may see."""
    revisions = [id for id, line in snapshot.items() if reader.opens_all or line.person == reader.opens_of]
    return {
        key: value_of(secret.text)
        for key, secret in unit.log.secrets_of(revisions).items()
        if secret.text is not None and secret.commitment is not None
    }


def _batches(ids: Iterator[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for id in ids:
        batch.append(id)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
