"""Reading the lines of a ``.tapak`` file (``sync.bundle`` says what they are)."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from sync.bundle import (
    KIND,
    SEGMENT_BYTES_MAX,
    SEGMENT_LINES_MAX,
    VERSION,
    Attachment,
    End,
    Manifest,
    Receipt,
    Sealed,
    Segment,
    Tip,
)
from sync.chain import ids_along
from sync.revision import read


class Stretch(msgspec.Struct, frozen=True):
    """A segment that came out as its head says."""

    segment: Segment
    lines: list[bytes]
    sealed: list[Sealed]


class Broken(msgspec.Struct, frozen=True):
    """A segment that did not: numbers ``first`` to ``last``, 0 where its head cannot be read."""

    device: str
    first: int
    last: int


class Part(msgspec.Struct, frozen=True):
    """The next bytes of the attachment that was begun last."""

    data: bytes


class Finish(msgspec.Struct, frozen=True):
    """What is known at the end. ``cut``: lines are missing. ``ignored``: lines that say nothing here."""

    lines: int
    ignored: int
    cut: bool


Event = Manifest | Stretch | Broken | Tip | Attachment | Part | Receipt | Finish


class NoBundle(ValueError):
    """The first line is no manifest of a version that is known here."""


class TooManyLines(ValueError):
    """The file has more lines than its reader takes."""


class _SegmentLine(msgspec.Struct):
    segment: Segment


class _SealedLine(msgspec.Struct):
    sealed: Sealed


class _LogLine(msgspec.Struct):
    line: bytes


class _TipLine(msgspec.Struct):
    tip: Tip


class _AttachmentLine(msgspec.Struct):
    attachment: Attachment


class _PartLine(msgspec.Struct):
    part: bytes


class _ReceiptLine(msgspec.Struct):
    receipt: Receipt


class _EndLine(msgspec.Struct):
    end: End


_decode_manifest = msgspec.json.Decoder(Manifest).decode
_KINDS: dict[str, Any] = {
    "segment": _SegmentLine,
    "sealed": _SealedLine,
    "line": _LogLine,
    "tip": _TipLine,
    "attachment": _AttachmentLine,
    "part": _PartLine,
    "receipt": _ReceiptLine,
    "end": _EndLine,
}
_decoders = {kind: msgspec.json.Decoder(struct).decode for kind, struct in _KINDS.items()}


def read_bundle(lines: Iterable[bytes], *, lines_max: int) -> Iterator[Event]:
    """What a file says, in its order: a Manifest first, a Finish last.

    Raises NoBundle, and TooManyLines at the first line above ``lines_max``.
    """
    whole = (line for line in lines if line)
    yield _manifest(next(whole, b""))
    reading = _Reading()
    for line in whole:
        kind = _kind(line)
        if kind == "end":
            yield from reading.closed()
            said = _decoded(kind, line)
            yield Finish(reading.lines, reading.ignored, said is None or said.end.lines != reading.lines)
            return
        if reading.lines == lines_max:
            raise TooManyLines(str(lines_max))
        yield from reading.take(kind, line)
    yield from reading.closed()
    yield Finish(reading.lines, reading.ignored, True)


class _Reading:
    """A file as far as it was read."""

    def __init__(self) -> None:
        self.lines = 1
        self.ignored = 0
        self._segment: Segment | None = None
        self._lines: list[bytes] = []
        self._sealed: list[Sealed] = []
        self._room = SEGMENT_BYTES_MAX
        self._in_attachment = False

    def take(self, kind: str | None, line: bytes) -> Iterator[Event]:
        """What is known with the next line."""
        self.lines += 1
        said = _decoded(kind, line) if kind else None
        if self._segment is not None and self._belongs(kind, said, line):
            return
        yield from self.closed()
        if kind == "segment":
            yield from self._begin(said)
        elif kind in ("tip", "receipt", "attachment") and said is not None:
            self._in_attachment = kind == "attachment"
            yield getattr(said, kind)
        elif kind == "part" and said is not None and self._in_attachment:
            yield Part(said.part)
        else:
            self.ignored += 1

    def closed(self) -> Iterator[Event]:
        """The segment that ends here."""
        segment, self._segment = self._segment, None
        if segment is None:
            return
        if self._room >= 0 and _comes_out(segment, self._lines):
            yield Stretch(segment, self._lines, self._sealed)
        else:
            yield Broken(segment.device, segment.first, segment.first + segment.n - 1)

    def _begin(self, said: _SegmentLine | None) -> Iterator[Event]:
        self._in_attachment = False
        if said is None:
            yield Broken("", 0, 0)
            return
        self._segment, self._lines, self._sealed = said.segment, [], []
        self._room = SEGMENT_BYTES_MAX if said.segment.n <= SEGMENT_LINES_MAX else -1

    def _belongs(self, kind: str | None, said: Any, line: bytes) -> bool:
        """Keep a line of the segment. What is too much breaks it, and is not kept."""
        assert self._segment is not None
        if kind not in (None, "line", "sealed"):
            return False
        if self._room >= 0 and kind != "sealed" and len(self._lines) == self._segment.n:
            return False
        self._room -= len(line)
        if self._room < 0:
            self._lines, self._sealed = [], []
        elif kind is None:
            self._lines.append(line)
        elif said is None or (kind == "line" and (not said.line or b"\n" in said.line)):
            self.ignored += 1
        elif kind == "line":
            self._lines.append(said.line)
        else:
            self._sealed.append(said.sealed)
        return True


def _comes_out(segment: Segment, lines: list[bytes]) -> bool:
    if len(lines) != segment.n:
        return False
    *_, last = ids_along(segment.previous, ((line, read(line)) for line in lines))
    return last == segment.last


def _manifest(line: bytes) -> Manifest:
    try:
        manifest = _decode_manifest(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NoBundle(str(error)) from error
    if manifest.version != VERSION:
        raise NoBundle(f"version {manifest.version}; known here is {VERSION}")
    return manifest


def _kind(line: bytes) -> str | None:
    found = KIND.match(line)
    return found[1].decode() if found else None


def _decoded(kind: str, line: bytes) -> Any:
    try:
        return _decoders[kind](line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
