"""Snapshots and feeds: what the server said last, and it may say otherwise at any time.

A page replaces the snapshots of its records and their villages in the feed. The last page
of a feed says that everything through ``have`` is in all its records; a checksum tells
whether device and server are equal. A feed that starts again gets a new generation, and its
last page sweeps what the old one left (without: ghosts of records that are gone).
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from sqlite_utils import Database

from field_client import forms, records
from field_client.journal import revisions_of
from field_client.settings import SUM_RETRY_MS
from sync.area import is_village, regency_of
from sync.feed import checksum_text, row_checksum
from sync.fold import encode_snapshot
from sync.forms.model import Form
from sync.record import AREA
from sync.wire import FeedEnd, SnapshotLine

SUM_MISMATCHES_MAX = 1
"""Wrong checksums in a row after which a feed is read again at once."""


class Page(msgspec.Struct, frozen=True):
    """The rows of a whole answer, where its feeds stand, and what it says of the own log."""

    rows: Sequence[SnapshotLine]
    end: Mapping[str, FeedEnd]
    have_local: int
    told: int
    now_ms: int


def cursors(db: Database, *, all: bool = False) -> dict[str, str]:
    """``{feed: cursor}``; feeds that must start again have none and are left out unless ``all``."""
    found = dict(db.conn.execute(CURSORS).fetchall())
    return found if all else {feed: cursor for feed, cursor in found.items() if cursor}


CURSORS = "SELECT feed, cursor FROM cursor ORDER BY feed"


def apply(db: Database, page: Page) -> bool:
    """Take the pages in. Inside the caller's transaction.

    True where a feed must be read again from its start, because its checksum was wrong.
    """
    generations = {feed: _generation(db, feed, end.reset) for feed, end in page.end.items()}
    _replace(db, page, generations)
    swept = sum(_sweep(db, feed, generations[feed]) for feed, end in page.end.items() if not end.more)
    if swept or any(row.gone for row in page.rows):
        _remove_homeless(db)
    again = [_end(db, feed, end, page) for feed, end in page.end.items()]
    return any(again)


def drop(db: Database, feeds: Iterable[str]) -> None:
    """These feeds have left the scope: their memberships go, and snapshots that no feed holds."""
    names = [{"feed": feed} for feed in feeds]
    if names:
        db.conn.executemany(DROP_MEMBERS, names)
        db.conn.executemany(DROP_CURSOR, names)
        _remove_homeless(db)


DROP_MEMBERS = "DELETE FROM member WHERE feed = :feed"
DROP_CURSOR = "DELETE FROM cursor WHERE feed = :feed"


def hold(db: Database, listed: Mapping[str, str], page: Page) -> None:
    """Own lines that are held are laid over snapshots until a snapshot can contain them.

    A line that is no longer listed leaves only with a snapshot of its record, or with the
    last page of its feed: before that the snapshot here does not contain it.
    """
    before = dict(db.conn.execute(HELD).fetchall())
    delivered = {row.r for row in page.rows}
    finished = {feed for feed, end in page.end.items() if not end.more}
    over = [
        {"id": id}
        for id, record in before.items()
        if id not in listed and (record in delivered or finished & _feeds_of(db, record))
    ]
    db.conn.executemany(RELEASE, over)
    db.conn.executemany(HOLD, [{"id": id, "why": why} for id, why in listed.items()])


HELD = "SELECT id, record FROM held"
RELEASE = "DELETE FROM held WHERE id = :id"

HOLD = """
INSERT INTO held (id, record, why)
SELECT own.id, own.record, :why
  FROM own
 WHERE own.id = :id
    ON CONFLICT (id) DO UPDATE SET why = excluded.why
"""


def mismatched(db: Database) -> list[str]:
    """Feeds whose checksum was wrong even after they were read again from their start."""
    return [feed for (feed,) in db.conn.execute(MISMATCHED, {"max": SUM_MISMATCHES_MAX})]


MISMATCHED = "SELECT feed FROM cursor WHERE mismatches > :max ORDER BY feed"


def _generation(db: Database, feed: str, reset: bool) -> int:
    """The generation of the rows of this answer; a feed that starts again gets the next one."""
    db.conn.execute(ADD_FEED, {"feed": feed})
    if reset:
        db.conn.execute(NEXT_GENERATION, {"feed": feed})
    return int(db.conn.execute(GENERATION, {"feed": feed}).fetchone()[0])


ADD_FEED = """
INSERT INTO cursor (feed, cursor, generation, upto, told)
VALUES (:feed, '', 0, 0, 0)
    ON CONFLICT (feed) DO NOTHING
"""
NEXT_GENERATION = "UPDATE cursor SET generation = generation + 1 WHERE feed = :feed"
GENERATION = "SELECT generation FROM cursor WHERE feed = :feed"


def _replace(db: Database, page: Page, generations: Mapping[str, int]) -> None:
    db.conn.executemany(LEAVE_FEED, [{"feed": row.f, "record": row.r} for row in page.rows])
    here = [row for row in page.rows if not row.gone and row.f in generations]
    shelf = forms.shelf(db)
    db.conn.executemany(PUT_SNAPSHOT, [_snapshot_row(row, page, shelf) for row in here])
    db.conn.executemany(COME_BACK, [{"record": row.r} for row in here])
    db.conn.executemany(
        PUT_MEMBER,
        [
            (row.f, row.r, village, row_checksum(row.r, village, live), generations[row.f])
            for row in here
            for live in [[line.id for line in row.L]]
            for village in row.areas
        ],
    )


LEAVE_FEED = "DELETE FROM member WHERE feed = :feed AND record = :record"

PUT_SNAPSHOT = """
INSERT INTO snapshot (record, form, snap, opened, upto, told, summary, conflicts)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (record) DO UPDATE
   SET form = excluded.form, snap = excluded.snap, opened = excluded.opened,
       upto = excluded.upto, told = excluded.told, summary = excluded.summary,
       conflicts = excluded.conflicts
