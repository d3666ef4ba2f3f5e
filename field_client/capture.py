"""Saving: what a person wrote becomes one or several lines of the log, in one transaction.

Nothing here waits for a network and nothing refuses a value: answers are checked and
flagged. ``d``, ``s``, ``p`` and ``t`` are taken inside the write transaction; a save is
told of only after its commit.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from sqlite_utils import Database

from field_client import facts, forms, lines, records
from field_client.database import write
from field_client.errors import CommandProblem, wrong_usage
from field_client.facts import Person, RandomBytes
from field_client.lines import Written
from field_client.records import Entry
from sync import record_id
from sync.area import is_village
from sync.base import Author, Write, redated
from sync.fold import Line, Snapshot, line_of
from sync.forms import answers
from sync.forms.model import Form
from sync.policies import Head, is_sealed, settle
from sync.record import AREA, areas_of, heads_by_field, policy_of
from sync.revision import is_date, storable


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a person wants to save.

    ``typed``: (field, text) as typed at the prompt; ``fields``: values as JSON. ``base``: ids
    of the heads that stood on the screen when the form was opened; ``None``: those of now.
    """

    form_id: str
    record: str | None = None
    area: str | None = None
    person: str | None = None
    typed: tuple[tuple[str, str], ...] = ()
    fields: dict[str, Any] = {}
    base: tuple[str, ...] | None = None
    observed_on: str | None = None
    why: str | None = None


class Saved(msgspec.Struct, frozen=True):
    """What was stored. ``revisions``: ids of the lines, none where there was nothing to write."""

    record: str
    revisions: tuple[str, ...]

    @property
    def revision(self) -> str | None:
        """The last line, whose id covers the others."""
        return self.revisions[-1] if self.revisions else None


def save(db: Database, change: Change, *, now_ms: int, random_bytes: RandomBytes) -> Saved:
    """Store a change and say what was stored; it is on disk when this returns.

    Raises CommandProblem where it cannot be (nobody enrolled, form not here, no village),
    LimitExceeded for a value that no line can hold, StoreProblem. Nothing was stored then.
    """
    if change.observed_on is not None and not is_date(change.observed_on):
        raise wrong_usage("client.save.date-malformed", date=change.observed_on)
    with write(db):
        person = person_for(db, change.person)
        form = forms.current(db, change.form_id)
        if form is None:
            raise CommandProblem("client.save.form-unknown", form=change.form_id)
        record = change.record or _record_of(change, form, now_ms=now_ms, random_bytes=random_bytes)
        entry = records.load(db, record)
        if entry is not None and entry.form_key.partition("/")[0] != form.id:
            raise wrong_usage("client.save.other-form", record=record, form=entry.form_key.partition("/")[0])
        values = _values(change, form, entry, now_ms=now_ms, random_bytes=random_bytes)
        values = _with_area(values, change, entry)
        opening = opening_of(entry, change.base)
        revisions = _store(
            db, change, form, person, record, values, opening, now_ms=now_ms, random_bytes=random_bytes
        )
        return Saved(record, revisions)


def person_for(db: Database, person_id: str | None) -> Person:
    """The person who acts: the named one, else the only one enrolled here."""
    people = facts.persons(db)
    if not people:
        raise CommandProblem("client.nobody-enrolled")
    chosen = people if person_id is None else [person for person in people if person.id == person_id]
    if not chosen:
        raise wrong_usage("client.person-unknown", person=person_id)
    if len(chosen) > 1:
        names = ", ".join(f"{person.id} ({person.name})" for person in people)
        raise wrong_usage("client.which-person", persons=names)
    return chosen[0]


def opening_of(entry: Entry | None, base: Iterable[str] | None) -> dict[str, list[Head]]:
    """The heads that stood on the screen: those shown now, or those that ``base`` names.

    A named head may have been superseded since, by a pull or by a save of one's own; what
    its line wrote is found in the snapshot or in the own log.
    """
    if entry is None:
        return {}
    if base is None:
        return heads_by_field(entry.seen)
    wanted = set(base)
    known: Snapshot = {**entry.server, **_own_lines(entry)}
    return heads_by_field({id: line for id, line in known.items() if id in wanted})


def observation_of(
    form: Form | None, values: Mapping[str, Any], opening: Mapping[str, list[Head]], person: str
) -> str | None:
    """The date that a save speaks of: what it says itself, else the author's own, else the shown one."""
    question = form.observation_date if form is not None else ""
    if not question:
        return None
    own = values.get(question, _date_before(form, opening, person))
    return own if isinstance(own, str) and is_date(own) else None


