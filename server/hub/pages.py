"""The pages of an answer: what changed in every feed of a scope since a cursor."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from server.store.base import FeedRow, Unit
from sync.area import in_regency, is_regency, regency_of, within
from sync.feed import Cursor, checksum_text, read_cursor, scope_tag, write_cursor
from sync.fold import decode_snapshot
from sync.secrets import may_hold_commitment
from sync.wire import FeedEnd, write_gone_line, write_snapshot_line


class Reader(msgspec.Struct, frozen=True):
    """Who reads: the scope as area prefixes, and whose restricted answers he may see.

    ``opens_all``: every one in the scope; else those of the person ``opens_of``, if any.
    """

    scope: tuple[str, ...]
    opens_all: bool = False
    opens_of: str | None = None


class Pages(msgspec.Struct, frozen=True):
    """Snapshot lines of an answer, and where each feed stands after them."""

    lines: list[bytes]
    end: dict[str, FeedEnd]


def pages_for(unit: Unit, reader: Reader, cursors: Mapping[str, str], *, rows_max: int) -> Pages:
    """Every feed in the reader's scope, oldest change first, until ``rows_max`` lines are full.

    A feed that ``cursors`` does not name, or whose cursor is of another scope, of another
    server or of a time that a restored server no longer knows, starts again (``reset``); so
    does a feed that the reader has and that a restored server has never seen.
    """
    lines: list[bytes] = []
    end: dict[str, FeedEnd] = {}
    named = [feed for feed in cursors if is_regency(feed) and in_regency(reader.scope, feed)]
    for feed in sorted({*unit.feeds.regencies(reader.scope), *named}):
        found, end[feed] = _page(unit, reader, feed, cursors.get(feed), rows_max=rows_max - len(lines))
        lines += found
    return Pages(lines, end)


def _page(
    unit: Unit, reader: Reader, feed: str, cursor_text: str | None, *, rows_max: int
) -> tuple[list[bytes], FeedEnd]:
    tag = scope_tag(in_regency(reader.scope, feed), opens_restricted=reader.opens_all)
    newest, newest_hash = unit.feeds.counter(feed)
    cursor = _valid(unit, feed, cursor_text, tag)
    after = cursor.position if cursor else 0
    rows = unit.feeds.page(feed, reader.scope, after=after, limit=rows_max + 1) if after < newest else []
    more = len(rows) > rows_max
    rows = rows[:rows_max]
    position = (rows[-1].position if rows else after) if more else newest
    end = FeedEnd(
        cursor=write_cursor(Cursor(position, newest, newest_hash, tag)),
        more=more,
        reset=cursor is None,
        sum=None if more else checksum_text(unit.feeds.sum_of(feed, reader.scope)),
    )
    return _lines(unit, reader, feed, rows), end


def _valid(unit: Unit, feed: str, text: str | None, tag: str) -> Cursor | None:
    """The cursor, or ``None`` where the feed must start again."""
    cursor = read_cursor(text) if text else None
    if cursor is None or cursor.tag != tag or not 0 <= cursor.position <= cursor.newest:
        return None
    return cursor if unit.feeds.knows(feed, cursor.newest, cursor.newest_hash) else None


def _lines(unit: Unit, reader: Reader, feed: str, rows: Sequence[FeedRow]) -> list[bytes]:
    """One line for each record of the page, in the order of its last row."""
    latest = {row.record: row for row in rows}
    secrets = _opened(unit, reader, latest.values())
    lines = []
    for row in latest.values():
        areas = [area for area in row.areas if regency_of(area) == feed and within(area, reader.scope)]
        if areas:
            lines.append(
                write_snapshot_line(feed, row.record, row.form, areas, row.snapshot, secrets.get(row.record))
            )
        else:
            lines.append(write_gone_line(feed, row.record))
    return lines


def _opened(
    unit: Unit, reader: Reader, rows: Iterable[FeedRow]
) -> dict[str, dict[str, dict[str, tuple[str, str]]]]:
    """``{record: {revision: {field: [salt, text]}}}`` of what the reader may open."""
    if not reader.opens_all and reader.opens_of is None:
        return {}
    found: dict[str, dict[str, dict[str, tuple[str, str]]]] = {}
    for row in rows:
        if not may_hold_commitment(row.snapshot):
            continue
        snapshot = decode_snapshot(row.snapshot)
        revisions = [
            id for id, line in snapshot.items() if reader.opens_all or line.person == reader.opens_of
        ]
        for (revision, field), secret in unit.log.secrets_of(revisions).items():
            if field in snapshot[revision].fields and secret.salt is not None and secret.text is not None:
                opened = found.setdefault(row.record, {}).setdefault(revision, {})
                opened[field] = (secret.salt, secret.text)
    return found
