"""The revision line: one save as immutable bytes, and how such bytes are read.

A line is hashed, stored and relayed as exactly the bytes that its device wrote. Python and
JavaScript write the same number differently (``1e-07``, ``1e-7``), so nothing here ever
serialises a line a second time.
"""

import math
import re
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

import msgspec

INTEGER_MAX = 2**53 - 1
"""Largest integer that JavaScript keeps exactly (ECMA-262, Number.MAX_SAFE_INTEGER)."""

DEPTH_MAX = 32
"""Nesting levels that a line may have, its own object being the first."""

LINE_BYTES_MAX = 64 * 1024
"""What a client may save as one revision."""

RECEIVED_LINE_BYTES_MAX = 1024 * 1024
"""What a server takes as one line. Larger than a client may save, so that other clients, and
limits that grow, are not refused; such a line is a mistake on the way, for no client makes it."""

FIELDS_MAX = 256
"""Fields in one revision, kept by the client at save."""

BASE_IDS_MAX = 1024
"""Different ids in all bases of one revision, kept by the client at save."""

NAME_CHARACTERS_MAX = 200
"""Length of an id or a field name in a line. A store finds rows by up to three of them together,
and PostgreSQL has keys of at most 2,704 bytes."""

WHY_CHARACTERS_MAX = 500
"""Length of the reason of a resolution, a move or a delete."""

UNKNOWN: dict[str, Any] = {"$": "unknown"}
"""The answer *tidak diketahui*: somebody was asked and does not know."""

NOT_APPLICABLE: dict[str, Any] = {"$": "na"}
"""The answer *tidak berlaku*: the question does not fit this place."""

# An integer beyond the limit has at least 16 digits; lines without such a run need no walk.
# Digits become 0 and all else a space: two passes in C, ten times faster than an expression.
_DIGITS = bytes(0x30 if 0x30 <= byte <= 0x39 else 0x20 for byte in range(256))
_LONG_DIGITS = b"0" * 16
_NO_NAME = f"an id or a field name has more than {NAME_CHARACTERS_MAX} characters, or U+0000 among them"
_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_SHORT_NAMES = {
    "device": "d",
    "seq": "s",
    "record": "r",
    "form": "k",
    "author": "a",
    "capacity": "o",
    "written_ms": "t",
    "clock_age_s": "ta",
    "observed": "w",
    "base": "b",
    "values": "v",
    "field_bases": "bf",
    "branched_from": "was",
    "why": "why",
}


class Revision(msgspec.Struct, frozen=True, kw_only=True, rename=_SHORT_NAMES, omit_defaults=True):
    """One save, as its line says it. Its id is not in it: see ``sync.chain``."""

    device: str
    seq: int
    record: str
    form: str
    author: str
    capacity: str
    written_ms: int
    clock_age_s: int | None = None
    observed: str | None = None
    base: tuple[str, ...] = ()
    values: dict[str, Any]
    field_bases: dict[str, tuple[str, ...]] = {}
    branched_from: str | None = None
    why: str | None = None

    def base_of(self, field: str) -> tuple[str, ...]:
        """Ids that this write of ``field`` supersedes."""
        return self.field_bases.get(field, self.base)

    @property
    def organisation(self) -> str:
        """Code of the organisation for which the author acted, ``tni`` in ``verifier/tni``."""
        return organisation_of(self.capacity)

    @property
    def form_id(self) -> str:
        """``lahan`` of ``lahan/2026112301``."""
        return self.form.partition("/")[0]

    @property
    def observed_on(self) -> str | None:
        """The observation date, where it is a date; any other text counts as absent."""
        if self.observed is not None and _DATE.fullmatch(self.observed):
            return self.observed
        return None


class Stub(msgspec.Struct, frozen=True, kw_only=True, rename={"device": "d", "seq": "s", "previous": "p"}):
    """Stands in the chain for a line that its device can no longer send."""

    device: str
    seq: int
    previous: str
    omitted: str
    size: int
    sha256: str
    why: str


class Malformed(msgspec.Struct, frozen=True):
    """A line that cannot be read; its bytes are kept at their place in the chain."""

    reason: str


class LimitExceeded(ValueError):
    """A client tried to save what no revision may hold; the text names the limit."""


