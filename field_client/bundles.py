"""What this device saved, as one file that somebody else can carry to the server.

Restricted answers and the photos of restricted questions go in sealed to the server's key: who
carries the file cannot read them. Where that key is not known here they stay at home, and the
report says so; nothing that is missing from the file is lost, it goes with the next sync.
"""

from base64 import b64decode
from collections.abc import Callable, Iterator
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import msgspec
from sqlite_utils import Database

from field_client import attachments, facts, files, journal, sending, signing
from field_client.bundle_content import Numbers, made_by, merged
from field_client.database import read, write
from field_client.errors import CommandProblem, wrong_usage
from field_client.sealing import ServerKey
from field_client.sending import Sendable
from field_client.settings import APP_VERSION
from sync.attachment import may_name_attachments, named_in
from sync.bundle import (
    PART_BYTES,
    VERSION,
    Attachment,
    Entry,
    Manifest,
    Receipt,
    Sealed,
    Tip,
    tip_message,
    with_end,
    write_attachment,
    write_manifest,
    write_receipt,
    write_segments,
    write_tip,
)
from sync.chain import START, Place
from sync.packing import packed
from sync.policies import is_sealed
from sync.revision import Revision
from sync.revision import read as read_line


class Photo(msgspec.Struct, frozen=True):
    """A photo or document of this device. ``restricted``: a sealed answer names it."""

    sha256: str
    size_bytes: int
    type: str
    state: str
    restricted: bool


class Plan(msgspec.Struct, frozen=True):
    """What goes into a file: the lines after a local row, and photos."""

    after_local: int
    lines: int
    photos: tuple[Photo, ...]

    @property
    def steps(self) -> int:
        """How many times ``on_step`` will be called: once a line, once a piece of a photo."""
        return self.lines + sum(_pieces_in(photo.size_bytes) for photo in self.photos)


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """What went into a file.

    ``left_sealed``: restricted answers and photos that stayed at home for want of the server's
    key. ``photos_damaged``: gone or altered here.
    """

    lines: int
    numbers: tuple[Numbers, ...]
    sealed: int
    photos: int
    left_sealed: int
    photos_damaged: int
    size_bytes: int


def planned(db: Database, *, since_receipt: bool, with_photos: bool) -> Plan:
    """Everything of this device, or what the server has not stated to have; of one moment."""
    with read(db):
        after_local = journal.have_local(db) if since_receipt else 0
        rows = db.conn.execute(OWN_FILES).fetchall() if with_photos else []
        rows = [row for row in rows if row[3] != attachments.RECEIVED or not since_receipt]
        restricted = _restricted_files(db) if rows else frozenset()
        photos = tuple(
            Photo(sha256, size_bytes, type, state, sha256 in restricted)
            for sha256, size_bytes, type, state in rows
        )
        return Plan(after_local, journal.count(db, after_local=after_local), photos)


OWN_FILES = "SELECT sha256, bytes, type, state FROM attachment ORDER BY local, sha256"


def export(
    db: Database,
    folder: Path,
    plan: Plan,
    file: Path,
    *,
    made_ms: int,
    on_step: Callable[[], None],
) -> Exported:
    """Write a file; it stands there whole, on disk, or not at all.

    It takes the place of an earlier one that this device made, and of no other. Raises
    CommandProblem, StoreProblem.
    """
    _guard(db, file)
    writing = _Export(db, folder, plan, on_step)
    try:
        with files.written(file) as part:
            with read(db):
                for piece in packed(with_end(writing.lines(made_ms))):
                    part.write(piece)
            size_bytes = part.tell()
    except OSError as error:
        raise CommandProblem("client.bundle.cannot-write", file=file, reason=error.strerror or "") from error
    with write(db):
        facts.put(db, facts.EXPORTED_LOCAL, str(writing.last.local if writing.last else 0))
    return writing.exported(size_bytes)


