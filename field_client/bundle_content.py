"""What a bundle holds, without its answers: whose lines, photos, and what the server told.

Read by its carrier, piece by piece. Nothing of it enters the carrier's own view.
"""

import hmac
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

import msgspec

from field_client.settings import BUNDLE_BYTES_MAX, BUNDLE_LINES_MAX, BUNDLE_RAW_BYTES_MAX
from sync.bundle import VERSION, Attachment, Manifest, Receipt, Tip, receipt_message
from sync.bundle_reading import Broken, Finish, NoBundle, Stretch, TooManyLines, read_bundle
from sync.packing import PIECE_BYTES, TooLarge, unpacked


class Numbers(msgspec.Struct, frozen=True, array_like=True):
    """The lines of a device with these numbers, both included."""

    device: str
    first: int
    last: int


class Content(msgspec.Struct, frozen=True):
    """What is in a file. ``whole``: nothing of it is cut off or unreadable."""

    manifest: Manifest
    numbers: tuple[Numbers, ...]
    tips: tuple[Tip, ...]
    photos: int
    receipts: tuple[Receipt, ...]
    whole: bool

    @property
    def holds_work(self) -> bool:
        """Whether there is anything to bring to a server."""
        return bool(self.numbers or self.photos)


class NotReadable(Exception):
    """A file that no device can carry: no bundle, or larger than one may be."""


def content_of(file: Path) -> Content:
    """Read a file through once. Raises NotReadable, OSError."""
    if file.stat().st_size > BUNDLE_BYTES_MAX:
        raise NotReadable(f"> {BUNDLE_BYTES_MAX // 1_048_576} MB")
    with file.open("rb") as reading:
        lines = unpacked(iter(lambda: reading.read(PIECE_BYTES), b""), bytes_max=BUNDLE_RAW_BYTES_MAX)
        try:
            return _content(lines)
        except (NoBundle, TooLarge, TooManyLines) as error:
            raise NotReadable(str(error)) from error


def made_by(file: Path) -> str | None:
    """The device that a file names as its maker; ``None`` where it is no bundle."""
    try:
        with file.open("rb") as reading:
            lines = unpacked(iter(lambda: reading.read(PIECE_BYTES), b""), bytes_max=BUNDLE_RAW_BYTES_MAX)
            first = next(read_bundle(lines, lines_max=1))
    except (NoBundle, TooLarge, OSError):
        return None
    return first.by if isinstance(first, Manifest) else None


def merged(numbers: Iterable[Numbers]) -> tuple[Numbers, ...]:
    """Neighbouring numbers of one device as one, in the order in which they came."""
    found: list[Numbers] = []
    for one in numbers:
        if found and (found[-1].device, found[-1].last + 1) == (one.device, one.first):
            found[-1] = Numbers(one.device, found[-1].first, one.last)
        else:
            found.append(one)
    return tuple(found)


def is_proven(receipt: Receipt, token: str) -> bool:
    """Whether the server wrote a receipt for the device with this token."""
    expected = hmac.digest(token.encode(), receipt_message(receipt), sha256)
    return hmac.compare_digest(expected, receipt.mac)


def _content(lines: Iterator[bytes]) -> Content:
    manifest, whole, photos = Manifest(VERSION), True, 0
    numbers: list[Numbers] = []
    tips: list[Tip] = []
    receipts: list[Receipt] = []
    for event in read_bundle(lines, lines_max=BUNDLE_LINES_MAX):
        match event:
            case Manifest(name=name):
                manifest = msgspec.structs.replace(event, name=_printable(name))
            case Stretch(segment):
                device = _printable(segment.device)
                numbers.append(Numbers(device, segment.first, segment.first + segment.n - 1))
            case Tip():
                tips.append(event)
            case Receipt():
                receipts.append(event)
            case Attachment():
                photos += 1
            case Broken():
                whole = False
            case Finish(cut=cut):
                whole = whole and not cut
    return Content(manifest, merged(numbers), tuple(tips), photos, tuple(receipts), whole)


def _printable(text: str) -> str:
    """Without what would move a terminal's cursor: anybody can write a name into a file."""
    return "".join(character for character in text if character.isprintable())
