"""A record as a person sees it: values, conflicts, areas, deletion, verification, links.

Everything here is a view of the snapshot (all heads) and of the form version in force;
nothing is stored as truth.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from sync.area import is_village
from sync.fold import Snapshot, kill, line_of
from sync.forms.model import Form, field_of
from sync.policies import LATEST, MANUAL, Head, Policy, Settled, latest, same, settle
from sync.revision import Revision

AREA = "_area"
DELETED = "_deleted"
VERIFIED = "_verified"
REVIEW = "_review"
SAME_AS = "_same_as/"


class FieldView(msgspec.Struct, frozen=True):
    """One field: what its policy shows, whether a person must decide, and all its heads."""

    shown: Any
    conflict: bool
    differs: bool
    heads: tuple[Head, ...]


class RecordView(msgspec.Struct, frozen=True):
    """A record with every field that has a head, reserved ones and those of rows included.

    ``ids``: live ids, sorted. ``areas``: villages it belongs to, sorted. ``deleted_rows``:
    ``repeat/row`` prefixes whose deletion counts. ``verified``: the state that a
    verification gives as long as it holds.
    """

    fields: dict[str, FieldView]
    ids: tuple[str, ...]
    areas: tuple[str, ...]
    deleted: bool
    deleted_rows: tuple[str, ...]
    conflicts: tuple[str, ...]
    verified: str | None


class Glance(msgspec.Struct, frozen=True):
    """What a table of a hundred thousand records asks of one: ``view`` without the heads.

    ``shown``: the shown value of every field that has a head. The rest as in RecordView.
    """

    shown: dict[str, Any]
    deleted: bool
    deleted_rows: tuple[str, ...]
    conflicts: tuple[str, ...]


class OwnRevision(msgspec.Struct, frozen=True):
    """A device's own save of a record. ``laid_over``: the snapshot lacks it, or it is held."""

    id: str
    revision: Revision
    laid_over: bool


def view(snapshot: Snapshot, form: Form | None) -> RecordView:
    """How a record with these heads looks under this form version (``None``: not known here)."""
    heads = heads_by_field(snapshot)
    fields = {field: _field_view(field, heads[field], snapshot, form) for field in sorted(heads)}
    for field in _exclusive_conflicts(form, [name for name, seen in fields.items() if seen.shown is True]):
        fields[field] = msgspec.structs.replace(fields[field], conflict=True)
    return RecordView(
        fields=fields,
        ids=tuple(sorted(snapshot)),
        areas=areas_of(snapshot),
        deleted=DELETED in fields and fields[DELETED].shown is not None and not fields[DELETED].conflict,
        deleted_rows=tuple(
            name.removesuffix("/" + DELETED)
            for name, seen in fields.items()
            if _is_row_deletion(name) and seen.shown is not None and not seen.conflict
        ),
        conflicts=tuple(name for name, seen in fields.items() if seen.conflict),
        verified=_verified_state(snapshot),
    )


def glance(snapshot: Snapshot, form: Form | None) -> Glance:
    """``view(snapshot, form)`` in a tenth of its time: fields with one head cost no policy."""
    shown: dict[str, Any] = {}
    for line in snapshot.values():
        shown.update(line.fields)
    contested = _contested(snapshot)
    heads = heads_by_field(snapshot, contested) if contested else {}
    seen = {field: _field_view(field, heads[field], snapshot, form) for field in contested}
    shown.update((field, settled.shown) for field, settled in seen.items())
    conflicts = {field for field, settled in seen.items() if settled.conflict}
    if form is not None and form.exclusive_options:
        conflicts.update(
            _exclusive_conflicts(form, [field for field, value in shown.items() if value is True])
        )
    gone = [field for field in seen if field not in conflicts and shown[field] is not None]
    return Glance(
        shown=shown,
        deleted=DELETED in gone,
        deleted_rows=tuple(
            sorted(field.removesuffix("/" + DELETED) for field in gone if _is_row_deletion(field))
        ),
        conflicts=tuple(sorted(conflicts)),
    )


