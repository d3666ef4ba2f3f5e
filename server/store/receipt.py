"""A digest over a log as it was received, so that no row can be changed or taken out unnoticed.

The ids of a chain cover the bytes of its lines; they cover neither when and how a line came,
nor the last line of a log. Exclusive or needs no order, so a store can keep it as it appends.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from server.store.base import LogRow


def receipt_digest(row: "LogRow") -> int:
    """64 bits, with a sign, over what never changes of a row."""
    # The id of a line covers its bytes and what it follows; the id of a stub is another line's.
    uncovered = f"{row.previous} {hashlib.sha256(row.line).hexdigest()}" if row.stub else ""
    kept = (row.id, row.device, row.seq, uncovered, row.received_ms, row.via, row.suspect, row.stub)
    digest = hashlib.sha256("\n".join(map(str, kept)).encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


def changes_of(added: Iterable["LogRow"], replaced: Iterable["LogRow"]) -> dict[str, tuple[int, int]]:
    """``{device id: (lines more, exclusive or of the digest)}`` where rows come and stubs go."""
    lines: Counter[str] = Counter()
    digests: dict[str, int] = {}
    for step, rows in ((1, added), (-1, replaced)):
        for row in rows:
            lines[row.device] += step
            digests[row.device] = digests.get(row.device, 0) ^ receipt_digest(row)
    return {device: (lines[device], digest) for device, digest in digests.items()}
