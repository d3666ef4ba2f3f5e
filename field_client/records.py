"""Records as this device sees them: the server's snapshot with its own saves laid over it."""

from collections.abc import Iterable, Mapping

import msgspec
from sqlite_utils import Database

from field_client import facts, forms, journal
from sync.area import within
from sync.fold import Snapshot, decode_snapshot
from sync.forms.model import Form
from sync.policies import is_sealed
from sync.record import DELETED, OwnRevision, RecordView, areas_of, conflicts_of, overlay, view
from sync.secrets import reveal, value_of


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A record on this device.

    ``server``: the snapshot as it came; ``seen``: what is shown. ``opened``: the restricted
    answers that are open here. ``outside``: the record has left the scope of this device.
    """

    record: str
    form_key: str
    form: Form | None
    server: Snapshot
    seen: Snapshot
    own: tuple[OwnRevision, ...]
    opened: dict[tuple[str, str], object]
    unsent: int
    outside: bool

    def view(self) -> RecordView:
        """How the record is shown.

        Values that are open are compared as such where all heads of the field are; else by
        the equality groups that the server gave, so that conflicts come out as they do there.
        """
        return view(reveal(self.seen, self._wholly_open()), self.form)

    def _wholly_open(self) -> dict[tuple[str, str], object]:
        closed = {
            field
            for id, line in self.seen.items()
            for field, value in line.fields.items()
            if is_sealed(value) and (id, field) not in self.opened
        }
        return {key: value for key, value in self.opened.items() if key[1] not in closed}


class Summary(msgspec.Struct, frozen=True):
    """What a list says of a record."""

    areas: tuple[str, ...]
    deleted: bool
    conflicts: tuple[str, ...]


class Listed(msgspec.Struct, frozen=True):
    """A record in a list."""

    record: str
    form_key: str
    summary: Summary
    unsent: int


def load(db: Database, record: str) -> Entry | None:
    """A record with everything that this device knows of it, or ``None``. Of one moment."""
    stored = db.conn.execute(STORED, {"record": record}).fetchone()
    saves = journal.revisions_of(db, record)
    if stored is None and not saves:
        return None
    form_key = stored[0] if stored else saves[-1][1].form
    server = decode_snapshot(stored[1]) if stored else {}
    upto = upto_of(db, record) if stored else None
    held = held_ids(db, record)
    own = tuple(
        OwnRevision(line.id, revision, upto is None or line.local > upto or line.id in held)
        for line, revision in saves
    )
    seen = overlay(server, own)
    have = journal.have_local(db)
    return Entry(
        record=record,
        form_key=form_key,
        form=forms.current(db, form_key.partition("/")[0]),
        server=server,
        seen=seen,
        own=own,
        opened=_opened(db, own, stored[2] if stored else None),
        unsent=sum(line.local > have for line, _ in saves),
        outside=stored is None and _is_outside(db, record, seen),
    )


STORED = "SELECT form, snap, opened FROM snapshot WHERE record = :record"


def upto_of(db: Database, record: str) -> int:
    """Local row of the last own line that a record's snapshot contains, as told last.

    Told with the record itself, or with the last page of a feed, for all its records.
    """
    return int(db.conn.execute(UPTO, {"record": record}).fetchone()[0])


UPTO = """
SELECT upto
  FROM (SELECT upto, told
          FROM snapshot
         WHERE record = :record
         UNION ALL
        SELECT c.upto, c.told
          FROM cursor AS c
          JOIN member AS m ON m.feed = c.feed
         WHERE m.record = :record)
 ORDER BY told DESC
 LIMIT 1
"""


def held_ids(db: Database, record: str) -> dict[str, str]:
    """``{id: why}`` of the held own lines of a record."""
    return dict(db.conn.execute(HELD_OF, {"record": record}).fetchall())


HELD_OF = "SELECT id, why FROM held WHERE record = :record"


def listed(db: Database) -> list[Listed]:
    """Every record of this device, by id, with what a list says of it. Of one moment."""
    unsent = dict(db.conn.execute(UNSENT_BY_RECORD, {"have": journal.have_local(db)}).fetchall())
    live = _live(db)
    found: list[Listed] = []
    for record, form_key, text in db.conn.execute(SUMMARIES).fetchall():
        if record in live or text is None:
            live.add(record)
        else:
            found.append(Listed(record, form_key, _decode_summary(text), unsent.get(record, 0)))
    for record in live:
        entry = load(db, record)
        if entry is not None:
            found.append(Listed(record, entry.form_key, summary_of(entry), unsent.get(record, 0)))
    return sorted(found, key=lambda listed: listed.record)


UNSENT_BY_RECORD = """
SELECT record, count(*)
  FROM own
 WHERE local > :have
 GROUP BY record