def conflicts_of(snapshot: Snapshot, form: Form | None) -> tuple[str, ...]:
    """Fields on which a person must decide, sorted: ``view(...).conflicts`` without the view.

    A server asks this of every record that a body touches, so fields with one head, nearly
    all of them, cost no policy.
    """
    contested = _contested(snapshot)
    heads = heads_by_field(snapshot, contested) if contested else {}
    found = {field for field in contested if _field_view(field, heads[field], snapshot, form).conflict}
    # What no head ticks is not shown as ticked either, so nearly every record ends here.
    ticked = _ticked(snapshot) if form is not None and form.exclusive_options else ()
    if _exclusive_conflicts(form, ticked):
        shown = heads_by_field(snapshot, ticked)
        found.update(
            _exclusive_conflicts(
                form, [field for field in shown if settle(policy_of(form, field), shown[field]).shown is True]
            )
        )
    return tuple(sorted(found))


def _ticked(snapshot: Snapshot) -> set[str]:
    """Fields that are true in a head."""
    return {field for line in snapshot.values() for field, value in line.fields.items() if value is True}


def _contested(snapshot: Snapshot) -> set[str]:
    """Fields with several heads, and deletions, which one head can put in doubt."""
    if len(snapshot) == 1:  # nearly every record, and asked of each one that is read or pulled
        (only,) = snapshot.values()
        return {field for field in only.fields if field.endswith(DELETED)}
    fields: set[str] = set()
    contested: set[str] = set()
    for line in snapshot.values():
        contested |= line.fields.keys() & fields
        fields |= line.fields.keys()
    return contested.union([field for field in fields if field.endswith(DELETED)])


def heads_by_field(snapshot: Snapshot, only: Iterable[str] | None = None) -> dict[str, list[Head]]:
    """``{field: heads by id}`` of a snapshot, of all fields or of some."""
    wanted = None if only is None else set(only)
    heads: dict[str, list[Head]] = {}
    for id in sorted(snapshot):
        line = snapshot[id]
        for field, value in line.fields.items():
            if wanted is None or field in wanted:
                head = Head(
                    id,
                    value,
                    line.person,
                    line.capacity,
                    line.written_ms,
                    line.observed_on,
                    bool(line.suspect),
                )
                heads.setdefault(field, []).append(head)
    return heads


def policy_of(form: Form | None, field: str) -> Policy:
    """The policy of a field: its question's; manual where the form does not know it.

    The review note is a message, so its newest is shown; every other reserved field waits
    for a person when people differ.
    """
    if field.startswith("_") or form is None:
        return LATEST if field == REVIEW else MANUAL
    found = field_of(form, field)
    return MANUAL if found is None else found.question.policy


def areas_of(snapshot: Snapshot) -> tuple[str, ...]:
    """Every village among the ``_area`` heads, sorted. Empty: the record is an orphan."""
    written = {line.fields[AREA] for line in snapshot.values() if is_village(line.fields.get(AREA))}
    return tuple(sorted(written))


def overlay(snapshot: Snapshot, own: Iterable[OwnRevision]) -> Snapshot:
    """A device's view: its own saves laid over the server's snapshot; the snapshot stays as it is.

    The bases of *all* own saves count, of those that the snapshot contains as well: a
    contained save may have superseded one that is still held.
    """
    own = list(own)
    seen: Snapshot = {id: line_copy(line) for id, line in snapshot.items()}
    for save in own:
        if save.laid_over and save.id not in seen:
            suspect = save.revision.clock_age_s is None
            seen[save.id] = line_of(save.id, save.revision, suspect=suspect)
    for save in own:
        for field in save.revision.values:
            for base in save.revision.base_of(field):
                if base in seen:
                    kill(seen, seen[base], field)
    return {id: line for id, line in seen.items() if line.fields}


def line_copy(line: Any) -> Any:
    """A snapshot line whose fields may be changed without changing the original's."""
    return msgspec.structs.replace(line, fields=dict(line.fields))


def ids_to_delete(snapshot: Snapshot) -> list[str]:
    """The value of a ``_deleted`` that counts now: every live id it must list, sorted."""
    return _ids_with(snapshot, lambda field: field not in (DELETED, REVIEW))


def ids_to_delete_row(snapshot: Snapshot, row: str) -> list[str]:
    """The same for one row of a repeat, named ``pengurus/<uuid>``."""
    return _ids_with(
        snapshot, lambda field: field.startswith(row + "/") and not field.endswith("/" + DELETED)
    )


def ids_to_verify(snapshot: Snapshot) -> list[str]:
    """The live ids that a verification must judge: those of all fields that are not reserved."""
    return _ids_with(snapshot, lambda field: not field.startswith("_"))