def _store(
    db: Database,
    change: Change,
    form: Form,
    person: Person,
    record: str,
    values: dict[str, Any],
    opening: dict[str, list[Head]],
    *,
    now_ms: int,
    random_bytes: RandomBytes,
) -> tuple[str, ...]:
    if not values:
        return ()
    observed_on = change.observed_on or observation_of(form, values, opening, person.id)
    me = Author(person.id, person.capacity, observed_on)
    writes = {
        field: Write(policy_of(form, field), tuple(opening.get(field, ())), value)
        for field, value in values.items()
    }
    writes |= _redated(db, form, values, opening, me)
    written = Written(record=record, form_key=form.key, form=form, me=me, writes=writes, why=change.why)
    return lines.store(db, written, now_ms=now_ms, random_bytes=random_bytes)


def _record_of(change: Change, form: Form, *, now_ms: int, random_bytes: RandomBytes) -> str:
    """The record that a save without one makes, or meets where the form names its records itself."""
    if not form.record_key:
        return record_id.fresh(now_ms, random_bytes(record_id.RANDOM_BYTES))
    values = _values(change, form, None, now_ms=now_ms, random_bytes=random_bytes)
    record = record_id.keyed(form.id, form.record_key, {AREA: change.area, **values})
    if record is None:
        raise wrong_usage("client.save.key-missing", form=form.id, parts=form.record_key.replace(",", ", "))
    return record


def _values(
    change: Change, form: Form, entry: Entry | None, *, now_ms: int, random_bytes: RandomBytes
) -> dict[str, Any]:
    """The fields that were typed or given, as a line can hold them."""
    shown = _shown(entry, form) if entry is not None else {}
    pairs = [*change.typed]
    for field, value in change.fields.items():
        pairs.append((storable(field) + ":", msgspec.json.encode(storable(value)).decode()))
    try:
        values = answers.answers(
            form,
            [(storable(field), storable(text)) for field, text in pairs],
            new_row=lambda: record_id.fresh(now_ms, random_bytes(record_id.RANDOM_BYTES)),
            current=shown,
        )
    except ValueError as error:
        raise wrong_usage("client.save.no-json", reason=str(error)) from error
    return {field: storable(value) for field, value in values.items()}


def _shown(entry: Entry, form: Form) -> dict[str, Any]:
    """The shown values of unit groups, over which single answers are laid."""
    units = {question.name for question in form.questions if question.type == "unit"}
    names = {
        field for line in entry.seen.values() for field in line.fields if field.rpartition("/")[2] in units
    }
    heads = heads_by_field(entry.seen, names)
    return {field: settle(policy_of(form, field), found).shown for field, found in heads.items()}


def _with_area(values: dict[str, Any], change: Change, entry: Entry | None) -> dict[str, Any]:
    """``_area`` is written when a record is made, and when another village is named for it."""
    area = change.area if change.area is not None else values.get(AREA)
    if area is None:
        if entry is None and change.record is None:
            raise wrong_usage("client.save.area-missing")
        return values
    if not is_village(area):
        raise wrong_usage("client.area-malformed", area=area)
    if AREA not in values and entry is not None and area in areas_of(entry.seen):
        return values
    return {**values, AREA: area}


def _redated(
    db: Database, form: Form, values: Mapping[str, Any], opening: Mapping[str, list[Head]], me: Author
) -> dict[str, Write]:
    """The author's values that a corrected observation date takes along, opened where sealed."""
    before = _date_before(form, opening, me.person)
    after = values.get(form.observation_date) if form.observation_date else None
    if not isinstance(before, str) or not isinstance(after, str) or before == after:
        return {}
    again = redated(opening, lambda field: policy_of(form, field), me, old_date=before)
    return {
        field: opened
        for field, write in again.items()
        if field not in values and (opened := _opened(db, field, write)) is not None
    }


def _opened(db: Database, field: str, again: Write) -> Write | None:
    """A restricted answer is committed to anew, which needs its value."""
    if not is_sealed(again.value):
        return again
    value = lines.own_secret(db, field, again.value)
    return None if value is None else msgspec.structs.replace(again, value=value)


def _date_before(form: Form | None, opening: Mapping[str, list[Head]], person: str) -> Any:
    question = form.observation_date if form is not None else ""
    heads = opening.get(question, ())
    if not heads:
        return None
    mine = [head for head in heads if head.person == person]
    return settle(policy_of(form, question), mine or heads).shown


def _own_lines(entry: Entry) -> dict[str, Line]:
    return {
        save.id: line_of(save.id, save.revision, suspect=save.revision.clock_age_s is None)
        for save in entry.own
    }
