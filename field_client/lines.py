"""From writes to lines: bases, sealed answers, limits, and the place in the log.

One save may hold more fields or bytes than a line; it is split then, and all its lines are
stored in the one transaction of the save.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlite_utils import Database

from field_client import facts, journal
from field_client.facts import RandomBytes
from sync.base import Author, Write, bases
from sync.forms.model import Form, field_of
from sync.policies import is_sealed
from sync.revision import FIELDS_MAX, INTEGER_MAX, LimitExceeded, Revision
from sync.revision import write as written_line
from sync.secrets import opens, seal, value_of


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A save, ready to become lines: whose, of what, and every field with its heads."""

    record: str
    form_key: str
    form: Form | None
    me: Author
    writes: Mapping[str, Write]
    why: str | None = None
    resolution: bool = False


def store(db: Database, save: Written, *, now_ms: int, random_bytes: RandomBytes) -> tuple[str, ...]:
    """Append the lines of a save; their ids in order. Inside the caller's transaction.

    Raises LimitExceeded for a single value that no line can hold.
    """
    values = {field: write.value for field, write in save.writes.items()}
    sealed, texts = seal(
        values, lambda field: is_restricted(save.form, field), lambda: facts.fresh_salt(random_bytes)
    )
    written_ms, clock_age_s = corrected_clock(db, now_ms)
    draft = Revision(
        device="",
        seq=INTEGER_MAX,
        record=save.record,
        form=save.form_key,
        author=save.me.person,
        capacity=save.me.capacity,
        written_ms=written_ms,
        clock_age_s=clock_age_s,
        observed=save.me.observed_on,
        values={},
        why=save.why or None,
    )
    return tuple(_append(db, part, texts) for part in _parts(save, draft, sealed))


def is_restricted(form: Form | None, field: str) -> bool:
    """Whether answers of a field stand in the line as commitments only."""
    found = field_of(form, field) if form is not None and not field.startswith("_") else None
    return found is not None and found.question.security == "restricted"


def corrected_clock(db: Database, now_ms: int) -> tuple[int, int | None]:
    """``(t, ta)``: wall clock corrected by the last server time seen, and that correction's age.

    No age where the clock was never corrected, or was set back since: then nothing is known.
    """
    checked = facts.get(db, facts.CLOCK_CHECKED_MS)
    if checked is None or int(checked) > now_ms:
        return min(max(now_ms, 0), INTEGER_MAX), None
    offset_ms = int(facts.get(db, facts.CLOCK_OFFSET_MS) or 0)
    return min(max(now_ms + offset_ms, 0), INTEGER_MAX), (now_ms - int(checked)) // 1000


def own_secret(db: Database, field: str, sealed: Any) -> Any:
    """The value of a restricted answer that an own line committed to, or ``None``."""
    for salt, text in db.conn.execute(SECRETS_OF_FIELD, {"field": field}):
        if opens(sealed, salt, text):
            return value_of(text)
    return None


SECRETS_OF_FIELD = "SELECT salt, text FROM secret WHERE field = :field"


def _append(db: Database, part: Revision, texts: Mapping[str, tuple[str, str]]) -> str:
    place = journal.next_place(db)
    revision = msgspec.structs.replace(
        part, device=place.device, seq=place.seq, branched_from=place.branched_from
    )
    mine = {field: text for field, text in texts.items() if is_sealed(part.values.get(field))}
    return journal.append(db, revision, written_line(revision), mine, previous=place.previous)


def _parts(save: Written, draft: Revision, sealed: Mapping[str, Any]) -> list[Revision]:
    """The save as one revision, or as several where one would break a limit.

    Tried with the longest number and device id that a line can have, so that what fits here
    fits at its place.
    """
    base, own = bases(save.writes, save.me, resolution=save.resolution)
    part = msgspec.structs.replace(draft, values=dict(sealed), base=base, field_bases=own)
    if len(sealed) <= FIELDS_MAX:
        try:
            written_line(msgspec.structs.replace(part, device="x" * 16, branched_from="x" * 16))
            return [part]
        except LimitExceeded:
            if len(sealed) == 1:
                raise
    fields = list(sealed)
    middle = min(len(fields) // 2, FIELDS_MAX)
    return [
        revision
        for some in (fields[:middle], fields[middle:])
        for revision in _parts_of(save, draft, sealed, some)
    ]


def _parts_of(save: Written, draft: Revision, sealed: Mapping[str, Any], fields: list[str]) -> list[Revision]:
    smaller = msgspec.structs.replace(save, writes={field: save.writes[field] for field in fields})
    return _parts(smaller, draft, {field: sealed[field] for field in fields})
