"""Small pictures of attachments, made when first asked for, by a process with limits."""

import os
import subprocess
import sys
import threading
from pathlib import Path

from server.attachments.base import AttachmentStore

WORKER = Path(__file__).with_name("thumbnail_worker.py")
TIMEOUT_S = 15
AT_ONCE = 2
"""So many decoders run beside each other; whoever comes then waits for one of them."""

_NEEDED = ("SYSTEMROOT",)
"""All that a process of Windows needs of the environment; others need nothing of it."""

_decoding = threading.BoundedSemaphore(AT_ONCE)


def thumbnail_of(attachments: AttachmentStore, sha256: str) -> bytes | None:
    """A small JPEG of a file, or ``None`` where there is no such file or it is no picture of ours.

    A file is tried once: a hostile one does not get a decoder again and again.
    """
    kept = attachments.thumbnail(sha256)
    if kept is None:
        file = attachments.open(sha256)
        if file is None:
            return None
        with file:
            picture = file.read()
        with _decoding:
            kept = _made(picture)
        attachments.keep_thumbnail(sha256, kept)
    return kept or None


def _made(picture: bytes) -> bytes:
    """The worker's answer; empty where it failed, for whatever reason."""
    try:
        run = subprocess.run(
            [sys.executable, "-I", str(WORKER)],
            input=picture,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
            cwd=WORKER.anchor,
            env={name: os.environ[name] for name in _NEEDED if name in os.environ},
        )
    except subprocess.TimeoutExpired:
        return b""
    return run.stdout if run.returncode == 0 else b""
