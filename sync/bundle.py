"""The lines of a ``.tapak`` file: saved work that somebody carries to the server.

The first line is the manifest. Then follow, in this order where there are any: *segments*, each a
stretch of one device's log without a gap, with its lines as their bytes and restricted answers
sealed to the server; *tips*, with which devices sign the ends of their logs; *attachments* in
parts; *receipts*, which travel back; and the end, which says how many lines stood before it.
``sync.packing`` puts lines into a file and gets them out.

Who reads takes nothing on trust. Every line is hashed along its chain, and a segment that does not
come out as its head says is *broken*: told, never given. What only a tip with the right signature
covers is its device's word (``tip_message``). A file may be cut anywhere; what came whole counts.

New keys, and kinds of lines that stand outside a segment, are ignored by old readers and counted;
a changed meaning is another version. All binary values are base64 (RFC 4648, 4).
"""

import re
from collections.abc import Iterable, Iterator
from typing import Annotated

import msgspec

from sync.chain import START, Place, ids_along, revision_id
from sync.revision import INTEGER_MAX, NAME_CHARACTERS_MAX, read

VERSION = 1

SEGMENT_LINES_MAX = 1_000
"""Log lines in one segment: who reads holds a segment in memory, no more."""

SEGMENT_BYTES_MAX = 4 * 1024 * 1024
"""Bytes of the lines in one segment, sealed ones included."""

UPLOAD_MARK = ("bundle", "1")
"""Key and value of the ``Upload-Metadata`` by which an upload says that it is such a file."""

PART_BYTES = 48 * 1024
"""Bytes of an attachment in one line."""

_TIP_NAMES = {"device": "d", "seq": "s", "signature": "sig", "algorithm": "alg"}

Name = Annotated[str, msgspec.Meta(max_length=NAME_CHARACTERS_MAX, pattern=r"\A[^\x00]*\Z")]
Count = Annotated[int, msgspec.Meta(ge=0, le=INTEGER_MAX)]
Number = Annotated[int, msgspec.Meta(ge=1, le=INTEGER_MAX)]


class Manifest(msgspec.Struct, frozen=True, omit_defaults=True, rename={"version": "tapak"}):
    """First line. What it says of its maker is told to people and proves nothing.

    ``made`` ms since 1970, ``by`` a device id or empty, ``app`` its version, ``name`` a device's
    or a person's.
    """

    version: int
    made: Count = 0
    by: Name = ""
    app: Name = ""
    name: Name = ""


class Segment(msgspec.Struct, frozen=True, rename={"device": "d", "first": "from", "previous": "p"}):
    """``n`` lines of ``device`` from number ``first``, after the line with id ``previous``.

    ``last``: the id of the last of them.
    """

    device: Name
    first: Number
    previous: Name
    n: Number
    last: Name


class Envelope(msgspec.Struct, frozen=True):
    """A secret line that one key opens.

    ``epk``: the sender's fresh P-256 point, uncompressed, 65 bytes. ``iv``: 12 bytes. ``ct``:
    AES-256-GCM of the line, its 16 bytes of tag at the end. The AES key is HKDF-SHA256 of the
    32 bytes of the ECDH secret, without salt; ``sealing_info`` is its info and the additional
    data of the cipher.
    """

    epk: bytes
    iv: bytes
    ct: bytes


class Sealed(msgspec.Struct, frozen=True, rename={"key": "to", "revision": "of", "envelope": "x"}):
    """Restricted answers of a revision, for the holder of one key (``key_id``)."""

    key: Name
    revision: Name
    envelope: Envelope


class Tip(
    msgspec.Struct, frozen=True, rename={"device": "d", "seq": "s", "signature": "sig", "algorithm": "alg"}
):
    """A device's signature of ``tip_message(device, Place(seq, id))``.

    ECDSA on P-256 with SHA-256; 64 bytes, r and s as WebCrypto gives them. It covers every line
    up to that one, by the chain, back to the first stub: a stub's own bytes are not in the chain.
    ``device`` may be an id that the enrolled device's log went on under; the key is the enrolled
    device's.
    """

    device: Name
    seq: Number
    id: Name
    signature: bytes
    algorithm: Name = "ES256"


class Attachment(msgspec.Struct, frozen=True, omit_defaults=True, rename={"key": "to"}):
    """The parts that follow are a file: SHA-256 in 64 hex digits, size, and the type that its writer says.

    ``key``: where a restricted answer names the file, the key (``key_id``) to which each part is
    sealed, as ``sealed_part`` has it; ``sha256`` and ``bytes`` are those of the open file.
    """

    sha256: Name
    bytes: Count
    type: Name = ""
    key: Name = ""


