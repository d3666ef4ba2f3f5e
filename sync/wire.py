"""The lines of ``POST /v1/sync``: newline-delimited JSON both ways.

New keys are ignored by old readers; a changed meaning is ``v`` + 1. Revision and secret
lines travel as the bytes that their device wrote.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from sync.chain import START, Place
from sync.fold import Line
from sync.secrets import SECRET_PREFIX

WIRE_VERSION = 1
CONTENT_TYPE = "application/x-ndjson"

ROWS_MAX = 500
"""Snapshot lines that one answer holds unless the request asks for fewer."""


CARRIED_MAX = 100
"""Bundles of which one request asks how they stand."""

CARRIED = ("wanted", "stored", "durable")
"""A bundle is not taken in here yet · is · and that is in every backup offered, so that it may go."""


class Limit(msgspec.Struct, frozen=True):
    """What the device can take in one answer."""

    rows: int = ROWS_MAX


class SyncHeader(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """First line of a request. ``n`` and ``last`` describe the revision lines that follow.

    ``carried``: SHA-256 of bundles that this device keeps for others. ``key``: the name
    (``sync.bundle.key_id``) of the server's public key that it has.
    """

    v: int
    device: str
    app: str = ""
    after: Place = START
    tip: Place = START
    n: int = 0
    last: str = ""
    feeds: dict[str, str] = {}
    limit: Limit = Limit()
    now: int = 0
    left: dict[str, int] = {}
    carried: tuple[str, ...] = ()
    key: str = ""
    free_mb: int | None = None


class HeldId(msgspec.Struct, frozen=True):
    """A held line of the asker's own log."""

    id: str
    why: str


class Wanted(msgspec.Struct, frozen=True):
    """What the server still lacks of the asker's: files by SHA-256, secrets and lines by id."""

    files: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


class AnswerHeader(msgspec.Struct, frozen=True, kw_only=True):
    """First line of an answer: what the server states about the asker's log.

    ``areas``: a mark of the area list and boundaries in force, another after every load.
    ``key``: the public key (SubjectPublicKeyInfo, base64) that seals restricted answers to this
    server, where the request named another. ``carried``: how each bundle that the request named
    stands, see ``CARRIED``. Both are absent where there is nothing to say.
    """

    server: str
    have: Place
    known: tuple[Place, ...] = ()
    durable: Place = START
    fork: bool = False
    held: tuple[HeldId, ...] = ()
    now: int
    scope: tuple[str, ...] = ()
    forms: dict[str, str] = {}
    areas: str = ""
    wanted: Wanted = Wanted()
    key: str | msgspec.UnsetType = msgspec.UNSET
    carried: dict[str, str] | msgspec.UnsetType = msgspec.UNSET


class SnapshotLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A record of a feed: replaces the device's snapshot, or says that it is ``gone``.

    ``f`` feed, ``r`` record, ``k`` form/version, ``areas`` its villages in this feed and
    scope, ``L`` its heads by revision, ``X`` opened restricted answers
    ``{revision: {field: [salt, text]}}``.
    """

    f: str
    r: str
    k: str = ""
    areas: tuple[str, ...] = ()
    L: list[Line] = []
    X: dict[str, dict[str, tuple[str, str]]] = {}
    gone: int = 0


class FeedEnd(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a feed stands after this answer; ``sum`` comes with its last page."""

    cursor: str
    more: bool = False
    reset: bool = False
    sum: str | None = None


class EndLine(msgspec.Struct, frozen=True):
    """Last line of an answer; without it only ``have`` and ``known`` count."""

    end: dict[str, FeedEnd]


class BadBody(ValueError):
    """A body whose first line is no header, or an answer that no server of ours wrote."""


_encode = msgspec.json.Encoder().encode
_decode_header = msgspec.json.Decoder(SyncHeader).decode
_decode_answer = msgspec.json.Decoder(AnswerHeader).decode
_decode_snapshot = msgspec.json.Decoder(SnapshotLine).decode
_decode_end = msgspec.json.Decoder(EndLine).decode


def write_request(header: SyncHeader, lines: Iterable[bytes]) -> bytes:
    """The body of a request; ``lines`` are wanted secrets first, then raw log lines in order."""
    return b"\n".join([_encode(header), *lines, b""])


def read_request(body: bytes) -> tuple[SyncHeader, list[bytes]]:
    """Header and non-empty lines of a body. Raises BadBody, which says what is wrong."""
    first, _, rest = body.partition(b"\n")
    try:
        header = _decode_header(first)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadBody(f"the first line is no sync header: {error}") from error
    return header, [line for line in rest.split(b"\n") if line]


def is_secret(line: bytes) -> bool:
    """Whether a line of a body is a secret line (all others are revision lines)."""
    return line.startswith(SECRET_PREFIX)


def write_answer_header(header: AnswerHeader) -> bytes:
    """The first line of an answer."""
    return _encode(header)


def write_snapshot_line(
    feed: str,
    record: str,
    form: str,
    areas: Iterable[str],
    lines: bytes,
    secrets: Mapping[str, Any] | None = None,
) -> bytes:
    """A snapshot line around the stored bytes of its heads, which are not decoded for it."""
    head = _encode({"f": feed, "r": record, "k": form, "areas": list(areas)})
    tail = b',"X":' + _encode(secrets) + b"}" if secrets else b"}"
    return head[:-1] + b',"L":' + lines + tail


def write_gone_line(feed: str, record: str) -> bytes:
    """The line that takes a record out of a device's feed."""
    return _encode(SnapshotLine(f=feed, r=record, gone=1))


def write_end_line(end: Mapping[str, FeedEnd]) -> bytes:
    """The last line of an answer."""
    return _encode(EndLine(dict(end)))


class Answer(msgspec.Struct, frozen=True):
    """A read answer. ``end`` is ``None`` where the answer was cut: its snapshots do not count then."""

    header: AnswerHeader
    snapshots: list[SnapshotLine]
    end: dict[str, FeedEnd] | None


def read_end(body: bytes) -> dict[str, FeedEnd] | None:
    """Where the feeds stand after an answer, its other lines unread; ``None`` where it was cut."""
    try:
        return _decode_end(body[body.rfind(b"\n", 0, -1) + 1 :]).end
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def read_answer(body: bytes) -> Answer:
    """What a server answered. Raises BadBody where the first line is no answer of ours."""
    lines = [line for line in body.split(b"\n") if line]
    try:
        header = _decode_answer(lines[0] if lines else b"")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadBody(f"this is no answer of a Tapak server: {error}") from error
    end = read_end(body)
    if end is None:
        return Answer(header, [], None)
    try:
        return Answer(header, [_decode_snapshot(line) for line in lines[1:-1]], end)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Answer(header, [], None)
