"""Feeds: checksums that show a device and a server to be equal, and the opaque cursor."""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable

import msgspec

GENESIS_HASH = ""
"""Counter hash of a feed in which nothing has changed yet."""

_SIXTY_FOUR_BITS = 2**64 - 1


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """A place in a feed.

    ``position``: read through this n. ``newest`` and ``newest_hash``: counter and hash of
    the feed when the newest page was read; a server that does not know this pair (it was
    restored) starts the feed again. ``tag``: short hash of the scope that the cursor serves.
    """

    position: int
    newest: int
    newest_hash: str
    tag: str


class Change(msgspec.Struct, frozen=True):
    """A feed row as it now stands: position n, village, record, checksum, gone or not."""

    position: int
    village: str
    record: str
    checksum: int
    gone: bool


_decode_cursor = msgspec.json.Decoder(Cursor).decode


def row_checksum(record: str, village: str, live_ids: Iterable[str]) -> int:
    """``x`` of a feed row, 64 bits with a sign: first 8 bytes of SHA-256 over its sorted live ids."""
    text = f"{record}\n{village}\n{','.join(sorted(live_ids))}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)


def checksum_text(checksum: int) -> str:
    """16 hex digits of a checksum or of the xor of many."""
    return f"{checksum & _SIXTY_FOUR_BITS:016x}"


def next_hash(previous: str, changes: Iterable[Change]) -> str:
    """Counter hash after these changes of one transaction, in order of position."""
    digest = hashlib.sha256(previous.encode())
    for change in changes:
        row = f"\n{change.position} {change.village} {change.record} {change.checksum} {int(change.gone)}"
        digest.update(row.encode())
    return _short(digest.digest())


def scope_tag(prefixes_in_regency: Iterable[str], *, opens_restricted: bool) -> str:
    """The cursor's tag: another scope, or another right to restricted answers, is another tag."""
    text = ",".join(sorted(prefixes_in_regency)) + ("+" if opens_restricted else "-")
    return _short(hashlib.sha256(text.encode()).digest())


def write_cursor(cursor: Cursor) -> str:
    """The text that a device keeps without looking into it."""
    return urlsafe_b64encode(msgspec.json.encode(cursor)).decode()


def read_cursor(text: str) -> Cursor | None:
    """The cursor in such a text, or ``None``: then the feed starts again."""
    try:
        return _decode_cursor(urlsafe_b64decode(text.encode()))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _short(digest: bytes) -> str:
    return urlsafe_b64encode(digest[:12]).decode()
