"""Lines in a gzip stream, a piece at a time: how a ``.tapak`` file lies on a disk.

Nothing here opens a file: pieces of bytes go in, lines come out, and the other way round. What
is read may be cut, damaged or a bomb; it never needs more memory than its longest line.
"""

import zlib
from collections.abc import Iterable, Iterator

from sync.revision import RECEIVED_LINE_BYTES_MAX

LINE_BYTES_MAX = RECEIVED_LINE_BYTES_MAX * 4 // 3 + 4096
"""Length of one line: the longest log line in base64, and the keys around it."""

PIECE_BYTES = 64 * 1024
"""How much is packed or unpacked at once."""

_GZIP = zlib.MAX_WBITS | 16


class TooLarge(ValueError):
    """More comes out of a stream than its reader takes: ``what`` is ``bytes`` or ``line``."""

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"more than {limit} bytes ({what})")
        self.what = what
        self.limit = limit


def packed(lines: Iterable[bytes], *, level: int = 6) -> Iterator[bytes]:
    """The pieces of a gzip stream of these lines, each ended by a newline."""
    packer = zlib.compressobj(level, zlib.DEFLATED, _GZIP)
    for line in lines:
        if piece := packer.compress(line + b"\n"):
            yield piece
    yield packer.flush()


def unpacked(pieces: Iterable[bytes], *, bytes_max: int) -> Iterator[bytes]:
    """The lines of a gzip stream, without their newlines.

    A stream that is cut or damaged ends with its last whole line before that place. Raises
    TooLarge as soon as one byte more than ``bytes_max`` has come out, or a line is longer than
    ``LINE_BYTES_MAX``.
    """
    rest = b""
    size = 0
    for data in _inflated(pieces):
        size += len(data)
        if size > bytes_max:
            raise TooLarge("bytes", bytes_max)
        *lines, rest = (rest + data).split(b"\n")
        if len(rest) > LINE_BYTES_MAX or any(len(line) > LINE_BYTES_MAX for line in lines):
            raise TooLarge("line", LINE_BYTES_MAX)
        yield from lines


def _inflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(_GZIP)
    try:
        for piece in pieces:
            waiting = piece
            while waiting and not unpacker.eof:
                yield unpacker.decompress(waiting, PIECE_BYTES)
                waiting = unpacker.unconsumed_tail
    except zlib.error:
        return
