"""The console's list of records in PostgreSQL."""

import json
from collections.abc import Iterable, Sequence

from psycopg import Connection

from server.store.listing import Count, Due, Filter, HeldLine, Listed, Readiness, Waiting

PLACES = "SELECT regency, n FROM listed_through ORDER BY regency"
COUNTERS = "SELECT code, n FROM regency ORDER BY code"
REACH = """
INSERT INTO listed_through (regency, n) VALUES (%(regency)s, %(n)s)
ON CONFLICT (regency) DO UPDATE SET n = excluded.n
"""
MADE_FOR = "SELECT forms FROM listed_for"
FORGET = ("DELETE FROM listed_through", "DELETE FROM listed_for")
MAKE_FOR = "INSERT INTO listed_for (one, forms) VALUES (1, %(forms)s)"
DROP = "DELETE FROM listed WHERE record = %(record)s RETURNING village"
PUT = """
INSERT INTO listed (record, village, form_id, title, updated_ms, conflicts, deleted, words)
VALUES (%(record)s, %(village)s, %(form_id)s, %(title)s, %(updated_ms)s, %(conflicts)s, %(deleted)s,
        to_tsvector('simple', %(words)s))
"""
PAGE = """
SELECT record, village, form_id, title, updated_ms, conflicts, deleted
  FROM listed
 WHERE (updated_ms < %(updated_ms)s OR (updated_ms = %(updated_ms)s AND record > %(record)s))
   AND (%(with_deleted)s OR NOT deleted)
   AND conflicts >= %(conflicts)s
   AND (%(form_id)s::TEXT IS NULL OR form_id = %(form_id)s)
   AND (%(match)s::TEXT IS NULL OR words @@ to_tsquery('simple', %(match)s))
   AND EXISTS (SELECT 1
                 FROM unnest(%(prefixes)s::TEXT[]) AS prefix (code)
                WHERE village = prefix.code OR starts_with(village, prefix.code || '.'))
 ORDER BY updated_ms DESC, record, village
 LIMIT %(limit)s
"""
OF_VILLAGE = """
SELECT record
  FROM listed
 WHERE NOT deleted
   AND village = ANY(%(villages)s)
 ORDER BY updated_ms DESC, record
 LIMIT %(limit)s
"""
COUNTS = """
SELECT village, form_id, count(*)
  FROM listed
 WHERE NOT deleted
   AND (village = %(prefix)s OR starts_with(village, %(prefix)s || '.'))
 GROUP BY village, form_id
 ORDER BY village, form_id
"""
WAITING = "SELECT id, form_id, areas, conflicts FROM record WHERE conflicts <> '[]' ORDER BY id"
HELD = """
SELECT revision.id, revision.record, revision.held, revision.received_ms, revision.body, record.areas
  FROM revision
  LEFT JOIN record ON record.id = revision.record
 WHERE revision.held IS NOT NULL
 ORDER BY revision.received_ms DESC, revision.id
 LIMIT %(limit)s
"""
MARK_DUE = """
INSERT INTO readiness_due (village, times) VALUES (%(village)s, 1)
ON CONFLICT (village) DO UPDATE SET times = readiness_due.times + 1
"""
DUE = """
SELECT village, times
  FROM readiness_due
 ORDER BY village
 LIMIT %(limit)s
"""
OLD = """
SELECT village
  FROM readiness
 WHERE day <> %(today)s
 ORDER BY day, village
 LIMIT %(limit)s
"""
DUE_COUNT = """
SELECT (SELECT count(*) FROM readiness_due)
     + (SELECT count(*) FROM readiness
         WHERE day <> %(today)s
           AND village NOT IN (SELECT village FROM readiness_due))
"""
PUT_READINESS = """
INSERT INTO readiness (village, day, states) VALUES (%(village)s, %(day)s, %(states)s)
ON CONFLICT (village) DO UPDATE SET day = excluded.day, states = excluded.states
"""
NOT_DUE = "DELETE FROM readiness_due WHERE village = %(village)s AND times = %(times)s"
READINESS = """
SELECT village, day, states
  FROM readiness
 WHERE (village = %(prefix)s OR starts_with(village, %(prefix)s || '.'))
 ORDER BY village
"""

_NEWEST = (2**62, "")