"""

COME_BACK = "DELETE FROM outside WHERE record = :record"

PUT_MEMBER = """
INSERT INTO member (feed, record, village, x, generation)
VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (feed, record, village) DO UPDATE
   SET x = excluded.x, generation = excluded.generation
"""


def _snapshot_row(
    row: SnapshotLine, page: Page, shelf: Mapping[str, Form]
) -> tuple[str, str, bytes, bytes | None, int, int, bytes, int]:
    """The row with its summary: summed up later, each snapshot would be read and written twice."""
    snapshot = {line.id: line for line in row.L}
    opened = msgspec.json.encode(row.X) if row.X else None
    summary = records.summed_up(snapshot, row.k, shelf)
    return (
        row.r,
        row.k,
        encode_snapshot(snapshot),
        opened,
        page.have_local,
        page.told,
        msgspec.json.encode(summary),
        len(summary.conflicts),
    )


def _sweep(db: Database, feed: str, generation: int) -> int:
    return db.conn.execute(SWEEP, {"feed": feed, "generation": generation}).rowcount


SWEEP = "DELETE FROM member WHERE feed = :feed AND generation < :generation"


def _end(db: Database, feed: str, end: FeedEnd, page: Page) -> bool:
    """Move the cursor; at a last page tell ``upto``, and compare. True: the feed is read again."""
    values = {"feed": feed, "cursor": end.cursor, "upto": page.have_local, "told": page.told}
    if end.more:
        db.conn.execute(MOVE, values)
        return False
    db.conn.execute(FINISH, values)
    return end.sum is not None and _compare(db, feed, end.sum, page.now_ms)


MOVE = "UPDATE cursor SET cursor = :cursor WHERE feed = :feed"
FINISH = "UPDATE cursor SET cursor = :cursor, upto = :upto, told = :told WHERE feed = :feed"


def _compare(db: Database, feed: str, expected: str, now_ms: int) -> bool:
    """Whether device and server differ and the feed must be read again.

    Once at once; when that did not help, not for a day, and ``doctor`` says so: a fault that
    stays must not fetch the whole feed at every exchange.
    """
    checksum = 0
    for (x,) in db.conn.execute(CHECKSUMS, {"feed": feed}):
        checksum ^= x
    mismatches, quiet_until_ms = db.conn.execute(MISMATCHES, {"feed": feed}).fetchone()
    if checksum_text(checksum) == expected:
        if mismatches:
            db.conn.execute(NOTE_MISMATCH, {"feed": feed, "mismatches": 0, "quiet": 0})
        return False
    if now_ms < quiet_until_ms:
        return False
    if mismatches >= SUM_MISMATCHES_MAX and not quiet_until_ms:
        quiet = {"feed": feed, "mismatches": mismatches + 1, "quiet": now_ms + SUM_RETRY_MS}
        db.conn.execute(NOTE_MISMATCH, quiet)
        return False
    db.conn.execute(NOTE_MISMATCH, {"feed": feed, "mismatches": SUM_MISMATCHES_MAX, "quiet": 0})
    db.conn.execute(START_AGAIN, {"feed": feed})
    return True


CHECKSUMS = "SELECT x FROM member WHERE feed = :feed"
MISMATCHES = "SELECT mismatches, quiet_until_ms FROM cursor WHERE feed = :feed"
NOTE_MISMATCH = "UPDATE cursor SET mismatches = :mismatches, quiet_until_ms = :quiet WHERE feed = :feed"
START_AGAIN = "UPDATE cursor SET cursor = '' WHERE feed = :feed"


def _remove_homeless(db: Database) -> None:
    db.conn.execute(NOTE_OUTSIDE)
    db.conn.execute(REMOVE_HOMELESS)


NOTE_OUTSIDE = """
-- Own saves of such records stay readable, marked "di luar wilayah Anda".
INSERT INTO outside (record)
SELECT snapshot.record
  FROM snapshot
 WHERE NOT EXISTS (SELECT 1 FROM member WHERE member.record = snapshot.record)
   AND EXISTS (SELECT 1 FROM own WHERE own.record = snapshot.record)
    ON CONFLICT (record) DO NOTHING
"""


REMOVE_HOMELESS = """
-- Snapshots of records that no feed of this device carries any more.
DELETE FROM snapshot
 WHERE NOT EXISTS (SELECT 1 FROM member WHERE member.record = snapshot.record)
"""


def _feeds_of(db: Database, record: str) -> set[str]:
    """The feeds of a record: of its memberships, else of the villages that its own saves name."""
    found = {feed for (feed,) in db.conn.execute(FEEDS_OF, {"record": record})}
    if found:
        return found
    villages = [revision.values.get(AREA) for _, revision in revisions_of(db, record)]
    return {regency_of(village) for village in villages if is_village(village)}


FEEDS_OF = "SELECT DISTINCT feed FROM member WHERE record = :record"
