"""Files that are on disk when a function returns: content, name and folder.

Written beside their place first and renamed last, so that an interruption leaves nothing half.
Errors of the disk leave here as OSError; whoever asked knows what they mean for a person.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from sync.attachment import HEAD_BYTES

_PIECE_BYTES = 1024 * 1024


class Copied(msgspec.Struct, frozen=True):
    """A file that lies in a folder under its SHA-256. ``head``: its first bytes."""

    sha256: str
    size_bytes: int
    head: bytes


def copied(folder: Path, reading: BinaryIO) -> Copied:
    """Copy an open file into a folder, under its SHA-256."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = folder / f"part-{os.getpid()}"
    digest, size_bytes, head = hashlib.sha256(), 0, b""
    try:
        with part.open("wb") as writing:
            while piece := reading.read(_PIECE_BYTES):
                head = head or piece[:HEAD_BYTES]
                digest.update(piece)
                size_bytes += writing.write(piece)
            _to_disk(writing)
        sha256 = digest.hexdigest()
        part.replace(folder / sha256)
    finally:
        part.unlink(missing_ok=True)
    _sync_folder(folder)
    _sync_folder(folder.parent)
    return Copied(sha256, size_bytes, head)


@contextmanager
def written(file: Path) -> Iterator[BinaryIO]:
    """A new file, only its owner's, that takes its place when the block ends without an error."""
    part = file.with_name(f".{file.name}.part-{os.getpid()}")
    try:
        with os.fdopen(os.open(part, os.O_CREAT | os.O_RDWR | os.O_TRUNC, 0o600), "w+b") as writing:
            yield writing
            _to_disk(writing)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    _sync_folder(file.parent)


def sha256_of(file: Path) -> str | None:
    """The SHA-256 of a file, read piece by piece; ``None`` where it cannot be read."""
    try:
        with file.open("rb") as reading:
            return hashlib.file_digest(reading, "sha256").hexdigest()
    except OSError:
        return None


def _to_disk(writing: BinaryIO) -> None:
    writing.flush()
    os.fsync(writing.fileno())


def _sync_folder(folder: Path) -> None:
    """Windows does that by itself."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
