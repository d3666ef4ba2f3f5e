"""Photos and documents: which lines name them, how they come, who may see them.

Text comes first: a device is told in every exchange which files its lines name and the
server lacks, and brings them when it can. A file is what its SHA-256 says, or it is not kept.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import BinaryIO, Protocol

import msgspec

from server.attachments.base import AttachmentsFull, AttachmentStore, OffsetWrong, Stored
from server.attachments.thumbnails import thumbnail_of
from server.hub.errors import HubError
from server.hub.pages import Reader
from server.store.attachments import AttachmentRow, Reference, ReferenceRow, UploadRow
from server.store.base import LogRow, Store, Unit
from sync.area import within
from sync.attachment import named_in, type_of
from sync.policies import is_sealed
from sync.revision import Malformed, Revision, Stub

UPLOADS_OPEN_MAX = 32
"""Uploads that one device has on their way; a new one ends the one that expires first."""

SWEEP_MAX = 50
"""Expired uploads that one new upload clears away."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken. ``free_bytes_min`` stays free for text, which comes before photos."""

    bytes_max: int
    bundle_bytes_max: int
    free_bytes_min: int
    valid_ms: int


class BundleDesk(Protocol):
    """Where uploads go that are files of saved work for others; see ``server.hub.bundles``."""

    def announce(self, sha256: str, device: str) -> bool:
        """A device is bringing a bundle; whether it was taken in already."""
        ...

    def awaits(self, sha256: str) -> bool:
        """Whether a file is a bundle that was announced and not taken in yet."""
        ...

    def bring(self, sha256: str, device: str) -> object:
        """Take in the bundle that lies whole in the attachment store. Raises HubError."""
        ...


class Progress(msgspec.Struct, frozen=True):
    """An upload and how many of its bytes are on disk."""

    upload: UploadRow
    offset: int


class Found(msgspec.Struct, frozen=True):
    """A file that its asker may see."""

    row: AttachmentRow
    file: BinaryIO


def note_attachments(unit: Unit, lines: Iterable[tuple[LogRow, Revision | Stub | Malformed]]) -> None:
    """Note which files these stored lines name, each given with what it says."""
    references = [
        ReferenceRow(
            row.id,
            field,
            sha256,
            outcome.record,
            row.device,
            outcome.author,
            is_sealed(outcome.values[field]),
        )
        for row, outcome in lines
        if row.record is not None and isinstance(outcome, Revision)
        for field, sha256 in named_in(outcome.values).items()
    ]
    if references:
        unit.attachments.refer(references)


class Uploads:
    """Files on their way to a server. Every step may be repeated."""

    def __init__(
        self,
        store: Store,
        attachments: AttachmentStore,
        bundles: BundleDesk,
        limits: Limits,
        *,
        mint: Callable[[], str],
        now_ms: Callable[[], int],
    ) -> None:
        self._store = store
        self._attachments = attachments
        self._bundles = bundles
        self._limits = limits
        self._mint = mint
        self._now_ms = now_ms

    def begin(self, device: str, sha256: str, length: int, *, is_bundle: bool = False) -> Progress:
        """A new upload; one whose file is here already has all its bytes.

        Raises HubError ``body-too-large``, ``attachments-full``.
        """
        bytes_max = self._limits.bundle_bytes_max if is_bundle else self._limits.bytes_max
        if length > bytes_max:
            raise HubError("body-too-large", max=bytes_max)
        self._sweep()
        is_here = self._bundles.announce(sha256, device) if is_bundle else self._adopt(sha256)
        if not is_here:
            self._require_room(length)
        upload = UploadRow(self._mint(), sha256, device, length, self._now_ms() + self._limits.valid_ms)
        with self._store.write() as unit:
            open_ones = unit.attachments.uploads_of(device)
            superfluous = open_ones[: max(0, len(open_ones) + 1 - UPLOADS_OPEN_MAX)]
            unit.attachments.end(one.id for one in superfluous)
            unit.attachments.begin(upload)
        for one in superfluous:
            self._attachments.discard(one.id)
        return Progress(upload, length if is_here else 0)

    def progress(self, device: str, id: str) -> Progress:
        """Where an upload stands; one whose last byte is on disk is proven and kept before it is said.

        The last piece may have come while the server died. A phone that hears of all its bytes
        asks no more, so they must be the file by then; where they are not, it begins at 0.
        Raises HubError ``not-found``, for another's upload as well.
        """
        with self._store.read() as unit:
            upload = unit.attachments.upload(id)
            is_here = upload is not None and self._is_kept(unit, upload.sha256)
        if upload is None or upload.device != device or upload.expires_ms <= self._now_ms():
            raise HubError("not-found")
        offset = upload.length if is_here else self._attachments.offset(id)
        if offset == upload.length and not is_here and not self._finish(upload):
            offset = 0
        return Progress(upload, offset)

    def append(self, device: str, id: str, data: bytes, *, offset: int) -> Progress:
        """Add bytes; with the last one the file is proven and kept.

        What is offered to an upload whose file is here is not looked at: it is done. Raises
        HubError ``not-found``, ``upload-offset-wrong``, ``body-too-large``,
        ``attachment-altered``, ``attachments-full``.
        """
        before = self.progress(device, id)
        upload = before.upload
        if before.offset == upload.length:
            return before
        if offset != before.offset:
            raise HubError("upload-offset-wrong", offset=before.offset)
        if offset + len(data) > upload.length:
            raise HubError("body-too-large", max=upload.length - offset)
        self._require_room(len(data))
        try:
            reached = self._attachments.append(id, data, offset=offset) if data else offset
            if reached == upload.length and not self._finish(upload):
                raise HubError("attachment-altered")
        except OffsetWrong as error:
            raise HubError("upload-offset-wrong", offset=error.offset) from error
        except AttachmentsFull as error:
            raise HubError("attachments-full") from error
        return Progress(upload, reached)

    def end(self, device: str, id: str) -> None:
        """An upload is given up. Raises HubError ``not-found``."""
        upload = self.progress(device, id).upload
        self._end([upload])

    def _is_kept(self, unit: Unit, sha256: str) -> bool:
        """Whether a file, or what stood in it, is here."""
        bundle = unit.bundles.load([sha256]).get(sha256)
        is_taken_in = bundle is not None and bundle.imported_ms is not None
        return is_taken_in or unit.attachments.get(sha256) is not None

    def _finish(self, upload: UploadRow) -> bool:
        """Keep a file whose bytes are all here; false where they are another's."""
        try:
            if not self._attachments.finish(upload.id, upload.sha256):
                return False
        except AttachmentsFull as error:
            raise HubError("attachments-full") from error
        if self._bundles.awaits(upload.sha256):
            self._bundles.bring(upload.sha256, upload.device)
            return True
        with self._store.write() as unit:
            keep(unit, self._attachments, upload.sha256, now_ms=self._now_ms())
        return True

    def _adopt(self, sha256: str) -> bool:
        """Whether a file is here, by looking at it.

        One whose row did not come before a power cut gets it now; a row whose file is gone goes.
        """
        with self._store.read() as unit:
            is_listed = unit.attachments.get(sha256) is not None
        if is_listed and self._attachments.stat(sha256) is not None:
            return True
        is_whole = self._attachments.is_whole(sha256)
        if is_whole or is_listed:
            with self._store.write() as unit:
                if is_whole:
                    keep(unit, self._attachments, sha256, now_ms=self._now_ms())
                else:
                    unit.attachments.forget(sha256)
        return is_whole

    def _require_room(self, bytes_wanted: int) -> None:
        if self._attachments.free_bytes() - bytes_wanted < self._limits.free_bytes_min:
            raise HubError("attachments-full")

    def _sweep(self) -> None:
        with self._store.read() as unit:
            expired = unit.attachments.expired(before_ms=self._now_ms(), limit=SWEEP_MAX)
        if expired:
            self._end(expired)

    def _end(self, uploads: Sequence[UploadRow]) -> None:
        """The part goes first: a row without a part begins anew, a part without a row never ends."""
        for upload in uploads:
            self._attachments.discard(upload.id)
        with self._store.write() as unit:
            unit.attachments.end(upload.id for upload in uploads)