"""

SUMMARIES = "SELECT record, form, summary FROM snapshot"


def open_conflicts(db: Database) -> set[tuple[str, str]]:
    """``(record, field)`` of everything that waits for a person. Of one moment.

    Costs what is in question and what was saved here, not what the device holds.
    """
    live = _live(db)
    found: set[tuple[str, str]] = set()
    for record, text in db.conn.execute(IN_QUESTION).fetchall():
        if record in live or text is None:
            live.add(record)
        else:
            found.update((record, field) for field in _decode_summary(text).conflicts)
    for record in live:
        entry = load(db, record)
        if entry is not None:
            found.update((record, field) for field in entry.view().conflicts)
    return found


IN_QUESTION = "SELECT record, summary FROM snapshot WHERE conflicts IS NULL OR conflicts > 0"


def _live(db: Database) -> set[str]:
    """Records of which no summary speaks: own saves lie over the snapshot, or there is none."""
    live = {record for (record,) in db.conn.execute(HELD_RECORDS)}
    for record, last, here in db.conn.execute(OWN_BY_RECORD).fetchall():
        if not here or last > upto_of(db, record):
            live.add(record)
    return live


HELD_RECORDS = "SELECT DISTINCT record FROM held"

OWN_BY_RECORD = """
SELECT own.record, max(own.local), max(snapshot.local) IS NOT NULL
  FROM own
  LEFT JOIN snapshot ON snapshot.record = own.record
 GROUP BY own.record
"""


def sum_up(db: Database) -> None:
    """Compute the summaries that are missing. Inside the caller's transaction.

    They speak of the snapshot alone; a record with own saves over it is summed up when asked.
    """
    shelf = forms.shelf(db)
    for local, form_key, snap in db.conn.execute(WITHOUT_SUMMARY).fetchall():
        summary = summed_up(decode_snapshot(snap), form_key, shelf)
        db.conn.execute(PUT_SUMMARY, (msgspec.json.encode(summary), len(summary.conflicts), local))


WITHOUT_SUMMARY = "SELECT local, form, snap FROM snapshot WHERE conflicts IS NULL"

PUT_SUMMARY = "UPDATE snapshot SET summary = ?, conflicts = ? WHERE local = ?"


def summed_up(snapshot: Snapshot, form_key: str, shelf: Mapping[str, Form]) -> Summary:
    """The summary of a snapshot alone, under the current versions of the forms."""
    form = shelf.get(form_key.partition("/")[0])
    deleted = any(DELETED in line.fields for line in snapshot.values()) and view(snapshot, form).deleted
    return Summary(areas_of(snapshot), deleted, conflicts_of(snapshot, form))


def summary_of(entry: Entry) -> Summary:
    """The summary of a record as this device shows it."""
    seen = entry.view()
    return Summary(seen.areas, seen.deleted, seen.conflicts)


_decode_summary = msgspec.json.Decoder(Summary).decode


def _opened(db: Database, own: Iterable[OwnRevision], stored: bytes | None) -> dict[tuple[str, str], object]:
    """``{(revision, field): value}``: what the server opened, and always one's own."""
    opened = {}
    if stored is not None:
        told = msgspec.json.decode(stored, type=dict[str, dict[str, tuple[str, str]]])
        opened = {
            (id, field): value_of(text) for id, texts in told.items() for field, (_, text) in texts.items()
        }
    for id, texts in journal.secrets_of(db, [save.id for save in own]).items():
        opened.update({(id, field): value_of(text) for field, (_, text) in texts.items()})
    return opened


def _is_outside(db: Database, record: str, seen: Snapshot) -> bool:
    """Own saves of a record that the feeds of this device no longer carry: *di luar wilayah Anda*."""
    if db.conn.execute(HAS_LEFT, {"record": record}).fetchone():
        return True
    areas, scope = areas_of(seen), facts.scope(db)
    return bool(areas) and bool(scope) and not any(within(area, scope) for area in areas)


HAS_LEFT = "SELECT 1 FROM outside WHERE record = :record"
