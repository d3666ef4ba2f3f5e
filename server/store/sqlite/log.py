"""Lines and secrets in SQLite."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from server.store.base import LinePlace, LogRow, SecretRow
from server.store.receipt import changes_of
from server.store.sqlite.arrays import array
from sync.chain import Place, sample_from_newest

_ROW = """id, device, seq, previous, complete, record, form, body, received_ms, via, held, suspect, stub"""

PLACES = """
SELECT id, device, seq, complete, stub
  FROM revision
 WHERE id IN (SELECT value FROM json_each(:ids))
"""
APPEND = f"""
INSERT INTO revision ({_ROW})
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE
   SET device = excluded.device, seq = excluded.seq, record = excluded.record, form = excluded.form,
       body = excluded.body, received_ms = excluded.received_ms, via = excluded.via,
       held = excluded.held, suspect = excluded.suspect, stub = excluded.stub
 WHERE revision.stub = 1
"""
COUNT_LINES = """
INSERT INTO log (device, root, lines, digest) VALUES (:device, :device, :lines, :digest)
ON CONFLICT (device) DO UPDATE
   SET lines = lines + excluded.lines,
       digest = (digest | excluded.digest) - (digest & excluded.digest)
"""
# Each step finds the waiting lines that stand behind a line that has just become complete.
COMPLETE_FROM = """
WITH RECURSIVE reached (id) AS (
  SELECT value FROM json_each(:ids)
   UNION
  SELECT revision.id
    FROM revision
    JOIN reached ON revision.previous = reached.id
   WHERE revision.complete = 0
)
UPDATE revision
   SET complete = 1
 WHERE complete = 0
   AND id IN (SELECT id FROM reached)
"""
LINK = """
INSERT INTO log (device, root, lines, digest) VALUES (:device, :root, 0, 0)
ON CONFLICT (device) DO UPDATE SET root = excluded.root WHERE root = device
"""
ROOT_OF = "SELECT root FROM log WHERE device = :device"
LINE_COUNT = "SELECT lines FROM log WHERE device = :device"
STORED_BYTES = """
SELECT COALESCE(SUM(LENGTH(body)), 0)
  FROM revision
 WHERE device IN (SELECT device FROM log WHERE root = :root)
"""
COMPLETE_COUNT = """
SELECT COUNT(*)
  FROM revision
 WHERE device IN (SELECT device FROM log WHERE root = :root)
   AND complete = 1
"""
COMPLETE_AT = """
SELECT seq, id
  FROM revision
 WHERE device IN (SELECT device FROM log WHERE root = :root)
   AND complete = 1
 ORDER BY rowid DESC
 LIMIT 1 OFFSET :offset
"""
HELD_IDS = """
SELECT revision.id, revision.held
  FROM log
  JOIN revision ON revision.device = log.device
 WHERE log.root = :root
   AND revision.held IS NOT NULL
 ORDER BY revision.device, revision.seq, revision.id
"""
# A chain is walked in one statement: a season of it takes some milliseconds.
HELD_BEFORE = """
WITH RECURSIVE way (depth, id, previous, held) AS (
  SELECT 0, id, previous, held
    FROM revision
   WHERE id = :id
   UNION ALL
  SELECT way.depth + 1, before.id, before.previous, before.held
    FROM way
    JOIN revision AS before ON before.id = way.previous
)
SELECT id
  FROM way
 WHERE held = :reason
 ORDER BY depth
"""
MISSING = """
SELECT before + 1, seq - 1
  FROM (SELECT seq, LAG(seq, 1, 0) OVER (ORDER BY seq) AS before
          FROM revision
         WHERE device = :device) AS line
 WHERE seq > before + 1
 UNION
SELECT seq, seq
  FROM revision
 WHERE device = :device
   AND stub = 1
 ORDER BY 1
"""
GAPS = """
SELECT revision.id
  FROM log
  JOIN revision ON revision.device = log.device
 WHERE log.root = :root
   AND revision.stub = 1
 ORDER BY revision.device, revision.seq, revision.id
"""
# CROSS JOIN keeps SQLite from walking the asker's whole log, in every answer, to look for the
# few secrets that are missing.
SECRETLESS = """
SELECT DISTINCT secret.revision
  FROM secret
 CROSS JOIN revision ON revision.id = secret.revision
 CROSS JOIN log ON log.device = revision.device
 WHERE secret.salt IS NULL
   AND secret.erased_ms IS NULL
   AND log.root = :root
 ORDER BY secret.revision
"""
IS_MERGED = """
SELECT 1
  FROM revision
 WHERE id = :id
   AND record = :record
   AND held IS NULL
"""
GET = f"SELECT {_ROW} FROM revision WHERE id = :id"
RECEIVED_MS = """
SELECT id, received_ms
  FROM revision
 WHERE id IN (SELECT value FROM json_each(:ids))
"""
HISTORY = f"""
SELECT {_ROW}
  FROM revision
 WHERE record = :record
 ORDER BY received_ms, device, seq, id
