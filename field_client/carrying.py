"""Files that this device carries for others: kept as they are, delivered whole, never looked into.

A file lies in the folder ``carried`` under its SHA-256 until the server says that everything in
it is in every backup that it offers. The server states; a state that is kept here is told to
people, and asked again in every exchange.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
from sqlite_utils import Database

from field_client import facts, files, old_phones
from field_client.bundle_content import Content, NotReadable, Numbers, content_of, is_proven
from field_client.database import write
from field_client.errors import CommandProblem, wrong_usage
from field_client.journal import local_of
from sync.bundle import Receipt
from sync.wire import CARRIED as STATES

KEPT = "kept"
"""No server was asked yet."""

SENT = "sent"
"""Brought up whole; the server has not stated anything since."""

WANTED, STORED, DURABLE = STATES
DAMAGED = "damaged"
"""The file is gone or its bytes changed before the server had it."""


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is carried. ``name``: as it was handed over; ``url``: the upload that was begun.

    ``owner``: whose it is, as the file says.
    """

    sha256: str
    size_bytes: int
    name: str
    owner: str
    numbers: tuple[Numbers, ...]
    whole: bool
    taken_over: bool
    state: str
    url: str | None


class Taken(msgspec.Struct, frozen=True):
    """A file that was handed over. ``again``: it is carried already; ``kept``: it will be delivered."""

    sha256: str
    content: Content
    again: bool
    kept: bool


class ProvenReceipt(msgspec.Struct, frozen=True):
    """What the server said that it has of the own log, when a file was made."""

    receipt: Receipt
    made_ms: int


def take_in(db: Database, folder: Path, source: Path, *, take_over: bool, now_ms: int) -> Taken:
    """Keep a copy of a file, on disk when this returns, and note what it brings.

    Raises CommandProblem for what cannot be read or kept, StoreProblem. Nothing changed then.
    """
    sha256 = _kept(folder, source)
    file = folder / sha256
    again = any(one.sha256 == sha256 for one in carried(db))
    try:
        content = _read(file, source, take_over=take_over)
    except CommandProblem:
        if not again:
            file.unlink(missing_ok=True)
        raise
    with write(db):
        _note_receipts(db, content)
        if take_over:
            old_phones.note(db, content)
        if content.holds_work:
            _note(db, sha256, file.stat().st_size, source.name, content, take_over, now_ms)
    if not content.holds_work:
        file.unlink(missing_ok=True)
    return Taken(sha256, content, again, content.holds_work)


def _read(file: Path, source: Path, *, take_over: bool) -> Content:
    try:
        content = content_of(file)
    except (NotReadable, OSError) as error:
        raise wrong_usage("client.bundle.unreadable", file=source, reason=error) from error
    if take_over and not content.numbers:
        raise wrong_usage("client.bundle.nothing-to-take-over", file=source)
    return content


def _kept(folder: Path, source: Path) -> str:
    try:
        with source.open("rb") as reading:
            return files.copied(folder, reading).sha256
    except OSError as error:
        raise CommandProblem("client.bundle.not-kept", file=source, reason=error.strerror or "") from error


def _note(
    db: Database, sha256: str, size_bytes: int, name: str, content: Content, take_over: bool, now_ms: int
) -> None:
    values = {
        "sha256": sha256,
        "bytes": size_bytes,
        "name": name,
        "owner": content.manifest.name,
        "numbers": msgspec.json.encode(content.numbers).decode(),
        "whole": content.whole,
        "taken_over": take_over,
        "taken_ms": now_ms,
    }
    db.conn.execute(NOTE, values)


NOTE = """
INSERT INTO carried (sha256, bytes, name, owner, numbers, whole, taken_over, taken_ms, state)
VALUES (:sha256, :bytes, :name, :owner, :numbers, :whole, :taken_over, :taken_ms, 'kept')
    ON CONFLICT (sha256) DO UPDATE
   SET taken_over = max(taken_over, excluded.taken_over),
       state = CASE state WHEN 'damaged' THEN 'kept' ELSE state END
"""


def _note_receipts(db: Database, content: Content) -> None:
    """Keep the newest word of the server about the own log, for people to see."""
    token = facts.get(db, facts.TOKEN)
    for receipt in content.receipts:
        mine = token is not None and receipt.device == facts.get(db, facts.ENROLLED)
        if not mine or local_of(db, receipt.have.id) is None or not is_proven(receipt, token or ""):
            continue
        before = proven_receipt(db)
        if before is None or before.made_ms <= content.manifest.made:
            facts.put_json(db, facts.RECEIPT, ProvenReceipt(receipt, content.manifest.made))


def proven_receipt(db: Database) -> ProvenReceipt | None:
    """The newest receipt that a file brought, if any."""
    text = facts.get(db, facts.RECEIPT)
    return None if text is None else msgspec.json.decode(text, type=ProvenReceipt)


def carried(db: Database) -> list[Carried]:
    """Every file that is carried, those of an old phone first, then the oldest first."""
    rows = db.conn.execute(CARRIED_FILES)
    return [
        Carried(
            sha256=sha256,
            size_bytes=size_bytes,
            name=name,
            owner=owner,
            numbers=msgspec.json.decode(numbers, type=tuple[Numbers, ...]),
            whole=bool(whole),
            taken_over=bool(taken_over),
            state=state,
            url=url,
        )
        for sha256, size_bytes, name, owner, numbers, whole, taken_over, state, url in rows
    ]


CARRIED_FILES = """
SELECT sha256, bytes, name, owner, numbers, whole, taken_over, state, upload_url
  FROM carried
 ORDER BY taken_over DESC, taken_ms, sha256
"""


def state(db: Database, stated: Mapping[str, str]) -> None:
    """What the server says of the files that it was told of. Inside the caller's transaction."""
    values = [{"sha256": sha256, "state": said} for sha256, said in stated.items() if said in STATES]
    db.conn.executemany(STATE, values)


STATE = """
UPDATE carried
   SET state = :state
 WHERE sha256 = :sha256
   AND state <> 'damaged'
"""


def note(db: Database, sha256: str, *, state: str, url: str | None = None) -> None:
    """Keep how far a file is."""
    with write(db):
        db.conn.execute(NOTE_STATE, {"sha256": sha256, "state": state, "url": url})


NOTE_STATE = """
UPDATE carried
   SET state = :state, upload_url = :url
 WHERE sha256 = :sha256
"""


def let_go(db: Database, folder: Path) -> int:
    """Delete what is durable at the server; how many files that were.

    The file goes first: a row without a file goes with the next answer, a file without a row never.
    """
    safe = [one.sha256 for one in carried(db) if one.state == DURABLE]
    for sha256 in safe:
        (folder / sha256).unlink(missing_ok=True)
    if safe:
        with write(db):
            db.conn.executemany(FORGET, [{"sha256": sha256} for sha256 in safe])
    return len(safe)


FORGET = "DELETE FROM carried WHERE sha256 = :sha256"


def on_the_way(files: Iterable[Carried]) -> list[Carried]:
    """Those that can still go up, and that the server has not stated to have."""
    return [one for one in files if one.state not in (STORED, DURABLE, DAMAGED)]