def same_as_classes(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """``{record: canonical record}`` of linked records; canonical is the smallest id of a class."""
    parent: dict[str, str] = {}

    def root(record: str) -> str:
        while parent.setdefault(record, record) != record:
            record = parent[record]
        return record

    for one, other in pairs:
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    return {record: root(record) for record in sorted(parent)}


def links_of(record: str, snapshot: Snapshot) -> list[tuple[str, str]]:
    """The pairs that a record's ``_same_as`` fields link: those with a true head."""
    linked = {
        field.removeprefix(SAME_AS)
        for line in snapshot.values()
        for field, value in line.fields.items()
        if field.startswith(SAME_AS) and value is True
    }
    return [(record, other) for other in sorted(linked)]


def _field_view(field: str, heads: list[Head], snapshot: Snapshot, form: Form | None) -> FieldView:
    if field == DELETED:
        settled = _settle_deletion(heads, ids_to_delete(snapshot))
    elif _is_row_deletion(field):
        settled = _settle_deletion(heads, ids_to_delete_row(snapshot, field.removesuffix("/" + DELETED)))
    elif field == VERIFIED:
        settled = _settle_verification(heads, ids_to_verify(snapshot))
    else:
        settled = settle(policy_of(form, field), heads)
    return FieldView(settled.shown, settled.conflict, settled.differs, tuple(heads))


def _settle_deletion(heads: list[Head], live_ids: list[str]) -> Settled:
    """A delete counts only if it lists every live id; else *deleted here, changed there*."""
    deletes = [head for head in heads if head.value is not None]
    if not deletes:
        return settle(LATEST, heads)
    counts = [head for head in deletes if _lists_all(head.value, live_ids)]
    agreed = bool(counts) and len(deletes) == len(heads)
    shown = latest(counts or deletes)
    return Settled(shown.value, not agreed, not agreed, shown.id)


def _settle_verification(heads: list[Head], judged_ids: list[str]) -> Settled:
    """People differ only where verifications that still hold give different states."""
    holding = [head for head in heads if _holds(head.value, judged_ids)]
    shown = latest(holding or heads)
    states = {_state_of(head.value) for head in holding}
    return Settled(shown.value, len(states) > 1, any(not same(shown, head) for head in heads), shown.id)


def _holds(verdict: Any, judged_ids: list[str]) -> bool:
    return isinstance(verdict, dict) and _lists_all(verdict.get("of"), judged_ids)


def _state_of(verdict: Any) -> str:
    return str(verdict.get("state"))


def _lists_all(ids: Any, live_ids: list[str]) -> bool:
    return isinstance(ids, list) and set(live_ids) <= {id for id in ids if isinstance(id, str)}


def _is_row_deletion(field: str) -> bool:
    return field.endswith("/" + DELETED)


def _verified_state(snapshot: Snapshot) -> str | None:
    """The state on which all verifications that still hold agree."""
    judged_ids = ids_to_verify(snapshot)
    verdicts = [line.fields[VERIFIED] for line in snapshot.values() if VERIFIED in line.fields]
    states = {_state_of(verdict) for verdict in verdicts if _holds(verdict, judged_ids)}
    return states.pop() if len(states) == 1 else None


def _ids_with(snapshot: Snapshot, counts: Any) -> list[str]:
    return sorted(id for id, line in snapshot.items() if any(counts(field) for field in line.fields))


def _exclusive_conflicts(form: Form | None, ticked: Iterable[str]) -> list[str]:
    """Of the ticked options, the exclusive ones that stand beside another of their question."""
    if form is None or not form.exclusive_options:
        return []
    chosen: dict[str, list[str]] = {}
    for field in ticked:
        if _question_and_option(field)[0] in form.exclusive_options:
            chosen.setdefault(field.rpartition("/")[0], []).append(field)
    return [
        field
        for fields in chosen.values()
        for field in fields
        for question, option in [_question_and_option(field)]
        if len(fields) > 1 and option in form.exclusive_options[question]
    ]


def _question_and_option(field: str) -> tuple[str, str]:
    """``("unit_ada", "bengkel")`` of an option's field, in a row of a repeat or not."""
    answer, _, option = field.rpartition("/")
    return answer.rpartition("/")[2], option