def keep(unit: Unit, attachments: AttachmentStore, sha256: str, *, now_ms: int) -> None:
    """Write the row of a file that lies whole under its name."""
    stored = attachments.stat(sha256)
    if stored is None:
        return
    unit.attachments.put(_row(sha256, stored, now_ms))
    # A topic is complete only with its photos here.
    records = {one.row.record for one in unit.attachments.named_by(sha256) if one.merged}
    unit.listing.mark_due(area for row in unit.records.load(records).values() for area in row.areas)


def attachment_for(
    unit: Unit, attachments: AttachmentStore, sha256: str, *, device: str, reader: Reader
) -> Found:
    """A file that the reader may see. Raises HubError ``not-found`` for every other one."""
    row = unit.attachments.get(sha256)
    if row is None or not may_see(unit, sha256, device=device, reader=reader):
        raise HubError("not-found")
    file = attachments.open(sha256)
    if file is None:
        raise HubError("not-found")
    return Found(row, file)


def small_picture(attachments: AttachmentStore, sha256: str) -> bytes:
    """The small picture of a file. Raises HubError ``not-found`` where none can be made."""
    try:
        picture = thumbnail_of(attachments, sha256)
    except AttachmentsFull as error:
        raise HubError("attachments-full") from error
    if picture is None:
        raise HubError("not-found")
    return picture


def may_see(unit: Unit, sha256: str, *, device: str, reader: Reader) -> bool:
    """Whether a merged record in the reader's scope names a file, or the asker's own log.

    A file inherits the class of every field that names it: where one is restricted, only who
    may open that answer sees the file. All of them must be his own where he may open no
    other's, or naming a file in one's own entry would be enough to see it.
    """
    references = unit.attachments.named_by(sha256)
    restricted = [one for one in references if one.row.restricted]
    if not reader.opens_all and any(one.row.person != reader.opens_of for one in restricted):
        return False
    return _is_own(unit, references, device) or _is_in_scope(unit, references, reader)


def _is_own(unit: Unit, references: Sequence[Reference], device: str) -> bool:
    root = unit.log.root_of(device)
    return any(unit.log.root_of(named_on) == root for named_on in {one.row.device for one in references})


def _is_in_scope(unit: Unit, references: Sequence[Reference], reader: Reader) -> bool:
    records = {one.row.record for one in references if one.merged}
    rows = unit.records.load(records).values() if records else ()
    return any(within(area, reader.scope) for row in rows for area in row.areas)


def _row(sha256: str, stored: Stored, now_ms: int) -> AttachmentRow:
    return AttachmentRow(sha256, stored.size_bytes, type_of(stored.head), now_ms)
