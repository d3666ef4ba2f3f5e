"""What becomes of each part of a bundle, in the order in which it is read."""

from collections.abc import Callable, Sequence

from server.attachments.base import AttachmentsFull, AttachmentStore
from server.hub.attachments import keep
from server.hub.bundle_report import DAMAGED, STORAGE_FULL, Damage, OfDevice, Report
from server.hub.carried import Piece, Survey, pieces_of
from server.hub.exchange import HELD_BYTES_MAX
from server.hub.forms import FormShelf
from server.hub.ingest import BUNDLE, BUNDLE_UNSIGNED, sender_of, take_in
from server.hub.sealing import SealingKey
from server.store.base import Store, Unit
from sync.attachment import is_sha256
from sync.bundle import Attachment, Receipt, Sealed
from sync.bundle_reading import Broken, Event, Finish, Part, Stretch
from sync.secrets import SecretLine

APPEND_BYTES = 1024 * 1024
"""How much of a photo is put on disk at once."""


class LineIntake:
    """Log lines of a file, each segment in a transaction of its own."""

    def __init__(
        self,
        store: Store,
        shelf: FormShelf,
        key: SealingKey,
        survey: Survey,
        signed: set[str],
        report: Report,
    ) -> None:
        self._store = store
        self._shelf = shelf
        self._key = key
        self._survey = survey
        self._signed = signed
        self._report = report
        self._devices: dict[str, OfDevice] = {}
        self._held: set[str] = set()

    def take(self, stretch: Stretch, *, now_ms: int) -> None:
        """Store a segment; where nobody vouches for it, it is held."""
        secrets = self._opened(stretch.sealed)
        for piece in pieces_of(stretch):
            with self._store.write() as unit:
                self._take(unit, piece, secrets, now_ms=now_ms)
            secrets = []

    def broken(self, event: Broken) -> None:
        """A segment that did not come out."""
        self._report.broken.append(Damage(event.device, event.first, event.last, DAMAGED))

    def finish(self, unit: Unit) -> None:
        """Complete the report by what is true after all lines and signatures were taken in."""
        held: dict[str, int] = {}
        for id in self._held:
            row = unit.log.get(id)
            if row is not None and row.held is not None:
                held[row.held] = held.get(row.held, 0) + 1
        self._report.lines.held = dict(sorted(held.items()))
        for one in self._devices.values():
            one.missing = unit.log.missing(one.device)
        self._report.devices = [self._devices[device] for device in sorted(self._devices)]

    def _take(self, unit: Unit, piece: Piece, secrets: Sequence[SecretLine], *, now_ms: int) -> None:
        vouched = piece.last in self._signed
        # Under its own name a log that nobody vouches for is added to no other device's.
        device = self._survey.root_of(unit, piece.device) if vouched else piece.device
        root = unit.log.root_of(device)
        sender = sender_of(unit, root, vouches=vouched)
        if not (vouched and sender.state == "known") and unit.log.stored_bytes(root) > HELD_BYTES_MAX:
            last = piece.after.seq + len(piece.lines)
            self._report.broken.append(Damage(piece.device, piece.after.seq + 1, last, STORAGE_FULL))
            return
        ids = [line.id for line in piece.lines]
        before = unit.log.places(ids)
        take_in(
            unit,
            self._shelf,
            sender,
            after=piece.after,
            device=device,
            lines=piece.lines,
            secrets=secrets,
            now_ms=now_ms,
            via=BUNDLE if vouched else BUNDLE_UNSIGNED,
        )
        self._count(unit, piece, new=sum(id not in before or before[id].stub for id in ids))

    def _count(self, unit: Unit, piece: Piece, *, new: int) -> None:
        first, last = piece.after.seq + 1, piece.after.seq + len(piece.lines)
        one = self._devices.setdefault(piece.device, OfDevice(piece.device, first, last))
        one.first, one.last, one.new = min(one.first, first), max(one.last, last), one.new + new
        self._report.lines.new += new
        self._report.lines.known += len(piece.lines) - new
        roots = {unit.log.root_of(place.device) for place in unit.log.places([piece.last]).values()}
        held = {id for root in roots for id, _ in unit.log.held_ids(root)}
        self._held.update(held.intersection(line.id for line in piece.lines))

    def _opened(self, sealed: Sequence[Sealed]) -> list[SecretLine]:
        opened = [secret for one in sealed if (secret := self._key.opened(one)) is not None]
        self._report.secrets.opened += len(opened)
        self._report.secrets.unopened += len(sealed) - len(opened)
        return opened