"""
HELD = f"""
SELECT {_ROW}
  FROM revision
 WHERE held IS NOT NULL
   AND (:reasons IS NULL OR held IN (SELECT value FROM json_each(:reasons)))
 ORDER BY received_ms, device, seq, id
"""
HELD_OF = """
SELECT record, COUNT(*)
  FROM revision
 WHERE record IN (SELECT value FROM json_each(:records))
   AND held IS NOT NULL
 GROUP BY record
"""
SET_HELD = "UPDATE revision SET held = :reason WHERE id = :id"
ALL_LINES = f"SELECT {_ROW} FROM revision ORDER BY device, seq, id"
SECRETS_OF = """
SELECT revision, field, commitment, salt, text, erased_ms IS NOT NULL
  FROM secret
 WHERE revision IN (SELECT value FROM json_each(:revisions))
"""
PUT_SECRET = """
INSERT INTO secret (revision, field, commitment, salt, text)
VALUES (?, ?, ?, ?, ?)
ON CONFLICT (revision, field) DO UPDATE
   SET commitment = excluded.commitment, salt = excluded.salt, text = excluded.text
 WHERE secret.erased_ms IS NULL
"""
OWN_DEVICE = "SELECT device, seq, last_id FROM own_device"
SET_OWN_DEVICE = """
INSERT INTO own_device (one, device, seq, last_id) VALUES (1, :device, :seq, :last_id)
ON CONFLICT (one) DO UPDATE SET device = excluded.device, seq = excluded.seq, last_id = excluded.last_id
"""
RAISE_FLAG = """
INSERT INTO flag (code, subject, raised_ms) VALUES (:code, :subject, :now_ms)
ON CONFLICT DO NOTHING
"""
LINE_COUNTS = """
SELECT log.device, log.lines, (SELECT COUNT(*) FROM revision WHERE revision.device = log.device)
  FROM log
 ORDER BY log.device
"""
LINES_RECEIVED = "SELECT COALESCE(SUM(lines), 0) FROM log"
HELD_COUNTS = "SELECT held, COUNT(*) FROM revision WHERE held IS NOT NULL GROUP BY held ORDER BY held"
DIGESTS = "SELECT device, digest FROM log ORDER BY device"
ROOTS = "SELECT device, root FROM log ORDER BY device"
MERGED_RECORDS = """
SELECT DISTINCT record
  FROM revision
 WHERE record IS NOT NULL
   AND held IS NULL
 ORDER BY record