_decode_revision = msgspec.json.Decoder(Revision).decode
_decode_stub = msgspec.json.Decoder(Stub).decode
_decode_any = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def read(line: bytes) -> Revision | Stub | Malformed:
    """What a line says. Never raises: what cannot be read comes back as ``Malformed``."""
    try:
        if not line.isascii():
            line.decode("utf-8")
        if b'"omitted"' in line and "omitted" in _top_level(line):
            return _checked_stub(_decode_stub(line))
        revision = _decode_revision(line)
        problem = _envelope_problem(revision) or _bounds_problem(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Malformed(str(error))
    return Malformed(problem) if problem else revision


def write(revision: Revision) -> bytes:
    """The line of a new save, within every limit.

    Raises LimitExceeded, whose text says what is too large; nothing was made then.
    """
    _require(len(revision.values), FIELDS_MAX, "fields")
    _require(len(_base_ids(revision)), BASE_IDS_MAX, "base ids")
    _require(len(revision.why or ""), WHY_CHARACTERS_MAX, "characters in the reason")
    line = _encode(revision)
    _require(len(line), LINE_BYTES_MAX, "bytes")
    outcome = read(line)
    if isinstance(outcome, Malformed):
        raise LimitExceeded(f"This save cannot be written as a line: {outcome.reason}.")
    return line


def storable(value: Any) -> Any:
    """``value`` as a line can hold it: lone surrogates become U+FFFD.

    Raises LimitExceeded for a number that is not finite.
    """
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, float) and not math.isfinite(value):
        raise LimitExceeded(f"{value} is not a number that can be stored.")
    if isinstance(value, Mapping):
        return {storable(key): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    return value


def organisation_of(capacity: str) -> str:
    """``tni`` of ``verifier/tni``; empty where none is named."""
    return capacity.partition("/")[2]


def is_name(text: str) -> bool:
    """Whether a text can be an id or a field name: short, and without U+0000, which ends texts in C."""
    return len(text) <= NAME_CHARACTERS_MAX and "\0" not in text


def is_date(text: str) -> bool:
    """Whether a text has the shape of an observation date, ``2026-11-20``."""
    return _DATE.fullmatch(text) is not None


def _top_level(line: bytes) -> Iterable[str]:
    value = _decode_any(line)
    return value if isinstance(value, dict) else ()


def _checked_stub(stub: Stub) -> Stub | Malformed:
    if not (1 <= stub.seq <= INTEGER_MAX and 0 <= stub.size <= INTEGER_MAX):
        return Malformed("a stub's s and size must lie within 0 and 2^53 - 1")
    return stub if is_name(stub.device) and is_name(stub.omitted) else Malformed(_NO_NAME)


def _envelope_problem(revision: Revision) -> str | None:
    numbers = (revision.seq, revision.written_ms, revision.clock_age_s or 0)
    if not all(0 <= number <= INTEGER_MAX for number in numbers):
        return "an envelope number lies outside 0 and 2^53 - 1"
    if revision.seq == 0:
        return "s counts from 1"
    if not revision.record:
        return "r is empty"
    ids = (revision.device, revision.record, revision.form, revision.author, revision.branched_from or "")
    names = list(chain(ids, revision.base, revision.values, *revision.field_bases.values()))
    # ``is_name`` of all at once: asked one by one they cost as much as decoding the line.
    named = max(map(len, names)) <= NAME_CHARACTERS_MAX and "\0" not in "".join(names)
    return None if named else _NO_NAME


def _bounds_problem(line: bytes) -> str | None:
    """The number or depth limit that the line breaks anywhere, unknown keys included."""
    deep = line.count(b"[") + line.count(b"{") > DEPTH_MAX
    if not deep and _LONG_DIGITS not in line.translate(_DIGITS):
        return None
    return _problem_inside(_decode_any(line), DEPTH_MAX)


def _problem_inside(value: Any, levels: int) -> str | None:
    if isinstance(value, int) and abs(value) > INTEGER_MAX:
        return "an integer lies outside ±(2^53 - 1)"
    if not isinstance(value, dict | list):
        return None
    if levels == 0:
        return f"the line is nested deeper than {DEPTH_MAX} levels"
    for item in value.values() if isinstance(value, dict) else value:
        if problem := _problem_inside(item, levels - 1):
            return problem
    return None


def _base_ids(revision: Revision) -> set[str]:
    return set(revision.base).union(*revision.field_bases.values())


def _require(count: int, count_max: int, what: str) -> None:
    if count > count_max:
        raise LimitExceeded(f"This save has {count} {what}; a revision holds at most {count_max}.")
