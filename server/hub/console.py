"""Decisions of a person at the server: ordinary revisions of the server's own device."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from server.hub.errors import UsageError
from server.hub.forms import FormShelf
from server.hub.ingest import release, take_own
from server.hub.people import capacity_of, decider
from server.hub.records import Seen, form_id_of, seen_record
from server.store.base import SecretRow, Unit
from sync.area import is_village
from sync.base import Author, Write, bases
from sync.chain import Place
from sync.fold import decode_snapshot
from sync.forms.answers import answers
from sync.forms.model import Form, field_of
from sync.policies import Head, is_sealed
from sync.record import AREA, DELETED, RecordView, ids_to_delete, policy_of
from sync.revision import LimitExceeded, Revision, read, storable, write
from sync.secrets import seal

Minted = Callable[[], str]
"""Gives a fresh identifier or salt a call."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What a person decided: the value of a head, or a value typed as in ``save``."""

    head: str | None = None
    typed: str | None = None


class _Decision(msgspec.Struct, frozen=True):
    """Who decides, why and when; ``chosen``: the head whose value and observation date are taken."""

    author: Author
    reason: str
    chosen: Head | None
    now_ms: int


def resolve(
    unit: Unit,
    shelf: FormShelf,
    record: str,
    field: str,
    choice: Choice,
    *,
    reason: str,
    person_id: str,
    new_row: Minted,
    salt: Minted,
    now_ms: int,
    on_screen: str | None = None,
) -> str:
    """End a conflict with a reason: id of the revision, which supersedes every head of the field.

    ``on_screen``: the mark (``mark_of``) of what the person saw when deciding. Raises UsageError
    where the record, the field or the head is not there, the person may not decide it, or
    something came in since.
    """
    seen = seen_record(unit, shelf, record, None)
    if seen is None:
        raise UsageError("server.error.record-unknown", record=record)
    person = decider(unit, person_id, seen.view.areas)
    if not reason.strip():
        raise UsageError("server.error.reason-missing")
    # A decision supersedes every head, so it must not meet one that nobody looked at.
    if on_screen is not None and on_screen != mark_of(seen.view, field.removesuffix(":")):
        raise UsageError("server.error.changed-meanwhile", field=field.removesuffix(":"))
    chosen = _head(seen, field, choice.head) if choice.head else None
    values = _values(unit, seen, field, choice, chosen, new_row)
    author = Author(person.id, capacity_of(person), chosen.observed_on if chosen else None)
    decision = _Decision(author, storable(reason.strip()), chosen, now_ms)
    return _write(unit, shelf, seen, values, decision, salt=salt)


def mark_of(view: RecordView, field: str) -> str:
    """A mark of all heads that a decision on this field supersedes; it changes when one comes or goes.

    A deletion lists every live id of the record, so there it is a mark of all of them.
    """
    question = field.partition("/")[0]
    ids = {
        head.id
        for name, found in view.fields.items()
        if field == DELETED or name.partition("/")[0] == question
        for head in found.heads
    }
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()[:16]


def release_held(unit: Unit, shelf: FormShelf, line: str, *, person_id: str, now_ms: int) -> str:
    """Merge a held line because a person says so: the record it is of. Raises UsageError."""
    row = unit.log.get(line)
    revision = read(row.line) if row else None
    if row is None or row.held is None:
        raise UsageError("server.error.held-unknown", line=line)
    if row.record is None or not isinstance(revision, Revision):
        raise UsageError("server.error.held-unreadable", line=line)
    known = unit.records.get(row.record)
    written = revision.values.get("_area")
    villages = list(known.areas) if known else []
    if not villages and isinstance(written, str):
        villages = [written]
    decider(unit, person_id, villages)
    release(unit, shelf, line, now_ms=now_ms)
    return row.record


def _head(seen: Seen, field: str, head_id: str) -> Head:
    found = seen.view.fields.get(field)
    heads = {head.id: head for head in found.heads} if found else {}
    if head_id not in heads:
        raise UsageError(
            "server.error.head-unknown", field=field, head=head_id, known=", ".join(sorted(heads)) or "-"
        )
    return heads[head_id]


