"""Pictures, honest and hostile, made on the spot."""

from __future__ import annotations

import hashlib
import io
import random
import struct
import zlib

from PIL import Image


def photo(side_px: int = 640, *, seed: int = 7) -> bytes:
    """A JPEG that compresses as badly as a photo of a field does."""
    noise = random.Random(seed).randbytes(side_px * side_px * 3)
    out = io.BytesIO()
    Image.frombytes("RGB", (side_px, side_px), noise).save(out, "JPEG", quality=80)
    return out.getvalue()


def some_bytes(count: int, *, seed: int = 7) -> bytes:
    return random.Random(seed).randbytes(count)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def bomb() -> bytes:
    """A PNG of a few hundred bytes that says it is 60,000 pixels a side."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 100_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def polyglot() -> bytes:
    """A GIF by its first bytes that is a page with a script to whoever believes a browser."""
    return b"GIF89a/*\0\0\0*/=1;</script><script>alert(document.cookie)</script>"
