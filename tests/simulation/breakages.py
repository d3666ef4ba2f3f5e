"""The broken versions themselves, each as small as the mistake that somebody might make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlite_utils import Database

from field_client import facts, journal, records
from field_client.exchange import Request
from field_client.journal import NextPlace
from server.hub.intake import Body
from server.hub.pages import Reader
from server.store.base import FeedRow, LogRow, Unit
from server.store.sqlite.log import SqliteLog
from sync.area import regency_of, within
from sync.chain import START, Place
from sync.fold import Snapshot, absorb
from sync.policies import Head
from sync.record import OwnRevision, heads_by_field, overlay
from sync.revision import Revision
from sync.wire import write_gone_line, write_snapshot_line


def nothing(*args: Any, **kwargs: Any) -> None:
    """What should be kept is not."""


def always(*args: Any, **kwargs: Any) -> bool:
    """What should be asked is not."""
    return True


def absorb_killing_whole_lines(
    snapshot: Snapshot,
    awaited: set[tuple[str, str]],
    id: str,
    revision: Revision,
    *,
    suspect: bool,
    merged: Callable[[str], bool],
) -> None:
    """A base kills in every field of what it names."""
    absorb(snapshot, awaited, id, revision, suspect=suspect, merged=merged)
    for field in revision.values:
        for base in revision.base_of(field):
            snapshot.pop(base, None)


def every_head(policy: Any, heads: Iterable[Head], me: Any, value: Any) -> list[str]:
    """A save supersedes whatever was on the screen."""
    return sorted(head.id for head in heads)


def one_tag(prefixes: Iterable[str], *, opens_restricted: bool) -> str:
    """A cursor does not say for which scope it is."""
    return "tag"


def bare_gone(unit: Unit, reader: Reader, feed: str, rows: Sequence[FeedRow]) -> list[bytes]:
    """A record that left one village is gone, though it may stand in another."""
    lines = []
    for row in {row.record: row for row in rows}.values():
        areas = [area for area in row.areas if regency_of(area) == feed and within(area, reader.scope)]
        if row.gone or not areas:
            lines.append(write_gone_line(feed, row.record))
        else:
            lines.append(write_snapshot_line(feed, row.record, row.form, areas, row.snapshot))
    return lines


def global_upto(db: Database, record: str) -> int:
    """What the server has is in every snapshot that is here."""
    return journal.have_local(db)


def overlay_of_loose_saves(snapshot: Snapshot, own: Iterable[OwnRevision]) -> Snapshot:
    """Only the bases of saves that are laid over count."""
    return overlay(snapshot, [save for save in own if save.laid_over])


class HeldOnce:
    """A held line is listed in one answer and never again."""

    told: set[str] = set()  # noqa: RUF012 - one memory for the run of a mutant
    real = SqliteLog.held_ids

    @staticmethod
    def held_ids(log: SqliteLog, root: str) -> list[tuple[str, str]]:
        """Those that were not listed before."""
        found = [(id, why) for id, why in HeldOnce.real(log, root) if id not in HeldOnce.told]
        HeldOnce.told.update(id for id, _ in found)
        return found


FINISH_WITHOUT_UPTO = "UPDATE cursor SET cursor = :cursor WHERE feed = :feed"


def have_known(unit: Unit, request: Body) -> Place:
    """A line that is here counts, whether the lines before it are here or not."""
    header = request.header
    candidates = [header.tip.id, *(line.id for line in reversed(request.lines)), header.after.id]
    places = unit.log.places(id for id in candidates if id)
    return next((Place(places[id].seq, id) for id in candidates if id in places), START)


def have_highest(unit: Unit, request: Body) -> Place:
    """The highest number that is here of this device."""
    row = unit.log._db.execute(  # type: ignore[attr-defined]
        "SELECT seq, id FROM revision WHERE device = ? AND complete = 1 ORDER BY seq DESC LIMIT 1",
        [request.header.device],
    ).fetchone()
    return Place(*row) if row else START


def state_have_by_number(db: Database, request: Request, have: Place, known: tuple[Place, ...]) -> int:
    """The device goes on behind the number that the server names."""
    (local,) = db.conn.execute("SELECT coalesce(max(local), 0) FROM own WHERE s <= ?", [have.seq]).fetchone()
    facts.put_json(db, facts.HAVE, journal.place_at(db, local))
    return int(local)


def state_have_remembered(db: Database, request: Request, have: Place, known: tuple[Place, ...]) -> int:
    """The device believes what it once heard."""
    local = max(journal.have_local(db), journal.local_of(db, have.id) or 0)
    facts.put_json(db, facts.HAVE, journal.place_at(db, local))
    return local


_real_append = SqliteLog.append


def append_by_number(log: SqliteLog, rows: Sequence[LogRow]) -> None:
    """A line whose device and number are here already is here already."""
    taken = "SELECT 1 FROM revision WHERE device = ? AND seq = ?"
    _real_append(log, [row for row in rows if not log._db.execute(taken, [row.device, row.seq]).fetchone()])


_real_next_place = journal.next_place


def second_chain(db: Database) -> NextPlace:
    """The new device id of a fork starts a chain of its own."""
    place = _real_next_place(db)
    return NextPlace(
        place.device, place.seq, "" if place.branched_from else place.previous, place.branched_from
    )


def no_sweep(db: Database, feed: str, generation: int) -> int:
    """What a feed that starts again no longer has stays."""
    return 0


def opening_of_now(entry: records.Entry | None, base: Iterable[str] | None) -> Mapping[str, list[Head]]:
    """A pull widens the base of an open form."""
    return heads_by_field(entry.seen) if entry else {}
