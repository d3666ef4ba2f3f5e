"""The log of this device: lines are added, hashed again, and read in their order.

Nothing here changes or removes a line. ``local`` is the place in the one log of this device;
``s`` counts anew after a fork, the chain of ids does not break there.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from sqlite_utils import Database

from field_client import facts
from sync.chain import START, Place, revision_id
from sync.revision import Revision, read

Texts = Mapping[str, tuple[str, str]]
"""``{field: (salt, JSON text)}`` of the restricted answers of one line."""


class OwnLine(msgspec.Struct, frozen=True):
    """A line as it was stored."""

    local: int
    seq: int
    id: str
    previous: str
    record: str
    body: bytes


class NextPlace(msgspec.Struct, frozen=True):
    """Where the next save stands; ``branched_from`` on the first line under a new device id."""

    device: str
    seq: int
    previous: str
    branched_from: str | None


def next_place(db: Database) -> NextPlace:
    """Taken inside the write transaction of the save, so that no two saves share a place."""
    last = tip(db)
    device = facts.get(db, facts.LOG_DEVICE) or ""
    branched_from = facts.get(db, facts.BRANCHED_FROM)
    seq = 1 if branched_from else last.seq + 1
    return NextPlace(device, seq, last.id, branched_from or None)


def append(db: Database, revision: Revision, line: bytes, texts: Texts, *, previous: str) -> str:
    """Store a line and what opens its restricted answers; its id. Inside the caller's transaction."""
    id = revision_id(previous, line)
    db.conn.execute(
        APPEND, {"s": revision.seq, "id": id, "prev": previous, "record": revision.record, "body": line}
    )
    db.conn.executemany(
        KEEP_SECRET,
        [
            {"revision": id, "field": field, "salt": salt, "text": text}
            for field, (salt, text) in texts.items()
        ],
    )
    if revision.branched_from is not None:
        facts.put(db, facts.BRANCHED_FROM, "")
    return id


APPEND = """
INSERT INTO own (s, id, prev, record, body)
VALUES (:s, :id, :prev, :record, :body)
"""

KEEP_SECRET = """
INSERT INTO secret (revision, field, salt, text)
VALUES (:revision, :field, :salt, :text)
"""


def branch(db: Database, new_device: str) -> None:
    """The next save starts under a new device id, because another phone shares the present one."""
    facts.put(db, facts.BRANCHED_FROM, facts.get(db, facts.LOG_DEVICE) or "")
    facts.put(db, facts.LOG_DEVICE, new_device)


def tip(db: Database) -> Place:
    """The last line, or the start."""
    row = db.conn.execute(TIP).fetchone()
    return START if row is None else Place(*row)


TIP = """
SELECT s, id
  FROM own
 ORDER BY local DESC
 LIMIT 1
"""


def local_of(db: Database, id: str) -> int | None:
    """Local row of a line, 0 for the start, ``None`` where this log does not have it."""
    if not id:
        return 0
    row = db.conn.execute(LOCAL_OF, {"id": id}).fetchone()
    return None if row is None else int(row[0])


LOCAL_OF = "SELECT local FROM own WHERE id = :id"


def place_at(db: Database, local: int) -> Place:
    """The line at a local row, or the start."""
    row = db.conn.execute(PLACE_AT, {"local": local}).fetchone()
    return START if row is None else Place(*row)


PLACE_AT = """
SELECT s, id
  FROM own
 WHERE local <= :local
 ORDER BY local DESC
 LIMIT 1
"""


def have_local(db: Database) -> int:
    """Local row of the last line that the server stated to have; 0 where nothing is known."""
    return local_of(db, facts.get_place(db, facts.HAVE).id) or 0


def count(db: Database, *, after_local: int = 0) -> int:
    """How many lines stand after a local row."""
    return int(db.conn.execute(COUNT, {"local": after_local}).fetchone()[0])


COUNT = "SELECT count(*) FROM own WHERE local > :local"


def unsent_of(db: Database, record: str) -> int:
    """How many lines of a record the server has not stated to have."""
    values = {"record": record, "local": have_local(db)}
    return int(db.conn.execute(UNSENT_OF, values).fetchone()[0])


UNSENT_OF = "SELECT count(*) FROM own WHERE record = :record AND local > :local"


def lines(db: Database, *, after_local: int = 0) -> Iterator[OwnLine]:
    """The log in local order, after a local row."""
    for row in db.conn.execute(LINES, {"local": after_local}):
        yield OwnLine(*row)


LINES = """
SELECT local, s, id, prev, record, body
  FROM own
 WHERE local > :local
 ORDER BY local
"""


def lines_of(db: Database, record: str) -> list[OwnLine]:
    """The lines of one record in local order."""
    return [OwnLine(*row) for row in db.conn.execute(LINES_OF, {"record": record})]


LINES_OF = """
SELECT local, s, id, prev, record, body
  FROM own
 WHERE record = :record
 ORDER BY local
"""


def secrets_of(db: Database, revisions: Sequence[str]) -> dict[str, Texts]:
    """``{revision: texts}`` of the own lines among ``revisions`` that have secrets."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    ids = msgspec.json.encode(list(revisions)).decode()
    for revision, field, salt, text in db.conn.execute(SECRETS_OF, {"ids": ids}):
        found.setdefault(revision, {})[field] = (salt, text)
    return dict(found)


SECRETS_OF = """
SELECT revision, field, salt, text
  FROM secret
 WHERE revision IN (SELECT value FROM json_each(:ids))
 ORDER BY revision, field
"""


def is_whole(own: OwnLine, previous: str) -> bool:
    """Whether a line's bytes still give its id."""
    return revision_id(previous, own.body) == own.id


def damaged(db: Database) -> list[OwnLine]:
    """Lines whose bytes no longer give their ids, or before which one is missing."""
    found, previous = [], ""
    for own in lines(db):
        if not is_whole(own, previous):
            found.append(own)
        previous = own.id
    return found


def revisions_of(db: Database, record: str) -> list[tuple[OwnLine, Revision]]:
    """The readable own saves of a record in local order."""
    found = []
    for own in lines_of(db, record):
        revision = read(own.body)
        if isinstance(revision, Revision):
            found.append((own, revision))
    return found


def oldest_unsent_ms(db: Database) -> int | None:
    """When the first line was written that the server has not stated to have."""
    for own in lines(db, after_local=have_local(db)):
        revision = read(own.body)
        if isinstance(revision, Revision):
            return revision.written_ms
    return None


def device_before(db: Database, local: int) -> str:
    """The device id of the last readable line up to a local row; at the start the enrolled one.

    Never read from a damaged line: the damage may be in that very id.
    """
    row = db.conn.execute(BODY_AT, {"local": local}).fetchone()
    return (device_of(row[0]) if row else None) or facts.get(db, facts.ENROLLED) or ""


BODY_AT = """
SELECT body
  FROM own
 WHERE local <= :local
 ORDER BY local DESC
 LIMIT 1
"""


def device_of(body: bytes) -> str | None:
    """The device id that a line carries, or ``None`` where it cannot be read."""
    revision = read(body)
    return revision.device if isinstance(revision, Revision) else None