"""
FLAGS = "SELECT code, subject, raised_ms FROM flag ORDER BY raised_ms, code, subject"


class SqliteLog:
    """``server.store.base.Log`` over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def places(self, ids: Iterable[str]) -> dict[str, LinePlace]:
        """See Log."""
        rows = self._db.execute(PLACES, {"ids": array(ids)})
        return {
            id: LinePlace(device, seq, bool(complete), bool(stub)) for id, device, seq, complete, stub in rows
        }

    def append(self, rows: Sequence[LogRow]) -> None:
        """See Log."""
        stubs = [stub for id in self.places(row.id for row in rows) if (stub := self.get(id))]
        changes = changes_of(rows, stubs)
        self._db.executemany(APPEND, [_values(row) for row in rows])
        self._db.executemany(
            COUNT_LINES,
            [
                {"device": device, "lines": lines, "digest": digest}
                for device, (lines, digest) in changes.items()
            ],
        )

    def complete_from(self, ids: Iterable[str]) -> None:
        """See Log."""
        self._db.execute(COMPLETE_FROM, {"ids": array(ids)})

    def link(self, device: str, root: str) -> None:
        """See Log."""
        self._db.execute(LINK, {"device": device, "root": root})

    def root_of(self, device: str) -> str:
        """See Log."""
        row = self._db.execute(ROOT_OF, {"device": device}).fetchone()
        return row[0] if row else device

    def line_count(self, device: str) -> int:
        """See Log."""
        row = self._db.execute(LINE_COUNT, {"device": device}).fetchone()
        return row[0] if row else 0

    def stored_bytes(self, root: str) -> int:
        """See Log."""
        return int(self._db.execute(STORED_BYTES, {"root": root}).fetchone()[0])

    def known_places(self, root: str) -> list[Place]:
        """See Log."""
        (count,) = self._db.execute(COMPLETE_COUNT, {"root": root}).fetchone()
        rows = (
            self._db.execute(COMPLETE_AT, {"root": root, "offset": offset}).fetchone()
            for offset in sample_from_newest(count)
        )
        return [Place(seq, id) for seq, id in rows]

    def held_ids(self, root: str) -> list[tuple[str, str]]:
        """See Log."""
        return self._db.execute(HELD_IDS, {"root": root}).fetchall()

    def held_before(self, id: str, reason: str) -> list[str]:
        """See Log."""
        return [found for (found,) in self._db.execute(HELD_BEFORE, {"id": id, "reason": reason})]

    def missing(self, device: str) -> list[tuple[int, int]]:
        """See Log."""
        return self._db.execute(MISSING, {"device": device}).fetchall()

    def gaps(self, root: str) -> list[str]:
        """See Log."""
        return [id for (id,) in self._db.execute(GAPS, {"root": root})]

    def secretless(self, root: str) -> list[str]:
        """See Log."""
        return [id for (id,) in self._db.execute(SECRETLESS, {"root": root})]

    def is_merged(self, record: str, id: str) -> bool:
        """See Log."""
        return self._db.execute(IS_MERGED, {"record": record, "id": id}).fetchone() is not None

    def get(self, id: str) -> LogRow | None:
        """See Log."""
        row = self._db.execute(GET, {"id": id}).fetchone()
        return _row(row) if row else None

    def received_ms(self, ids: Iterable[str]) -> dict[str, int]:
        """See Log."""
        return dict(self._db.execute(RECEIVED_MS, {"ids": array(ids)}).fetchall())

    def history(self, record: str) -> list[LogRow]:
        """See Log."""
        return [_row(row) for row in self._db.execute(HISTORY, {"record": record})]

    def held(self, reasons: Sequence[str] | None = None) -> list[LogRow]:
        """See Log."""
        wanted = None if reasons is None else array(reasons)
        return [_row(row) for row in self._db.execute(HELD, {"reasons": wanted})]

    def held_of(self, records: Iterable[str]) -> dict[str, int]:
        """See Log."""
        return dict(self._db.execute(HELD_OF, {"records": array(records)}).fetchall())

    def set_held(self, id: str, reason: str | None) -> None:
        """See Log."""
        self._db.execute(SET_HELD, {"id": id, "reason": reason})

    def all_lines(self) -> Iterator[LogRow]:
        """See Log."""
        return (_row(row) for row in self._db.execute(ALL_LINES))

    def secrets_of(self, revisions: Iterable[str]) -> dict[tuple[str, str], SecretRow]:
        """See Log."""
        rows = self._db.execute(SECRETS_OF, {"revisions": array(revisions)})
        return {
            (revision, field): SecretRow(revision, field, commitment, salt, text, bool(erased))
            for revision, field, commitment, salt, text, erased in rows
        }

    def put_secrets(self, rows: Sequence[SecretRow]) -> None:
        """See Log."""
        self._db.executemany(
            PUT_SECRET, [(row.revision, row.field, row.commitment, row.salt, row.text) for row in rows]
        )

    def own_device(self) -> tuple[str, Place] | None:
        """See Log."""
        row = self._db.execute(OWN_DEVICE).fetchone()
        return (row[0], Place(row[1], row[2])) if row else None

    def set_own_device(self, device: str, tip: Place) -> None:
        """See Log."""
        self._db.execute(SET_OWN_DEVICE, {"device": device, "seq": tip.seq, "last_id": tip.id})

    def raise_flag(self, code: str, subject: str, *, now_ms: int) -> None:
        """See Log."""
        self._db.execute(RAISE_FLAG, {"code": code, "subject": subject, "now_ms": now_ms})

    def line_counts(self) -> dict[str, tuple[int, int]]:
        """See Log."""
        return {device: (lines, here) for device, lines, here in self._db.execute(LINE_COUNTS)}

    def lines_received(self) -> int:
        """See Log."""
        row = self._db.execute(LINES_RECEIVED).fetchone()
        return int(row[0]) if row else 0

    def held_counts(self) -> dict[str, int]:
        """See Log."""
        return dict(self._db.execute(HELD_COUNTS).fetchall())

    def digests(self) -> dict[str, int | None]:
        """See Log."""
        return dict(self._db.execute(DIGESTS).fetchall())

    def roots(self) -> dict[str, str]:
        """See Log."""
        return dict(self._db.execute(ROOTS).fetchall())

    def merged_records(self) -> Iterator[str]:
        """See Log."""
        return (record for (record,) in self._db.execute(MERGED_RECORDS))

    def flags(self) -> list[tuple[str, str, int]]:
        """See Log."""
        return self._db.execute(FLAGS).fetchall()


def _values(row: LogRow) -> tuple[object, ...]:
    return (
        row.id,
        row.device,
        row.seq,
        row.previous,
        int(row.complete),
        row.record,
        row.form,
        row.line,
        row.received_ms,
        row.via,
        row.held,
        int(row.suspect),
        int(row.stub),
    )


def _row(row: tuple) -> LogRow:  # type: ignore[type-arg]
    id, device, seq, previous, complete, record, form, line, received_ms, via, held, suspect, stub = row
    return LogRow(
        id=id,
        device=device,
        seq=seq,
        previous=previous,
        complete=bool(complete),
        record=record,
        form=form,
        line=line,
        received_ms=received_ms,
        via=via,
        held=held,
        suspect=bool(suspect),
        stub=bool(stub),
    )
