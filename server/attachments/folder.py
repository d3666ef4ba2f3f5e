"""Attachments in a folder of this machine.

``ab/cd/<sha256>`` whole files · ``uploads/<id>`` parts · ``thumbnails/ab/cd/<sha256>``.

The order is: fsync the file, rename it, fsync its folder; only then may a row name it and a
device be told. A power cut in between leaves a part that goes on, or a whole file without a
row, which the next upload of the same bytes adopts. What a part holds beyond its last fsync
proves itself or not: a file gets its name only when all of its bytes give it.
"""

import errno
import hashlib
import os
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from server.attachments.base import AttachmentsFull, AttachmentStore, OffsetWrong, Stored
from sync.attachment import HEAD_BYTES, is_sha256

_PIECE_BYTES = 1024 * 1024
_LOCKS = 64
_UPLOAD_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


class FolderAttachments:
    """``AttachmentStore`` in a folder, which is made when first written to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # One writer for each part; held for one write, so no dead client holds it.
        self._locks = tuple(threading.Lock() for _ in range(_LOCKS))

    def offset(self, upload: str) -> int:
        """See AttachmentStore."""
        try:
            return self._part(upload).stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, upload: str, data: bytes, *, offset: int) -> int:
        """See AttachmentStore."""
        path = self._part(upload)
        with self._writing(upload), _full_reported():
            fresh = not path.exists()
            if fresh:
                _make_folders(path.parent, below=self._folder.parent)
            with path.open("ab") as part:
                if part.tell() != offset:
                    raise OffsetWrong(part.tell())
                try:
                    part.write(data)
                    part.flush()
                    os.fsync(part.fileno())
                except OSError:
                    os.ftruncate(part.fileno(), offset)
                    raise
            if fresh:
                _sync_folder(path.parent)
        return offset + len(data)

    def finish(self, upload: str, sha256: str) -> bool:
        """See AttachmentStore."""
        part, path = self._part(upload), self._file(sha256)
        with self._writing(upload), _full_reported():
            if not part.exists():
                return self.is_whole(sha256)
            if _sha256_of(part) != sha256:
                part.unlink()
                return False
            with part.open("rb+") as file:
                os.fsync(file.fileno())
            _make_folders(path.parent, below=self._folder.parent)
            part.replace(path)
            _sync_folder(path.parent)
            return True

    def discard(self, upload: str) -> None:
        """See AttachmentStore."""
        with self._writing(upload):
            self._part(upload).unlink(missing_ok=True)

    def stat(self, sha256: str) -> Stored | None:
        """See AttachmentStore."""
        file = self.open(sha256)
        if file is None:
            return None
        with file:
            return Stored(os.fstat(file.fileno()).st_size, file.read(HEAD_BYTES))

    def open(self, sha256: str) -> BinaryIO | None:
        """See AttachmentStore."""
        try:
            return self._file(sha256).open("rb")
        except FileNotFoundError:
            return None

    def is_whole(self, sha256: str) -> bool:
        """See AttachmentStore."""
        path = self._file(sha256)
        return path.exists() and _sha256_of(path) == sha256

    def take(self, sha256: str, source: AttachmentStore, *, free_bytes_min: int) -> bool:
        """See AttachmentStore. On one disk it is a second name of the same bytes, which never change."""
        path = self._file(sha256)
        part = path.with_name(f"{path.name}.part")
        with _full_reported():
            _make_folders(path.parent, below=self._folder.parent)
            part.unlink(missing_ok=True)
            try:
                linked = isinstance(source, FolderAttachments) and source.link(sha256, part)
                came = linked or self._copied(sha256, source, part, free_bytes_min=free_bytes_min)
                if not came or _sha256_of(part) != sha256:
                    return False
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)  # replace leaves it where both name the same bytes
            _sync_folder(path.parent)
        return True

    def link(self, sha256: str, path: Path) -> bool:
        """Give a file another name; False where it is not here or ``path`` cannot name it."""
        try:
            path.hardlink_to(self._file(sha256))
        except OSError:  # another disk, for one, or a file system without such names
            return False
        return True

    def _copied(self, sha256: str, source: AttachmentStore, part: Path, *, free_bytes_min: int) -> bool:
        file = source.open(sha256)
        if file is None:
            return False
        with file:
            if self.free_bytes() - os.fstat(file.fileno()).st_size < free_bytes_min:
                raise AttachmentsFull(str(part))
            _copy(file, part)
        return True

    def delete(self, sha256: str) -> None:
        """See AttachmentStore."""
        self._thumbnail(sha256).unlink(missing_ok=True)
        self._file(sha256).unlink(missing_ok=True)

    def all(self) -> Iterator[str]:
        """See AttachmentStore."""
        for outer in sorted(self._folder.glob("??")):
            for inner in sorted(outer.glob("??")):
                yield from sorted(path.name for path in inner.iterdir() if is_sha256(path.name))

    def keep_thumbnail(self, sha256: str, image: bytes) -> None:
        """See AttachmentStore."""
        path = self._thumbnail(sha256)
        new = path.with_name(f"{path.name}.{threading.get_ident()}")
        with _full_reported():
            _make_folders(path.parent, below=self._folder.parent)
            new.write_bytes(image)
            new.replace(path)

    def thumbnail(self, sha256: str) -> bytes | None:
        """See AttachmentStore."""
        try:
            return self._thumbnail(sha256).read_bytes()
        except FileNotFoundError:
            return None

    def free_bytes(self) -> int:
        """See AttachmentStore."""
        folder = self._folder if self._folder.exists() else self._folder.parent
        return shutil.disk_usage(folder).free

    def _part(self, upload: str) -> Path:
        if not _UPLOAD_ID.fullmatch(upload):
            raise ValueError(f"This is no id of an upload: {upload!r}")
        return self._folder / "uploads" / upload

    def _file(self, sha256: str) -> Path:
        return self._folder / _sharded(sha256)

    def _thumbnail(self, sha256: str) -> Path:
        return self._folder / "thumbnails" / _sharded(sha256)

    @contextmanager
    def _writing(self, upload: str) -> Iterator[None]:
        with self._locks[hash(upload) % _LOCKS]:
            yield


def _copy(file: BinaryIO, path: Path) -> None:
    with path.open("wb") as copy:
        shutil.copyfileobj(file, copy, _PIECE_BYTES)
        copy.flush()
        os.fsync(copy.fileno())


def _sharded(sha256: str) -> Path:
    """``ab/cd/abcd…``: no folder grows beyond what a file system likes."""
    if not is_sha256(sha256):
        raise ValueError(f"This is no SHA-256: {sha256!r}")
    return Path(sha256[:2], sha256[2:4], sha256)


def _sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def _make_folders(folder: Path, *, below: Path) -> None:
    """Make a folder, and every missing one on the way, each one's name on disk as well."""
    if folder.exists() or folder == below:
        return
    _make_folders(folder.parent, below=below)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # Windows opens no folders; its rename is written through
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _full_reported() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise AttachmentsFull(str(error)) from error
        raise