class Receipt(msgspec.Struct, frozen=True, omit_defaults=True, rename={"device": "d"}):
    """What the server states of a log, for its device.

    ``mac``: HMAC-SHA256 of ``receipt_message`` by the device's token, which only the two know;
    without it a receipt is only a message for people.
    """

    device: Name
    have: Place
    durable: Place = START
    mac: bytes = b""


class Entry(msgspec.Struct, frozen=True):
    """A log line to be written, after the line with id ``previous``."""

    seq: int
    id: str
    previous: str
    line: bytes
    sealed: tuple[Sealed, ...] = ()


class End(msgspec.Struct, frozen=True):
    """How many lines stand before the last one."""

    lines: int


KINDS = ("segment", "sealed", "line", "tip", "attachment", "part", "receipt", "end")
"""Kinds of lines after the first; ``line`` is a log line in base64, because it begins like one of them."""

KIND = re.compile(rb'\{"(' + "|".join(KINDS).encode() + rb')":')
"""How a line of each kind begins."""

_encode = msgspec.json.Encoder().encode


def tip_message(device: str, place: Place) -> bytes:
    """What a device signs to say that this is the end of its log under this id."""
    return f"tapak-tip\n{device}\n{place.seq}\n{place.id}".encode()


def receipt_message(receipt: Receipt) -> bytes:
    """What a receipt's ``mac`` proves."""
    have, durable = receipt.have, receipt.durable
    return f"tapak-receipt\n{receipt.device}\n{have.seq}\n{have.id}\n{durable.seq}\n{durable.id}".encode()


def sealing_info(key: str, revision: str) -> bytes:
    """What binds an envelope to its key and its revision."""
    return f"tapak-seal\n{key}\n{revision}".encode()


def sealed_part(envelope: Envelope) -> bytes:
    """An envelope as a part of a sealed file; ``sealing_info`` names the SHA-256 in place of a revision."""
    return envelope.epk + envelope.iv + envelope.ct


def envelope_in(part: bytes) -> Envelope:
    """The envelope that a part of a sealed file is."""
    return Envelope(part[:_EPK_BYTES], part[_EPK_BYTES:_CT_AT], part[_CT_AT:])


_EPK_BYTES = 65
_CT_AT = _EPK_BYTES + 12


def key_id(spki: bytes) -> str:
    """The name of a public key, from its SubjectPublicKeyInfo in DER."""
    return revision_id("tapak-key", spki)


def write_manifest(manifest: Manifest) -> bytes:
    """The first line."""
    return _encode(manifest)


def write_segments(device: str, entries: Iterable[Entry]) -> Iterator[bytes]:
    """The lines of a device's segments, one for each stretch of its log without a gap.

    A line whose bytes no longer give its id is left out, and is a gap.
    """
    stretch: list[Entry] = []
    size = 0
    for entry in entries:
        if next(ids_along(entry.previous, [(entry.line, read(entry.line))])) != entry.id:
            continue
        written = _written(entry)
        length = sum(map(len, written))
        follows = stretch and (entry.previous, entry.seq) == (stretch[-1].id, stretch[-1].seq + 1)
        if not follows or len(stretch) == SEGMENT_LINES_MAX or size + length > SEGMENT_BYTES_MAX:
            yield from _segment(device, stretch)
            stretch, size = [], 0
        stretch.append(entry)
        size += length
    yield from _segment(device, stretch)


def write_tip(tip: Tip) -> bytes:
    """A signature of the end of a log."""
    return _encode({"tip": tip})


def write_attachment(attachment: Attachment, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """A file's lines; ``pieces`` of at most ``PART_BYTES``."""
    yield _encode({"attachment": attachment})
    for piece in pieces:
        yield _encode({"part": piece})


def write_receipt(receipt: Receipt) -> bytes:
    """A receipt that travels back."""
    return _encode({"receipt": receipt})


def with_end(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of a file, and the line that ends it."""
    count = 0
    for line in lines:
        count += 1
        yield line
    yield _encode({"end": End(count)})


def _written(entry: Entry) -> list[bytes]:
    """A log line, in base64 where it looks like a line of the file, and its sealed answers."""
    line = _encode({"line": entry.line}) if KIND.match(entry.line) else entry.line
    return [line, *(_encode({"sealed": sealed}) for sealed in entry.sealed)]


def _segment(device: str, stretch: list[Entry]) -> Iterator[bytes]:
    if not stretch:
        return
    first, last = stretch[0], stretch[-1]
    yield _encode({"segment": Segment(device, first.seq, first.previous, len(stretch), last.id)})
    for entry in stretch:
        yield from _written(entry)
