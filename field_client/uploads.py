"""Bringing files up by tus 1.0.0, after the text, in pieces that fit the link.

The address of an upload is kept in the store, so a killed run goes on where the server says.
A cut costs one piece at most: the next one begins at the offset that the server has.
"""

import hashlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import msgspec
from sqlite_utils import Database

from field_client import attachments, facts, pace
from field_client.attachments import Left
from field_client.database import write
from field_client.facts import RandomBytes
from field_client.settings import (
    ATTACHMENT_CUTS_MAX,
    ATTACHMENT_RESTARTS_MAX,
    BACKOFF_BASE_S,
    CHUNK_BYTES_AFTER_CUT,
    CHUNK_BYTES_MAX,
    CHUNK_BYTES_START,
    CHUNKS_UNTIL_LARGER,
)
from field_client.transport import NoNetwork, Problem
from sync.wire import BadBody

PATH = "/v1/attachments"
_CHUNK_TYPE = "application/offset+octet-stream"


class Link(Protocol):
    """What sending needs of a transport."""

    def tus(
        self, method: str, path: str, *, headers: Mapping[str, str], data: bytes = b""
    ) -> Mapping[str, str]: ...


class Pieces(msgspec.Struct, frozen=True):
    """How large a piece is, and how many in a row came through."""

    size_bytes: int = CHUNK_BYTES_START
    through: int = 0

    def after_success(self) -> "Pieces":
        """Twice as large after enough in a row without a cut."""
        if self.through + 1 < CHUNKS_UNTIL_LARGER:
            return Pieces(self.size_bytes, self.through + 1)
        return Pieces(min(self.size_bytes * 2, CHUNK_BYTES_MAX))

    def after_cut(self) -> "Pieces":
        """As small as pieces get."""
        return Pieces(CHUNK_BYTES_AFTER_CUT)


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A file to bring up, and what ``Upload-Metadata`` says of it.

    ``url``: its upload that was begun, if any; ``keep_url`` stores another one.
    ``piece``: its bytes from an offset on, so many or fewer at its end.
    """

    metadata: Mapping[str, str]
    size_bytes: int
    url: str | None
    keep_url: Callable[[str | None], None]
    piece: Callable[[int, int], bytes]


def send(
    db: Database,
    link: Link,
    folder: Path,
    *,
    random_bytes: RandomBytes,
    sleep: Callable[[float], None],
) -> int:
    """Send every photo and document whose line the server has; how many it confirmed.

    Raises NoNetwork, Problem; the next run goes on where this one ended. A file that is gone
    or altered is noted as damaged, and the others go on.
    """
    sent = 0
    for file in attachments.sendable(db):
        data = attachments.read_whole(folder, file.sha256)
        if data is None:
            attachments.note(db, file.sha256, state=attachments.DAMAGED)
            continue
        bring(db, link, _photo(db, file, data), random_bytes=random_bytes, sleep=sleep)
        attachments.note(db, file.sha256, state=attachments.RECEIVED)
        sent += 1
    return sent


def _photo(db: Database, file: Left, data: bytes) -> Parcel:
    return Parcel(
        metadata={"sha256": file.sha256},
        size_bytes=len(data),
        url=file.url,
        keep_url=lambda url: attachments.note(db, file.sha256, url=url),
        piece=lambda offset, size_bytes: data[offset : offset + size_bytes],
    )


def bring(
    db: Database, link: Link, parcel: Parcel, *, random_bytes: RandomBytes, sleep: Callable[[float], None]
) -> None:
    """Bring a file up until the server has it whole. Raises NoNetwork, Problem."""
    _Sending(db, link, parcel, random_bytes, sleep).run()


class _Sending:
    """One file on its way."""

    def __init__(
        self,
        db: Database,
        link: Link,
        parcel: Parcel,
        random_bytes: RandomBytes,
        sleep: Callable[[float], None],
    ) -> None:
        self.db, self.link, self.parcel = db, link, parcel
        self.random_bytes, self.sleep = random_bytes, sleep
        self.url = parcel.url
        self.pieces = _pieces(db)
        self.cuts = self.misses = self.restarts = 0

    def run(self) -> None:
        """Until the server has the whole file."""
        while True:
            try:
                self._bring(self._offset())
                break
            except NoNetwork as error:
                self._after_cut(error)
            except Problem as problem:
                self._after_problem(problem)

    def _offset(self) -> int:
        """Where the server wants to go on; an upload that it does not know begins anew."""
        if self.url is not None:
            return _offset_in(self._asked("HEAD", self.url))
        pairs = self.parcel.metadata.items()
        metadata = ",".join(f"{name} {b64encode(value.encode()).decode()}" for name, value in pairs)
        headers = {"Upload-Length": str(self.parcel.size_bytes), "Upload-Metadata": metadata}
        answer = self._asked("POST", PATH, headers)
        offset, path = _offset_in(answer), urlsplit(answer.get("location", "")).path
        if not path.startswith(PATH):
            raise BadBody("the answer names no upload")
        # Only the path: the address at which this device reaches the server is its own affair.
        self.url = path
        self.parcel.keep_url(self.url)
        return offset

    def _bring(self, offset: int) -> None:
        while offset < self.parcel.size_bytes:
            piece = self.parcel.piece(offset, self.pieces.size_bytes)
            checksum = b64encode(hashlib.sha256(piece).digest()).decode()
            headers = {
                "Upload-Offset": str(offset),
                "Upload-Checksum": f"sha256 {checksum}",
                "Content-Type": _CHUNK_TYPE,
            }
            offset = _offset_in(self._asked("PATCH", self.url or PATH, headers, piece))
            self.cuts = self.misses = 0
            self._keep_pieces(self.pieces.after_success())

    def _after_cut(self, error: NoNetwork) -> None:
        self._keep_pieces(self.pieces.after_cut())
        self.cuts += 1
        if not error.reached or self.cuts >= ATTACHMENT_CUTS_MAX:
            raise error
        if self.cuts > 1:
            self.sleep(pace.jittered_s(self.random_bytes, self.cuts, base_s=BACKOFF_BASE_S))

    def _after_problem(self, problem: Problem) -> None:
        """Ask for the offset again, or begin anew, a few times; whatever else ends the run."""
        if problem.code in ("upload-offset-wrong", "checksum-mismatch"):
            # Another run of this device sends the same file, or the link changed a byte.
            self.misses += 1
        elif problem.code in ("not-found", "attachment-altered"):
            self.restarts += 1
            self.url = None
            self.parcel.keep_url(None)
        else:
            raise problem
        if max(self.misses, self.restarts) > ATTACHMENT_RESTARTS_MAX:
            raise problem

    def _asked(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, data: bytes = b""
    ) -> Mapping[str, str]:
        return self.link.tus(method, path, headers=headers or {}, data=data)

    def _keep_pieces(self, pieces: Pieces) -> None:
        if pieces != self.pieces:
            self.pieces = pieces
            with write(self.db):
                facts.put_json(self.db, facts.CHUNKS, pieces)


def _pieces(db: Database) -> Pieces:
    text = facts.get(db, facts.CHUNKS)
    return Pieces() if text is None else msgspec.json.decode(text, type=Pieces)


def _offset_in(headers: Mapping[str, str]) -> int:
    """The offset of an answer. Raises BadBody for one that no server of ours gave."""
    text = headers.get("upload-offset", "")
    if not text.isdecimal():
        raise BadBody("the answer names no offset")
    return int(text)
