"""The log of a device: ids that cover the line before, and a line's right place.

The number ``s`` only orders a log. The identity of a line is its content, so a phone that
was copied or restored from a backup branches, and both branches are kept.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator

import msgspec

from sync.revision import Malformed, Revision, Stub


class Place(msgspec.Struct, frozen=True, array_like=True):
    """``[s, id]``: a line's number and id; ``[0, ""]`` stands before every first line."""

    seq: int
    id: str


START = Place(0, "")


def revision_id(previous: str, line: bytes) -> str:
    """Id of the line that follows the line with id ``previous`` (``""`` before the very first)."""
    digest = hashlib.sha256(previous.encode() + b"\n" + line).digest()
    return urlsafe_b64encode(digest[:12]).decode()


def ids_along(previous: str, lines: Iterable[tuple[bytes, Revision | Stub | Malformed]]) -> Iterator[str]:
    """Id of each line, in log order after ``previous``; a stub has the id that it stands for."""
    for line, outcome in lines:
        previous = outcome.omitted if isinstance(outcome, Stub) else revision_id(previous, line)
        yield previous


def follows(device: str | None, seq: int, line: Revision | Stub) -> bool:
    """Whether a line stands rightly behind line ``seq`` of ``device`` (``None``: not known here).

    Right are the same device and the next number, or number 1 of a device id that says it
    branched from this one; at the very start (``seq`` 0) only number 1.
    """
    if line.seq == seq + 1 and (device is None or line.device == device):
        return True
    branched_from = line.branched_from if isinstance(line, Revision) else None
    return line.seq == 1 and branched_from is not None and branched_from == (device or branched_from)


def first_damaged(lines: Iterable[tuple[str, str, bytes]]) -> int | None:
    """Index of the first ``(id, previous, line)`` of an own log whose bytes no longer give its id."""
    for index, (expected_id, previous, line) in enumerate(lines):
        if revision_id(previous, line) != expected_id:
            return index
    return None


def sample_from_newest(count: int, sample_max: int = 20) -> list[int]:
    """Offsets 0, 1, 2, 4, 8 … back from the newest of ``count`` lines, the oldest always among them.

    What a server says it *knows* when a device's log and its own have parted.
    """
    offsets = [offset for offset in [0, *(2**power for power in range(sample_max - 2))] if offset < count]
    if offsets and offsets[-1] != count - 1:
        offsets.append(count - 1)
    return offsets
