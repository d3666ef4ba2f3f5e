"""What the use cases ask of a place for photos and documents.

A file is known by the SHA-256 of its bytes and by nothing else: no name, type or path of a
sender reaches the disk. An upload grows as a part of its own until its bytes are proven.
"""

from collections.abc import Iterator
from typing import BinaryIO, Protocol

import msgspec


class AttachmentsFull(Exception):
    """There is no room for more; what is there can still be read."""


class OffsetWrong(Exception):
    """Bytes were offered that do not begin where the part ends, at ``offset``."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


class Stored(msgspec.Struct, frozen=True):
    """A whole file: its size and its first bytes."""

    size_bytes: int
    head: bytes


class AttachmentStore(Protocol):
    """A place for files, and for parts of files by upload id."""

    def offset(self, upload: str) -> int:
        """How many bytes of an upload are on disk; 0 where nothing came yet."""
        ...

    def append(self, upload: str, data: bytes, *, offset: int) -> int:
        """Add bytes at the end of a part; the new offset, on disk when this returns.

        Raises OffsetWrong, AttachmentsFull; the part stays as it was then.
        """
        ...

    def finish(self, upload: str, sha256: str) -> bool:
        """Make a part the file ``sha256`` if those are its bytes; else take it away, and False.

        The file is on disk under its name when this returns. Safe to repeat.
        """
        ...

    def discard(self, upload: str) -> None:
        """Take a part away. Safe to repeat."""
        ...

    def stat(self, sha256: str) -> Stored | None:
        """What is known of a file by looking at it, or ``None`` where it is not here."""
        ...

    def open(self, sha256: str) -> BinaryIO | None:
        """A file for reading, or ``None`` where it is not here."""
        ...

    def is_whole(self, sha256: str) -> bool:
        """Whether a file is here and its bytes still give its name."""
        ...

    def take(self, sha256: str, source: "AttachmentStore", *, free_bytes_min: int) -> bool:
        """Take a file over from another place, its bytes proven and on disk; False where it is not
        there, or altered.

        Raises AttachmentsFull where less than ``free_bytes_min`` would stay free. What was killed
        in the middle has left no file.
        """
        ...

    def delete(self, sha256: str) -> None:
        """Take a file away. Safe to repeat."""
        ...

    def all(self) -> Iterator[str]:
        """The SHA-256 of every file, sorted."""
        ...

    def keep_thumbnail(self, sha256: str, image: bytes) -> None:
        """Keep a small picture of a file; empty where none can be made. May be lost at any time."""
        ...

    def thumbnail(self, sha256: str) -> bytes | None:
        """The kept small picture, empty where none can be made, ``None`` where nobody tried."""
        ...

    def free_bytes(self) -> int:
        """Room that is left."""
        ...