class PostgresListing:
    """``server.store.listing.Listing`` over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def places(self) -> dict[str, int]:
        """See Listing."""
        return dict(self._db.execute(PLACES).fetchall())

    def counters(self) -> dict[str, int]:
        """See Listing."""
        return dict(self._db.execute(COUNTERS).fetchall())

    def reach(self, regency: str, n: int) -> None:
        """See Listing."""
        self._db.execute(REACH, {"regency": regency, "n": n})

    def made_for(self) -> str:
        """See Listing."""
        row = self._db.execute(MADE_FOR).fetchone()
        return row[0] if row else ""

    def start_anew(self, forms: str) -> None:
        """See Listing."""
        for statement in FORGET:
            self._db.execute(statement)
        self._db.execute(MAKE_FOR, {"forms": forms})

    def put(self, record: str, rows: Sequence[Listed], *, text: str) -> None:
        """See Listing."""
        before = [village for (village,) in self._db.execute(DROP, {"record": record})]
        self.mark_due([*before, *(row.village for row in rows)])
        for row in rows:
            self._db.execute(
                PUT,
                {
                    "record": row.record,
                    "village": row.village,
                    "form_id": row.form_id,
                    "title": row.title,
                    "updated_ms": row.updated_ms,
                    "conflicts": row.conflicts,
                    "deleted": row.deleted,
                    "words": text,
                },
            )

    def page(self, wanted: Filter, *, before: tuple[int, str] | None, limit: int) -> list[Listed]:
        """See Listing."""
        updated_ms, record = before or _NEWEST
        values = {
            "updated_ms": updated_ms,
            "record": record,
            "with_deleted": wanted.deleted,
            "conflicts": int(wanted.in_conflict),
            "form_id": wanted.form_id,
            "match": " & ".join(f"{word}:*" for word in wanted.words) or None,
            "prefixes": list(wanted.prefixes),
            "limit": limit,
        }
        return [
            Listed(
                record=record,
                village=village,
                form_id=form_id,
                title=title,
                updated_ms=updated,
                conflicts=conflicts,
                deleted=deleted,
            )
            for record, village, form_id, title, updated, conflicts, deleted in self._db.execute(PAGE, values)
        ]

    def of_villages(self, villages: Sequence[str], *, limit: int) -> list[str]:
        """See Listing."""
        values = {"villages": list(villages), "limit": limit}
        return list(dict.fromkeys(record for (record,) in self._db.execute(OF_VILLAGE, values)))

    def counts(self, prefixes: Iterable[str]) -> list[Count]:
        """See Listing."""
        return [Count(*row) for prefix in prefixes for row in self._db.execute(COUNTS, {"prefix": prefix})]

    def waiting(self) -> list[Waiting]:
        """See Listing."""
        return [
            Waiting(record, form_id, tuple(json.loads(areas)), tuple(json.loads(fields)))
            for record, form_id, areas, fields in self._db.execute(WAITING)
        ]

    def held(self, *, limit: int) -> list[HeldLine]:
        """See Listing."""
        return [
            HeldLine(
                id=id,
                record=record,
                reason=reason,
                received_ms=received_ms,
                line=bytes(line),
                areas=tuple(json.loads(areas or "[]")),
            )
            for id, record, reason, received_ms, line, areas in self._db.execute(HELD, {"limit": limit})
        ]

    def mark_due(self, villages: Iterable[str]) -> None:
        """See Listing."""
        for village in sorted(set(villages)):
            self._db.execute(MARK_DUE, {"village": village})

    def due(self, *, today: str, limit: int) -> list[Due]:
        """See Listing."""
        found = [Due(village, times) for village, times in self._db.execute(DUE, {"limit": limit})]
        changed = {due.village for due in found}
        old = self._db.execute(OLD, {"today": today, "limit": limit})
        found += [Due(village, 0) for (village,) in old if village not in changed]
        return found[:limit]

    def due_count(self, *, today: str) -> int:
        """See Listing."""
        row = self._db.execute(DUE_COUNT, {"today": today}).fetchone()
        return int(row[0]) if row else 0

    def put_readiness(self, row: Readiness, *, times: int) -> None:
        """See Listing."""
        states = json.dumps(row.states)
        self._db.execute(PUT_READINESS, {"village": row.village, "day": row.day, "states": states})
        self._db.execute(NOT_DUE, {"village": row.village, "times": times})

    def readiness(self, prefixes: Iterable[str]) -> list[Readiness]:
        """See Listing."""
        return [
            Readiness(village, day, {topic: tuple(state) for topic, state in json.loads(states).items()})
            for prefix in prefixes
            for village, day, states in self._db.execute(READINESS, {"prefix": prefix})
        ]