class FileIntake:
    """Photos and documents of a file, put on disk as their parts come."""

    def __init__(
        self,
        store: Store,
        attachments: AttachmentStore,
        key: SealingKey,
        report: Report,
        *,
        bytes_max: int,
        free_bytes_min: int,
        mint: Callable[[], str],
    ) -> None:
        self._store = store
        self._attachments = attachments
        self._key = key
        self._report = report
        self._bytes_max = bytes_max
        self._free_bytes_min = free_bytes_min
        self._mint = mint
        self._coming: Attachment | None = None
        self._upload = ""
        self._offset = 0
        self._waiting = bytearray()
        self.here: set[str] = set()
        self.is_full = False

    def begin(self, attachment: Attachment) -> None:
        """The parts that follow are this file. Nothing that its writer calls it reaches the disk."""
        if not is_sha256(attachment.sha256) or not 0 < attachment.bytes <= self._bytes_max:
            self._report.attachments.broken += 1
        elif self._is_here(attachment.sha256):
            self._report.attachments.known += 1
            self.here.add(attachment.sha256)
        elif self.is_full or not self._has_room(attachment.bytes):
            self.is_full = True
        else:
            self._coming, self._upload, self._offset = attachment, self._mint(), 0
            self._waiting = bytearray()

    def add(self, part: Part) -> None:
        """The next bytes; more than were announced, or what cannot be opened, end the file."""
        if self._coming is None:
            return
        data = self._key.opened_part(self._coming, part.data) if self._coming.key else part.data
        self._waiting += data or b""
        if data is None or self._offset + len(self._waiting) > self._coming.bytes:
            self._give_up()
        elif len(self._waiting) >= APPEND_BYTES:
            self._write()

    def end(self, *, now_ms: int) -> None:
        """The file has no more parts: it is what its SHA-256 says, or is not kept."""
        self._write()
        coming, self._coming = self._coming, None
        if coming is None:
            return
        sha256 = coming.sha256
        if self._offset != coming.bytes or not self._attachments.finish(self._upload, sha256):
            self._attachments.discard(self._upload)
            self._report.attachments.broken += 1
            return
        with self._store.write() as unit:
            keep(unit, self._attachments, sha256, now_ms=now_ms)
        self._report.attachments.new += 1
        self.here.add(sha256)

    def _write(self) -> None:
        if self._coming is None or not self._waiting:
            return
        try:
            self._offset = self._attachments.append(self._upload, bytes(self._waiting), offset=self._offset)
        except AttachmentsFull:
            self._attachments.discard(self._upload)
            self.is_full, self._coming = True, None
        self._waiting.clear()

    def _give_up(self) -> None:
        self._attachments.discard(self._upload)
        self._report.attachments.broken += 1
        self._coming = None

    def _is_here(self, sha256: str) -> bool:
        with self._store.read() as unit:
            listed = unit.attachments.get(sha256) is not None
        return listed and self._attachments.stat(sha256) is not None

    def _has_room(self, bytes_wanted: int) -> bool:
        return self._attachments.free_bytes() - bytes_wanted >= self._free_bytes_min


def take_event(lines: LineIntake, files: FileIntake, report: Report, event: Event, *, now_ms: int) -> None:
    """Take in what a file says next."""
    if isinstance(event, Part):
        files.add(event)
        return
    files.end(now_ms=now_ms)
    if isinstance(event, Stretch):
        lines.take(event, now_ms=now_ms)
    elif isinstance(event, Broken):
        lines.broken(event)
    elif isinstance(event, Attachment):
        files.begin(event)
    elif isinstance(event, Receipt):
        report.receipts += 1
    elif isinstance(event, Finish):
        report.ignored, report.cut = event.ignored, event.cut
