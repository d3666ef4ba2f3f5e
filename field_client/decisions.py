"""Acts on a whole record: delete, undelete, move; and the decision of a conflict."""

from typing import Any

from sqlite_utils import Database

from field_client import lines, records
from field_client.capture import Saved, observation_of, person_for
from field_client.database import write
from field_client.errors import CommandProblem, wrong_usage
from field_client.facts import Person, RandomBytes
from field_client.lines import Written
from field_client.records import Entry
from sync.area import is_village
from sync.base import Author, Write
from sync.forms.answers import fields_of
from sync.policies import is_sealed
from sync.record import AREA, DELETED, heads_by_field, ids_to_delete, policy_of

ROLES_THAT_RESOLVE = frozenset({"coordinator", "regency", "province", "admin"})
"""Coordinator or above: their decision names all heads (see sync.base)."""


def delete(
    db: Database,
    record: str,
    *,
    person_id: str | None,
    why: str | None,
    now_ms: int,
    random_bytes: RandomBytes,
) -> Saved:
    """Mark a record as deleted: the save lists every live id, and counts only while it does."""
    with write(db):
        entry, person = _entry(db, record), person_for(db, person_id)
        return _write(db, entry, person, DELETED, ids_to_delete(entry.seen), why, now_ms, random_bytes)


def undelete(
    db: Database,
    record: str,
    *,
    person_id: str | None,
    why: str | None,
    now_ms: int,
    random_bytes: RandomBytes,
) -> Saved:
    """Bring a record back; nothing is written where nobody deleted it."""
    with write(db):
        entry, person = _entry(db, record), person_for(db, person_id)
        if not heads_by_field(entry.seen, [DELETED]):
            return Saved(record, ())
        return _write(db, entry, person, DELETED, None, why, now_ms, random_bytes)


def move(
    db: Database,
    record: str,
    village: str,
    *,
    person_id: str | None,
    why: str | None,
    now_ms: int,
    random_bytes: RandomBytes,
) -> Saved:
    """Say that a record lies in another village."""
    if not is_village(village):
        raise wrong_usage("client.area-malformed", area=village)
    with write(db):
        entry, person = _entry(db, record), person_for(db, person_id)
        return _write(db, entry, person, AREA, village, why, now_ms, random_bytes)


def resolve(
    db: Database,
    record: str,
    field: str,
    *,
    head: str | None,
    typed: str | None,
    why: str,
    person_id: str | None,
    now_ms: int,
    random_bytes: RandomBytes,
) -> Saved:
    """Decide a field: an ordinary save that names all its heads. Always writes.

    ``head``: the id whose value is right; else ``typed``, as the question reads it.
    """
    if not why.strip():
        raise wrong_usage("client.resolve.reason-missing")
    with write(db):
        entry, person = _entry(db, record), person_for(db, person_id)
        if person.role not in ROLES_THAT_RESOLVE:
            raise CommandProblem("client.resolve.no-right", name=person.name, role=person.role)
        values = {head_.id: head_.value for head_ in heads_by_field(entry.seen, [field]).get(field, ())}
        if not values:
            raise wrong_usage("client.resolve.field-unknown", record=record, field=field)
        if head is not None and head not in values:
            raise wrong_usage("client.resolve.head-unknown", field=field, head=head, heads=", ".join(values))
        value = (
            _chosen(entry, field, head, values[head])
            if head is not None
            else _typed(entry, field, typed or "")
        )
        return _write(db, entry, person, field, value, why, now_ms, random_bytes, resolution=True)


def _entry(db: Database, record: str) -> Entry:
    entry = records.load(db, record)
    if entry is None:
        raise CommandProblem("client.record-unknown", record=record)
    return entry


def _chosen(entry: Entry, field: str, head: str, value: Any) -> Any:
    """The value of a head. A delete is renewed, so that it lists what is alive by now."""
    if field == DELETED:
        return None if value is None else ids_to_delete(entry.seen)
    if not is_sealed(value):
        return value
    if (head, field) not in entry.opened:
        raise CommandProblem("client.resolve.sealed", field=field, head=head)
    return entry.opened[head, field]


def _typed(entry: Entry, field: str, text: str) -> Any:
    if entry.form is None or field.startswith("_"):
        return text or None
    return fields_of(entry.form, field, text).get(field, text)


def _write(
    db: Database,
    entry: Entry,
    person: Person,
    field: str,
    value: Any,
    why: str | None,
    now_ms: int,
    random_bytes: RandomBytes,
    *,
    resolution: bool = False,
) -> Saved:
    heads = heads_by_field(entry.seen)
    me = Author(person.id, person.capacity, observation_of(entry.form, {}, heads, person.id))
    writes = {field: Write(policy_of(entry.form, field), tuple(heads.get(field, ())), value)}
    written = Written(
        record=entry.record,
        form_key=entry.form.key if entry.form else entry.form_key,
        form=entry.form,
        me=me,
        writes=writes,
        why=why,
        resolution=resolution,
    )
    return Saved(entry.record, lines.store(db, written, now_ms=now_ms, random_bytes=random_bytes))
