"""The console's list of records in SQLite."""

import json
import sqlite3
from collections.abc import Iterable, Sequence

from server.store.listing import Count, Due, Filter, HeldLine, Listed, Readiness, Waiting

PLACES = "SELECT regency, n FROM listed_through ORDER BY regency"
COUNTERS = "SELECT code, n FROM regency ORDER BY code"
REACH = """
INSERT INTO listed_through (regency, n) VALUES (:regency, :n)
ON CONFLICT (regency) DO UPDATE SET n = excluded.n
"""
MADE_FOR = "SELECT forms FROM listed_for"
FORGET = ("DELETE FROM listed_through", "DELETE FROM listed_for")
MAKE_FOR = "INSERT INTO listed_for (one, forms) VALUES (1, :forms)"
NUMBERS = "SELECT village, number FROM listed WHERE record = :record"
PUT = """
INSERT INTO listed (record, village, form_id, title, updated_ms, conflicts, deleted)
VALUES (:record, :village, :form_id, :title, :updated_ms, :conflicts, :deleted)
ON CONFLICT (record, village) DO UPDATE
   SET form_id = excluded.form_id, title = excluded.title, updated_ms = excluded.updated_ms,
       conflicts = excluded.conflicts, deleted = excluded.deleted
RETURNING number
"""
DROP = "DELETE FROM listed WHERE number = :number"
DROP_WORDS = "DELETE FROM listed_words WHERE rowid = :number"
PUT_WORDS = "INSERT INTO listed_words (rowid, words, place) VALUES (:number, :words, :place)"
PAGE = """
SELECT record, village, form_id, title, updated_ms, conflicts, deleted
  FROM listed
 WHERE (updated_ms < :updated_ms OR (updated_ms = :updated_ms AND record > :record))
   AND deleted <= :deleted
   AND conflicts >= :conflicts
   AND (:form_id IS NULL OR form_id = :form_id)
   AND EXISTS (SELECT 1
                 FROM json_each(:prefixes) AS prefix
                WHERE village = prefix.value OR village GLOB prefix.value || '.*')
 ORDER BY updated_ms DESC, record, village
 LIMIT :limit
"""
FOUND = """
SELECT record, village, form_id, title, updated_ms, conflicts, deleted
  FROM listed_words
  JOIN listed ON listed.number = listed_words.rowid
 WHERE listed_words MATCH :match
   AND (updated_ms < :updated_ms OR (updated_ms = :updated_ms AND record > :record))
   AND deleted <= :deleted
   AND conflicts >= :conflicts
 ORDER BY updated_ms DESC, record, village
 LIMIT :limit
"""
OF_VILLAGE = """
SELECT record
  FROM listed
 WHERE deleted = 0
   AND village IN (SELECT value FROM json_each(:villages))
 ORDER BY updated_ms DESC, record
 LIMIT :limit
"""
COUNTS = """
SELECT village, form_id, count(*)
  FROM listed
 WHERE deleted = 0
   AND (village = :prefix OR (village >= :prefix || '.' AND village < :prefix || '/'))
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
 LIMIT :limit
"""
MARK_DUE = """
INSERT INTO readiness_due (village, times) VALUES (:village, 1)
ON CONFLICT (village) DO UPDATE SET times = readiness_due.times + 1
"""
DUE = """
SELECT village, times
  FROM readiness_due
 ORDER BY village
 LIMIT :limit
"""
OLD = """
SELECT village
  FROM readiness
 WHERE day <> :today
 ORDER BY day, village
 LIMIT :limit
"""
DUE_COUNT = """
SELECT (SELECT count(*) FROM readiness_due)
     + (SELECT count(*) FROM readiness
         WHERE day <> :today
           AND village NOT IN (SELECT village FROM readiness_due))
"""
PUT_READINESS = """
INSERT INTO readiness (village, day, states) VALUES (:village, :day, :states)
ON CONFLICT (village) DO UPDATE SET day = excluded.day, states = excluded.states
"""
NOT_DUE = "DELETE FROM readiness_due WHERE village = :village AND times = :times"
READINESS = """
SELECT village, day, states
  FROM readiness
 WHERE (village = :prefix OR (village >= :prefix || '.' AND village < :prefix || '/'))
 ORDER BY village
"""

_NEWEST = (2**62, "")


class SqliteListing:
    """``server.store.listing.Listing`` over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
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
        before = dict(self._db.execute(NUMBERS, {"record": record}).fetchall())
        self.mark_due([*before, *(row.village for row in rows)])
        for number in before.values():
            self._db.execute(DROP_WORDS, {"number": number})
        for village in before.keys() - {row.village for row in rows}:
            self._db.execute(DROP, {"number": before[village]})
        for row in rows:
            ((number,),) = self._db.execute(
                PUT,
                {
                    "record": row.record,
                    "village": row.village,
                    "form_id": row.form_id,
                    "title": row.title,
                    "updated_ms": row.updated_ms,
                    "conflicts": row.conflicts,
                    "deleted": int(row.deleted),
                },
            ).fetchall()
            place = " ".join([*_areas(row.village), _form(row.form_id)])
            self._db.execute(PUT_WORDS, {"number": number, "words": text, "place": place})

    def page(self, wanted: Filter, *, before: tuple[int, str] | None, limit: int) -> list[Listed]:
        """See Listing."""
        updated_ms, record = before or _NEWEST
        values = {
            "updated_ms": updated_ms,
            "record": record,
            "deleted": int(wanted.deleted),
            "conflicts": int(wanted.in_conflict),
            "limit": limit,
        }
        if wanted.words:
            rows = self._db.execute(FOUND, {**values, "match": _match(wanted)})
        else:
            scope = {"prefixes": json.dumps(list(wanted.prefixes)), "form_id": wanted.form_id}
            rows = self._db.execute(PAGE, {**values, **scope})
        return [
            Listed(
                record=record,
                village=village,
                form_id=form_id,
                title=title,
                updated_ms=updated,
                conflicts=conflicts,
                deleted=bool(deleted),
            )
            for record, village, form_id, title, updated, conflicts, deleted in rows
        ]

    def of_villages(self, villages: Sequence[str], *, limit: int) -> list[str]:
        """See Listing."""
        values = {"villages": json.dumps(list(villages)), "limit": limit}
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
                line=line,
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


def _areas(village: str) -> list[str]:
    """One word each for a village and the areas around it, as the index tells words apart."""
    parts = village.split(".")
    return ["a" + "x".join(parts[:length]) for length in range(1, len(parts) + 1)]


def _form(form_id: str) -> str:
    return "f" + "".join(character for character in form_id.casefold() if character.isalnum())


def _match(wanted: Filter) -> str:
    """The question to the index. Words come from ``server.hub.search`` as a-z 0-9 only."""
    words = " AND ".join(f'"{word}"*' for word in wanted.words)
    areas = " OR ".join(f'"{_areas(prefix)[-1]}"' for prefix in wanted.prefixes) or '"nowhere"'
    form = f' AND place : "{_form(wanted.form_id)}"' if wanted.form_id else ""
    return f"words : ({words}) AND place : ({areas}){form}"