def _values(
    unit: Unit, seen: Seen, field: str, choice: Choice, chosen: Head | None, new_row: Minted
) -> dict[str, Any]:
    """The fields that the decision writes."""
    if field == DELETED:
        keeps = chosen.value is None if chosen else choice.typed in (None, "", "null")
        snapshot = decode_snapshot(seen.row.snapshot)
        return {field: None if keeps else ids_to_delete(snapshot)}
    if chosen is not None:
        return {field: chosen.value}
    if field == AREA:
        return {field: _village(choice.typed)}
    return _typed_values(seen, field, choice.typed or "", new_row)


def _village(typed: str | None) -> str:
    if not is_village(typed):
        raise UsageError("server.error.village-malformed", area=typed)
    return typed


def _typed_values(seen: Seen, field: str, typed: str, new_row: Minted) -> dict[str, Any]:
    """The fields that a typed value writes, read by its question."""
    if seen.form is None:
        raise UsageError("server.error.form-unknown", form=form_id_of(seen.row))
    shown = {name: view.shown for name, view in seen.view.fields.items()}
    try:
        values = answers(seen.form, [(field, storable(typed))], new_row=new_row, current=shown)
    except ValueError as error:
        raise UsageError("server.error.value-unreadable", field=field, reason=str(error)) from error
    # A slip in a field's name would write a new field and leave the conflict as it is.
    for name in values:
        if name not in shown and (name.startswith("_") or field_of(seen.form, name) is None):
            raise UsageError("server.error.field-unknown", field=name, form=seen.form.id)
    return values


def _write(
    unit: Unit, shelf: FormShelf, seen: Seen, values: Mapping[str, Any], decision: _Decision, *, salt: Minted
) -> str:
    """Append the decision to the own log; its id. A restricted answer's secret goes beside it."""
    own = unit.log.own_device()
    if own is None:
        raise UsageError("server.error.not-initialised")
    sealed, texts = _sealed(unit, seen.form, values, decision.chosen, salt)
    try:
        line = write(_revision(seen, sealed, decision, own))
    except LimitExceeded as error:
        raise UsageError("server.error.too-large", reason=str(error)) from error
    id = take_own(unit, shelf, line, now_ms=decision.now_ms)
    unit.log.put_secrets(
        [SecretRow(id, field, sealed[field]["#"], *pair, False) for field, pair in texts.items()]
    )
    return id


def _revision(seen: Seen, sealed: Mapping[str, Any], decision: _Decision, own: tuple[str, Place]) -> Revision:
    """The next line of the own log: it names every head of the fields that it writes."""
    device, tip = own
    me = decision.author
    base, field_bases = bases(_writes(seen, sealed), me, resolution=True)
    return Revision(
        device=device,
        seq=tip.seq + 1,
        record=seen.row.id,
        form=seen.form.key if seen.form else seen.row.form,
        author=me.person,
        capacity=me.capacity,
        written_ms=decision.now_ms,
        clock_age_s=0,
        observed=me.observed_on,
        base=base,
        values=dict(sealed),
        field_bases=field_bases,
        why=decision.reason,
    )


def _writes(seen: Seen, values: Mapping[str, Any]) -> dict[str, Write]:
    fields = seen.view.fields
    return {
        name: Write(policy_of(seen.form, name), fields[name].heads if name in fields else (), value)
        for name, value in values.items()
    }


def _sealed(
    unit: Unit, form: Form | None, values: Mapping[str, Any], chosen: Head | None, salt: Minted
) -> tuple[dict[str, Any], dict[str, tuple[str, str]]]:
    """The values as a line holds them. A chosen sealed head keeps its commitment and its secret."""
    if chosen is None or not is_sealed(chosen.value):
        return seal(values, lambda field: is_restricted(form, field), salt)
    field = next(iter(values))
    secret = unit.log.secrets_of([chosen.id]).get((chosen.id, field))
    if secret is None or secret.salt is None or secret.text is None:
        raise UsageError("server.error.secret-missing", field=field, head=chosen.id)
    return {field: {"#": chosen.value["#"]}}, {field: (secret.salt, secret.text)}


def is_restricted(form: Form | None, field: str) -> bool:
    """Whether a field's answers are restricted."""
    found = field_of(form, field) if form else None
    return found is not None and found.question.security == "restricted"
