"""Photos and documents of this device: kept as files under their SHA-256, named by saves.

A file is on disk before a line names it. It stays until the server has it, the line that
names it is durable, and space is needed.
"""

import errno
import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import msgspec
from sqlite_utils import Database

from field_client import facts, files, journal, records
from field_client.capture import Change, Saved, save
from field_client.database import StoreProblem, write
from field_client.errors import CommandProblem, wrong_usage
from field_client.facts import RandomBytes
from field_client.settings import ATTACHMENT_BYTES_MAX
from sync.attachment import sha256_in, type_of
from sync.fold import Snapshot

LEFT = "left"
"""The server has not confirmed the file yet, or asks for it again."""

RECEIVED = "received"
DAMAGED = "damaged"
"""The file is gone or its bytes changed; no other copy is here."""


class Kept(msgspec.Struct, frozen=True):
    """A file that lies in the device's folder, on disk."""

    sha256: str
    size_bytes: int
    type: str


class Left(msgspec.Struct, frozen=True):
    """A file that the server lacks. ``url``: the upload that was begun, if any."""

    sha256: str
    size_bytes: int
    url: str | None


class Known(msgspec.Struct, frozen=True):
    """How many of a question's files the server has, of those that this device answers for.

    ``elsewhere``: named by other devices, which answer for them.
    """

    received: int
    named: int
    elsewhere: int


def attach(
    db: Database,
    folder: Path,
    record: str,
    field: str,
    source: Path,
    *,
    person_id: str | None,
    now_ms: int,
    random_bytes: RandomBytes,
) -> Saved:
    """Keep a copy of a file and save that an answer names it; both on disk when this returns.

    Raises CommandProblem for a record that is not here or a file that cannot be taken,
    StoreProblem. Nothing was saved then.
    """
    entry = records.load(db, record)
    if entry is None:
        raise CommandProblem("client.record-unknown", record=record)
    kept = keep(folder, source)
    change = Change(
        form_id=entry.form_key.partition("/")[0],
        record=record,
        person=person_id,
        fields={f"{field}/{kept.sha256}": {"bytes": kept.size_bytes, "type": kept.type}},
    )
    with write(db):
        saved = save(db, change, now_ms=now_ms, random_bytes=random_bytes)
        local = journal.local_of(db, saved.revision or "") or 0
        values = {"sha256": kept.sha256, "bytes": kept.size_bytes, "type": kept.type, "local": local}
        db.conn.execute(NAME, values)
    return saved


NAME = """
INSERT INTO attachment (sha256, bytes, type, local, state)
VALUES (:sha256, :bytes, :type, :local, 'left')
    ON CONFLICT (sha256) DO UPDATE
   SET local = excluded.local, state = CASE state WHEN 'damaged' THEN 'left' ELSE state END
"""


def keep(folder: Path, source: Path) -> Kept:
    """Copy a file into the folder, under its SHA-256: file, name and folder are on disk then."""
    try:
        reading = source.open("rb")
    except OSError as error:
        raise wrong_usage("client.attach.unreadable", file=source, reason=error.strerror or "") from error
    with reading:
        _guard_size(reading)
        try:
            kept = files.copied(folder, reading)
        except OSError as error:
            code = "disk-full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "failed"
            raise StoreProblem(code, str(error)) from error
    return Kept(kept.sha256, kept.size_bytes, type_of(kept.head))


def _guard_size(reading: BinaryIO) -> None:
    size_bytes = os.fstat(reading.fileno()).st_size
    if size_bytes == 0:
        raise wrong_usage("client.attach.empty", file=reading.name)
    if size_bytes > ATTACHMENT_BYTES_MAX:
        limit = ATTACHMENT_BYTES_MAX // 1_048_576
        raise wrong_usage("client.attach.too-large", file=reading.name, megabytes=limit)


def read_whole(folder: Path, sha256: str) -> bytes | None:
    """The bytes of a file, or ``None`` where it is gone or its bytes no longer give its name."""
    try:
        data = (folder / sha256).read_bytes()
    except OSError:
        return None
    return data if hashlib.sha256(data).hexdigest() == sha256 else None


def left(db: Database) -> list[Left]:
    """Files that the server lacks, in the order in which they were named."""
    return [Left(*row) for row in db.conn.execute(LEFT_FILES)]


LEFT_FILES = """
SELECT sha256, bytes, upload_url
  FROM attachment
 WHERE state = 'left'
 ORDER BY local, sha256
"""


def sendable(db: Database) -> list[Left]:
    """Those of them whose lines the server has: text comes first."""
    rows = db.conn.execute(SENDABLE_FILES, {"local": journal.have_local(db)})
    return [Left(*row) for row in rows]


SENDABLE_FILES = """
SELECT sha256, bytes, upload_url
  FROM attachment
 WHERE state = 'left'
   AND local <= :local
 ORDER BY local, sha256
"""


def damaged_count(db: Database) -> int:
    """How many files are gone or altered here before the server had them."""
    return int(db.conn.execute(DAMAGED_COUNT).fetchone()[0])


DAMAGED_COUNT = "SELECT count(*) FROM attachment WHERE state = 'damaged'"


def want(db: Database, files: Iterable[str]) -> None:
    """The server says what it lacks; what was received before is left to send again.

    Inside the caller's transaction.
    """
    db.conn.executemany(WANT, [{"sha256": sha256} for sha256 in files])


WANT = """
UPDATE attachment
   SET state = 'left', upload_url = NULL
 WHERE sha256 = :sha256
   AND state = 'received'
"""


def note(db: Database, sha256: str, *, state: str = LEFT, url: str | None = None) -> None:
    """Keep how far a file is. The server alone knows its offset, so no offset is kept as truth."""
    with write(db):
        db.conn.execute(NOTE, {"sha256": sha256, "state": state, "url": url})


NOTE = """
UPDATE attachment
   SET state = :state, upload_url = :url
 WHERE sha256 = :sha256
"""


def known(db: Database, seen: Snapshot) -> dict[str, Known]:
    """``{question: Known}`` of the files that a shown record names, cleared ones not counted."""
    named: dict[str, set[str]] = {}
    for line in seen.values():
        for field, value in line.fields.items():
            sha256 = sha256_in(field) if value is not None else None
            if sha256 is not None:
                named.setdefault(field.rpartition("/")[0], set()).add(sha256)
    states = dict(db.conn.execute(STATES).fetchall()) if named else {}
    return {
        question: Known(
            received=sum(states.get(file) == RECEIVED for file in files),
            named=sum(file in states for file in files),
            elsewhere=sum(file not in states for file in files),
        )
        for question, files in sorted(named.items())
    }


STATES = "SELECT sha256, state FROM attachment"


def make_room(db: Database, folder: Path, *, bytes_wanted: int) -> int:
    """Take away originals that are safe elsewhere, the oldest first; how many bytes that gave.

    Safe: the server has the file, and every line that names it is durable, which the server says
    of a line only where its backups have the file. So no file may be sent after it said so.
    """
    durable = journal.local_of(db, facts.get_place(db, facts.DURABLE).id) or 0
    freed = 0
    for sha256, size_bytes in db.conn.execute(SAFE_FILES, {"local": durable}).fetchall():
        if freed >= bytes_wanted:
            break
        file = folder / sha256
        if file.exists():
            file.unlink()
            freed += size_bytes
    return freed


SAFE_FILES = """
SELECT sha256, bytes
  FROM attachment
 WHERE state = 'received'
   AND local <= :local
 ORDER BY local, sha256
"""
