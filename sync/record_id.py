"""Ids of records: two people who open the same form of the same village meet in one record."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "tapak")
RANDOM_BYTES = 10
"""What ``fresh`` needs besides the time."""


def keyed(form_id: str, record_key: str, answers: Mapping[str, Any]) -> str | None:
    """The id of the record that a form's ``record_key`` (``_area``, ``_area,periode``) names.

    ``None`` where an answer that is part of the key is missing or no text. Computed once,
    when the record is made; never again when codes change.
    """
    parts = [answers.get(name.strip()) for name in record_key.split(",")]
    if not all(isinstance(part, str) and part for part in parts):
        return None
    return str(uuid.uuid5(_NAMESPACE, "/".join([form_id, *parts])))  # type: ignore[list-item]


def listed(form_id: str, parts: Iterable[str]) -> str:
    """The id of the record that a row of an office's list makes: the same row, the same record."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(["list", form_id, "\n".join(parts)])))


def listed_row(record: str, repeat: str, number: str) -> str:
    """The id of a repeat's row that an office's list numbers: the same number, the same row."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(["list", record, repeat, number])))


def fresh(now_ms: int, random: bytes) -> str:
    """A UUIDv7 (RFC 9562) of this time and ten random bytes."""
    stamp = min(max(now_ms, 0), 2**48 - 1).to_bytes(6, "big")
    rest = int.from_bytes(random[:RANDOM_BYTES], "big")
    high = (rest >> 62) & 0x0FFF | 0x7000
    low = rest & (2**62 - 1) | 2**63
    return str(uuid.UUID(bytes=stamp + high.to_bytes(2, "big") + low.to_bytes(8, "big")))