class _Export:
    """One file, line by line, and what went into it."""

    def __init__(self, db: Database, folder: Path, plan: Plan, on_step: Callable[[], None]) -> None:
        self.db, self.folder, self.plan, self.on_step = db, folder, plan, on_step
        self.key = _server_key(db)
        self.numbers: list[Numbers] = []
        self.last: Sendable | None = None
        self.ends: list[Sendable] = []
        self.sealed = self.photos = self.left_sealed = self.photos_damaged = 0

    def exported(self, size_bytes: int) -> Exported:
        return Exported(
            lines=len(self.numbers),
            numbers=merged(self.numbers),
            sealed=self.sealed,
            photos=self.photos,
            left_sealed=self.left_sealed,
            photos_damaged=self.photos_damaged,
            size_bytes=size_bytes,
        )

    def lines(self, made_ms: int) -> Iterator[bytes]:
        enrolled = facts.get(self.db, facts.ENROLLED) or ""
        names = ", ".join(person.name for person in facts.persons(self.db))
        yield write_manifest(Manifest(VERSION, made=made_ms, by=enrolled, app=APP_VERSION, name=names[:200]))
        own = sending.sendable(self.db, after_local=self.plan.after_local)
        for device, lines in groupby(own, key=attrgetter("device")):
            yield from write_segments(device, map(self._entry, lines))
        self._note_end()
        yield from self._tips()
        for photo in self.plan.photos:
            yield from self._photo(photo)
        have = facts.get_place(self.db, facts.HAVE)
        if have != START:
            yield write_receipt(Receipt(enrolled, have, facts.get_place(self.db, facts.DURABLE)))

    def _entry(self, line: Sendable) -> Entry:
        self.on_step()
        if line.is_stub:
            self._note_end()
        self.last = line
        self.numbers.append(Numbers(line.device, line.seq, line.seq))
        return Entry(line.seq, line.id, line.previous, line.line, self._sealed(line))

    def _sealed(self, line: Sendable) -> tuple[Sealed, ...]:
        if line.secret is None:
            return ()
        if self.key is None:
            self.left_sealed += 1
            return ()
        self.sealed += 1
        return (self.key.sealed(line.id, line.secret),)

    def _note_end(self) -> None:
        """A signature reaches back to a stub and no further, so what stands before it needs its own."""
        if self.last is not None and not self.last.is_stub:
            self.ends.append(self.last)

    def _tips(self) -> Iterator[bytes]:
        """Signed ends: whoever changed a line of the file cannot sign it again."""
        for end in self.ends:
            signature = signing.signature(self.db, tip_message(end.device, Place(end.seq, end.id)))
            if signature is not None:
                yield write_tip(Tip(end.device, end.seq, end.id, b64decode(signature)))

    def _photo(self, photo: Photo) -> Iterator[bytes]:
        data = attachments.read_whole(self.folder, photo.sha256)
        if data is None:
            # What the server received may have made room here; all else was damaged.
            self.photos_damaged += photo.state != attachments.RECEIVED
        elif photo.restricted and self.key is None:
            self.left_sealed += 1
        else:
            self.photos += 1
            key = self.key if photo.restricted else None
            attachment = Attachment(photo.sha256, len(data), photo.type, key.id if key else "")
            yield from write_attachment(attachment, self._pieces(photo.sha256, data, key))

    def _pieces(self, sha256: str, data: bytes, key: ServerKey | None) -> Iterator[bytes]:
        for offset in range(0, len(data), PART_BYTES):
            self.on_step()
            piece = data[offset : offset + PART_BYTES]
            yield piece if key is None else key.sealed_part(sha256, piece)


def _pieces_in(size_bytes: int) -> int:
    return -(-size_bytes // PART_BYTES)


def _restricted_files(db: Database) -> frozenset[str]:
    """Files that a sealed answer of an own line names: they inherit its class."""
    found: set[str] = set()
    for own in journal.lines(db):
        if may_name_attachments(own.body):
            revision = read_line(own.body)
            if isinstance(revision, Revision):
                named = named_in(revision.values).items()
                found |= {sha256 for field, sha256 in named if is_sealed(revision.values[field])}
    return frozenset(found)


def _server_key(db: Database) -> ServerKey | None:
    spki = facts.server_key(db)
    try:
        return ServerKey(spki) if spki else None
    except ValueError:
        return None


def _guard(db: Database, file: Path) -> None:
    """Only an earlier file of this device is replaced: another may be all that is left of someone's work."""
    if not file.parent.is_dir():
        raise wrong_usage("client.bundle.no-folder", folder=file.parent)
    if file.exists() and made_by(file) != facts.get(db, facts.ENROLLED):
        raise wrong_usage("client.bundle.exists", file=file)
