"""A file as pieces of bytes."""

from collections.abc import Iterator
from pathlib import Path

PIECE_BYTES = 1024 * 1024


def pieces_of(path: Path) -> Iterator[bytes]:
    """Everything in a file, a mebibyte at a time."""
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece
