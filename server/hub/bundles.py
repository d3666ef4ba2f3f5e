"""Files of saved work that somebody carried to this server (``sync/bundle.py`` says what stands in one).

A file is read twice: once to see that it is one, within its limits, and whose signatures are in
it; then to take it in, a segment a transaction. Every step may be repeated, so a run that was
killed is followed by another one that finds the rest.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from server.attachments.base import AttachmentsFull, AttachmentStore
from server.hub.attachments import keep
from server.hub.bundle_intake import FileIntake, LineIntake, take_event
from server.hub.bundle_report import Report, Signature, report_json
from server.hub.carried import Survey
from server.hub.errors import HubError
from server.hub.forms import FormShelf
from server.hub.ingest import vouch
from server.hub.sealing import SealingKey
from server.store.base import Store
from server.store.bundles import BundleRow
from sync.bundle import VERSION, Manifest, Segment, Tip
from sync.bundle_reading import Event, NoBundle, Stretch, TooManyLines, read_bundle
from sync.packing import PIECE_BYTES, TooLarge, unpacked


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of a file. ``free_bytes_min`` stays free for text, which comes before photos."""

    inflated_bytes_max: int
    lines_max: int
    attachment_bytes_max: int
    free_bytes_min: int


class Bundles:
    """The bundles of a server."""

    def __init__(
        self,
        store: Store,
        shelf: FormShelf,
        attachments: AttachmentStore,
        key: SealingKey,
        limits: Limits,
        *,
        mint: Callable[[], str],
        now_ms: Callable[[], int],
    ) -> None:
        self._store = store
        self._shelf = shelf
        self._attachments = attachments
        self._key = key
        self._limits = limits
        self._mint = mint
        self._now_ms = now_ms

    def announce(self, sha256: str, device: str) -> bool:
        """A device is bringing a bundle; whether it is taken in. Raises HubError as ``bring`` does."""
        with self._store.write() as unit:
            unit.bundles.announce(sha256, device=device, now_ms=self._now_ms())
        if self.awaits(sha256) and self._attachments.is_whole(sha256):
            self.bring(sha256, device)  # it came as a photo, or the server died before it looked inside
        return not self.awaits(sha256)

    def awaits(self, sha256: str) -> bool:
        """Whether a file is a bundle that was announced and not taken in yet."""
        with self._store.read() as unit:
            row = unit.bundles.load([sha256]).get(sha256)
        return row is not None and row.imported_ms is None

    def deposit(self, pieces: Iterable[bytes], *, device: str = "") -> Report:
        """Take in a file that its bringer keeps. Raises HubError as ``bring`` does, with nothing kept.

        ``device``: the carrier's, empty for an operator.
        """
        upload, digest, offset = self._mint(), hashlib.sha256(), 0
        try:
            for piece in pieces:
                self._require_room(len(piece))
                digest.update(piece)
                offset = self._attachments.append(upload, piece, offset=offset)
            if offset == 0:
                raise HubError("bundle-malformed", reason="the file is empty")
            self._attachments.finish(upload, digest.hexdigest())
        except AttachmentsFull as error:
            raise HubError("attachments-full") from error
        finally:
            self._attachments.discard(upload)
        sha256 = digest.hexdigest()
        try:
            return self._bring(sha256, device)
        except HubError:
            self._drop(sha256)
            raise

    def bring(self, sha256: str, device: str) -> Report:
        """Take in the file that lies whole in the attachment store.

        It goes when nobody needs it any more; else it is kept like a photo. Raises HubError
        ``bundle-malformed``, ``bundle-too-large``, with the file kept; ``attachments-full``
        when its text is taken in and it will have to come again.
        """
        try:
            return self._bring(sha256, device)
        except HubError as error:
            if error.code != "attachments-full":
                self._note(sha256, device, {"problem": error.code}, [sha256])
            raise

    def _bring(self, sha256: str, device: str) -> Report:
        report, files = self._take_in(sha256)
        self._note(sha256, device, report_json(report), files if report.is_whole else [*files, sha256])
        if report.is_whole:
            self._drop(sha256)
        return report

    def _drop(self, sha256: str) -> None:
        """The file is needed no more, unless it is kept as what a line names, too."""
        with self._store.read() as unit:
            is_kept = unit.attachments.get(sha256) is not None
        if not is_kept:
            self._attachments.delete(sha256)

    def segments(self, pieces: Iterable[bytes]) -> list[Segment]:
        """The whole segments of a file, which is not taken in. Raises HubError."""
        return [event.segment for event in self._events(pieces) if isinstance(event, Stretch)]

    def _take_in(self, sha256: str) -> tuple[Report, list[str]]:
        survey = Survey(self._events(self._pieces_of(sha256)))
        with self._store.read() as unit:
            tips = survey.signed_tips(unit)
            signed = survey.signed(unit, tips)
        report = Report(Manifest(VERSION))
        lines = LineIntake(self._store, self._shelf, self._key, survey, signed, report)
        files = FileIntake(
            self._store,
            self._attachments,
            self._key,
            report,
            bytes_max=self._limits.attachment_bytes_max,
            free_bytes_min=self._limits.free_bytes_min,
            mint=self._mint,
        )
        for event in self._events(self._pieces_of(sha256)):
            if isinstance(event, Manifest):
                report.manifest = event
            take_event(lines, files, report, event, now_ms=self._now_ms())
        self._vouch(survey, tips)
        report.signatures = [Signature(tip.device, tip.seq, tip.id, tip in tips) for tip in survey.tips]
        with self._store.read() as unit:
            lines.finish(unit)
        if files.is_full:
            raise HubError("attachments-full")
        return report, sorted(files.here)

    def _vouch(self, survey: Survey, tips: Sequence[Tip]) -> None:
        """What had come unsigned before is its device's word now."""
        for tip in tips:
            with self._store.write() as unit:
                root = survey.root_of(unit, tip.device)
                vouch(unit, self._shelf, root, [tip.id], now_ms=self._now_ms())

    def _events(self, pieces: Iterable[bytes]) -> Iterator[Event]:
        limits = self._limits
        try:
            lines = unpacked(pieces, bytes_max=limits.inflated_bytes_max)
            yield from read_bundle(lines, lines_max=limits.lines_max)
        except NoBundle as error:
            raise HubError("bundle-malformed", reason=str(error)) from error
        except TooLarge as error:
            raise HubError("bundle-too-large", max=error.limit) from error
        except TooManyLines as error:
            raise HubError("bundle-too-large", max=limits.lines_max) from error

    def _pieces_of(self, sha256: str) -> Iterator[bytes]:
        file = self._attachments.open(sha256)
        if file is not None:
            with file:
                while piece := file.read(PIECE_BYTES):
                    yield piece

    def _note(self, sha256: str, device: str, report: dict[str, Any], files: Sequence[str]) -> None:
        now_ms = self._now_ms()
        with self._store.write() as unit:
            if sha256 in files:
                keep(unit, self._attachments, sha256, now_ms=now_ms)
            before = unit.bundles.load([sha256]).get(sha256)
            unit.bundles.put(
                BundleRow(
                    sha256=sha256,
                    device=device or (before.device if before else ""),
                    announced_ms=before.announced_ms if before else now_ms,
                    imported_ms=now_ms,
                    report=msgspec.json.encode(report).decode(),
                    files=tuple(files),
                )
            )

    def _require_room(self, bytes_wanted: int) -> None:
        if self._attachments.free_bytes() - bytes_wanted < self._limits.free_bytes_min:
            raise HubError("attachments-full")
