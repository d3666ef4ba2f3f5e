"""The readiness of villages: computed where something changed, counted where somebody looks."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

import msgspec

from server.hub.forms import FormShelf
from server.store.base import RecordRow, Store, Unit
from server.store.listing import Readiness
from sync.fold import decode_snapshot
from sync.forms.completeness import (
    BLOCKED,
    COMPLETE,
    DOES_NOT_APPLY,
    EMPTY,
    PARTIAL,
    RULES,
    VERIFIED,
    Entry,
    topic_states,
)
from sync.forms.model import ATTACHMENTS, TOPICS, field_of
from sync.record import glance, heads_by_field

BATCH = 20
"""Villages that are computed at a time."""

RECORDS_MAX = 500
"""Records of a village that are looked at, the newest ones."""

STATES = (VERIFIED, COMPLETE, PARTIAL, EMPTY, BLOCKED, DOES_NOT_APPLY)
NEARLY_MAX = 2
"""A topic that lacks no more items than this is nearly complete: the cheapest to finish."""

_PROVING = frozenset(proof.question for rule in RULES.values() for proof in rule.proofs)


class TopicCount(msgspec.Struct, frozen=True, kw_only=True):
    """A topic in a scope: villages by state, out of ``villages``.

    ``complete``: they lack nothing, an obstacle or not. ``nearly``: they lack one or two items.
    """

    topic: str
    villages: int
    states: dict[str, int]
    complete: int
    nearly: int


def judge(
    store: Store,
    shelf: FormShelf,
    *,
    today: str,
    villages_max: int = BATCH,
    records_enough: int = BATCH * RECORDS_MAX,
) -> int:
    """Compute the readiness of villages that are due; how many are left.

    Ends after so many villages, or after the one with which ``records_enough`` were looked at.
    Safe to call at any time: what changes meanwhile stays due.
    """
    rows: list[tuple[Readiness, int]] = []
    looked_at = 0
    with store.read() as unit:
        for due in unit.listing.due(today=today, limit=villages_max):
            entries = _entries(unit, shelf, due.village)
            rows.append((_judged(unit, due.village, entries, today), due.times))
            looked_at += len(entries)
            if looked_at >= records_enough:
                break
    if not rows:
        return 0
    with store.write() as unit:
        for row, times in rows:
            unit.listing.put_readiness(row, times=times)
        return unit.listing.due_count(today=today)


def readiness_in(unit: Unit, scope: Iterable[str], *, counted: Collection[str]) -> list[TopicCount]:
    """Each topic over the villages of a scope that count; one that never had a record is empty."""
    rows = [row for row in unit.listing.readiness(scope) if row.village in counted]
    return [
        _count(topic, [row.states[topic] for row in rows if topic in row.states], len(counted))
        for topic in TOPICS
    ]


def _count(topic: str, found: list[tuple[str, str, int]], villages: int) -> TopicCount:
    states = Counter(state for state, _, _ in found)
    states[EMPTY] += villages - len(found)
    return TopicCount(
        topic=topic,
        villages=villages,
        states={state: states[state] for state in STATES},
        complete=sum(beneath in (COMPLETE, VERIFIED) for _, beneath, _ in found),
        nearly=sum(beneath == PARTIAL and missing <= NEARLY_MAX for _, beneath, missing in found),
    )


def _entries(unit: Unit, shelf: FormShelf, village: str) -> list[Entry]:
    ids = unit.listing.of_villages([village], limit=RECORDS_MAX)
    return [entry for row in unit.records.load(ids).values() if (entry := _entry(unit, shelf, row))]


def _judged(unit: Unit, village: str, entries: list[Entry], today: str) -> Readiness:
    named = {sha256 for entry in entries for sha256 in _attachments(entry)}
    received = {sha256 for sha256 in named if unit.attachments.get(sha256) is not None}
    states = topic_states(entries, today=today, received=received)
    return Readiness(
        village,
        today,
        {topic: (found.state, found.beneath, len(found.missing)) for topic, found in states.items()},
    )


def _entry(unit: Unit, shelf: FormShelf, row: RecordRow) -> Entry | None:
    """A record as readiness reads it; ``None`` where it is deleted, or its form is not known."""
    form = shelf.current(unit, row.form.partition("/")[0])
    snapshot = decode_snapshot(row.snapshot)
    seen = glance(snapshot, form)
    if form is None or seen.deleted:
        return None
    gone = {f"{deleted}/_deleted" for deleted in seen.deleted_rows}
    heads = heads_by_field(snapshot, _PROVING)
    return Entry(
        record=row.id,
        form=form,
        shown={
            name: value
            for name, value in seen.shown.items()
            if not name.endswith("/_deleted") or name in gone
        },
        conflicts=row.conflicts,
        organisations={
            name: next((head.organisation for head in found if head.value == seen.shown[name]), "")
            for name, found in heads.items()
        },
    )


def _attachments(entry: Entry) -> Iterable[str]:
    shown: Mapping[str, object] = entry.shown
    for name, value in shown.items():
        found = field_of(entry.form, name) if "/" in name and value is not None else None
        if found is not None and found.sha256 and found.question.type in ATTACHMENTS:
            yield found.sha256
