"""Feeds in SQLite."""

import sqlite3
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import xor

from server.store.base import FeedRow
from server.store.sqlite.arrays import array, texts_of
from sync.area import in_regency, regency_of, within
from sync.feed import GENESIS_HASH, Change

COUNTER = "SELECT n, h FROM regency WHERE code = :regency"
ADVANCE = """
INSERT INTO regency (code, n, h) VALUES (:regency, :n, :h)
ON CONFLICT (code) DO UPDATE SET n = excluded.n, h = excluded.h
"""
REMEMBER = "INSERT INTO feed_log (regency, n, h) VALUES (:regency, :n, :h)"
KNOWS = "SELECT 1 FROM feed_log WHERE regency = :regency AND n = :n AND h = :h"
PUT = """
INSERT INTO feed (regency, n, village, record, x, gone) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (record, village) DO UPDATE SET n = excluded.n, x = excluded.x, gone = excluded.gone
"""
ADD_TO_SUM = """
INSERT INTO village (code, sum) VALUES (:village, :delta)
ON CONFLICT (code) DO UPDATE SET sum = (sum | excluded.sum) - (sum & excluded.sum)
"""
REGENCIES = "SELECT code FROM regency ORDER BY code"
PAGE_OF_REGENCY = """
SELECT feed.n, feed.record, feed.gone, record.form, record.snapshot, record.areas
  FROM feed
  JOIN record ON record.id = feed.record
 WHERE feed.regency = :regency
   AND feed.n > :after
 ORDER BY feed.n
 LIMIT :limit
"""
PAGE_OF_VILLAGES = """
SELECT feed.n, feed.record, feed.gone, record.form, record.snapshot, record.areas
  FROM feed
  JOIN record ON record.id = feed.record
 WHERE feed.regency = :regency
   AND feed.n > :after
   AND EXISTS (SELECT 1
                 FROM json_each(:prefixes) AS prefix
                WHERE feed.village = prefix.value OR feed.village GLOB prefix.value || '.*')
 ORDER BY feed.n
 LIMIT :limit
"""
SUMS_OF_REGENCY = "SELECT code, sum FROM village WHERE code >= :regency || '.' AND code < :regency || '/'"
ROWS_OF = "SELECT village, x, gone FROM feed WHERE record = :record ORDER BY village"
VILLAGE_SUMS = "SELECT code, sum FROM village ORDER BY code"
LIVE_ROWS = "SELECT village, x FROM feed WHERE gone = 0"


class SqliteFeeds:
    """``server.store.base.Feeds`` over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def counter(self, regency: str) -> tuple[int, str]:
        """See Feeds."""
        row = self._db.execute(COUNTER, {"regency": regency}).fetchone()
        return (row[0], row[1]) if row else (0, GENESIS_HASH)

    def advance(self, regency: str, *, n: int, h: str) -> None:
        """See Feeds."""
        values = {"regency": regency, "n": n, "h": h}
        self._db.execute(ADVANCE, values)
        self._db.execute(REMEMBER, values)

    def knows(self, regency: str, n: int, h: str) -> bool:
        """See Feeds."""
        if n == 0:
            return h == GENESIS_HASH
        return self._db.execute(KNOWS, {"regency": regency, "n": n, "h": h}).fetchone() is not None

    def put(self, regency: str, changes: Sequence[Change]) -> None:
        """See Feeds."""
        self._db.executemany(
            PUT,
            [
                (regency, change.position, change.village, change.record, change.checksum, int(change.gone))
                for change in changes
            ],
        )

    def add_to_sums(self, deltas: Mapping[str, int]) -> None:
        """See Feeds."""
        self._db.executemany(
            ADD_TO_SUM, [{"village": village, "delta": delta} for village, delta in deltas.items()]
        )

    def regencies(self, prefixes: Sequence[str]) -> list[str]:
        """See Feeds."""
        changed = [code for (code,) in self._db.execute(REGENCIES) if in_regency(prefixes, code)]
        named = [regency_of(prefix) for prefix in prefixes if regency_of(prefix) != prefix[:2]]
        return sorted({*changed, *named})

    def page(self, regency: str, prefixes: Sequence[str], *, after: int, limit: int) -> list[FeedRow]:
        """See Feeds."""
        narrowed = in_regency(prefixes, regency)
        query = PAGE_OF_REGENCY if regency in narrowed else PAGE_OF_VILLAGES
        values = {"regency": regency, "after": after, "limit": limit, "prefixes": array(narrowed)}
        return [
            FeedRow(n, record, bool(gone), form, snapshot, texts_of(areas))
            for n, record, gone, form, snapshot, areas in self._db.execute(query, values)
        ]

    def sum_of(self, regency: str, prefixes: Sequence[str]) -> int:
        """See Feeds."""
        rows = self._db.execute(SUMS_OF_REGENCY, {"regency": regency})
        return reduce(xor, (total for village, total in rows if within(village, prefixes)), 0)

    def rows_of(self, record: str) -> dict[str, tuple[int, bool]]:
        """See Feeds."""
        rows = self._db.execute(ROWS_OF, {"record": record})
        return {village: (checksum, bool(gone)) for village, checksum, gone in rows}

    def village_sums(self) -> dict[str, int]:
        """See Feeds."""
        return dict(self._db.execute(VILLAGE_SUMS).fetchall())

    def summed_rows(self) -> dict[str, int]:
        """See Feeds."""
        sums: dict[str, int] = {}
        for village, checksum in self._db.execute(LIVE_ROWS):
            sums[village] = sums.get(village, 0) ^ checksum
        return sums
