"""Attachments: how a line names a photo or document, and what kind of file its first bytes are.

A field ``foto/<sha256>`` names one; its value describes it, null takes it away.
"""

import re
from collections.abc import Mapping
from typing import Any

HEAD_BYTES = 16
"""So many first bytes decide what kind of file it is."""

UNKNOWN_TYPE = "application/octet-stream"

_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAMES_ONE = re.compile(rb'/[0-9a-f]{64}"').search

_KINDS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftyphei", "image/heic"),
    (4, b"ftypavif", "image/avif"),
    (0, b"%PDF-", "application/pdf"),
)
"""Place, bytes and type of the files that a survey brings; every other file is unknown."""


def is_sha256(text: str) -> bool:
    """Whether a text is a SHA-256 as field names hold it: 64 hex digits in lower case."""
    return _SHA256.fullmatch(text) is not None


def sha256_in(field: str) -> str | None:
    """The SHA-256 that a field name ends in, or ``None``."""
    before, slash, name = field.rpartition("/")
    return name if slash and before and is_sha256(name) else None


def may_name_attachments(line: bytes) -> bool:
    """Whether a line may name an attachment; nearly all do not, and are not decoded for it."""
    return _NAMES_ONE(line) is not None


def named_in(values: Mapping[str, Any]) -> dict[str, str]:
    """``{field: sha256}`` of the attachments that these values describe, sealed or open.

    A cleared field names none.
    """
    return {
        field: sha256
        for field, value in values.items()
        if isinstance(value, dict) and (sha256 := sha256_in(field)) is not None
    }


def type_of(head: bytes) -> str:
    """The type of a file by its first bytes, whatever its name or sender says of it."""
    for place, mark, kind in _KINDS:
        if head[place : place + len(mark)] == mark:
            return kind
    return UNKNOWN_TYPE
