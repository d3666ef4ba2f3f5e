"""What the use cases ask of a store about photos and documents. Their bytes lie elsewhere."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import msgspec


class AttachmentRow(msgspec.Struct, frozen=True):
    """A whole, checked file. ``type`` is what its bytes are, not what its sender said."""

    sha256: str
    bytes: int
    type: str
    received_ms: int


class UploadRow(msgspec.Struct, frozen=True):
    """A file on its way. How far it has come, its part of a file says."""

    id: str
    sha256: str
    device: str
    length: int
    expires_ms: int


class ReferenceRow(msgspec.Struct, frozen=True):
    """A line names a file in a field. ``restricted``: the field's answer is sealed."""

    revision: str
    field: str
    sha256: str
    record: str
    device: str
    person: str
    restricted: bool


class Reference(msgspec.Struct, frozen=True):
    """The same, with whether its line is merged by now."""

    row: ReferenceRow
    merged: bool


class Attachments(Protocol):
    """Which files are here, which are on their way, and which lines name them."""

    def refer(self, rows: Sequence[ReferenceRow]) -> None:
        """Note that lines name files, here or not. Safe to repeat."""
        ...

    def named_by(self, sha256: str) -> list[Reference]:
        """Every line that names a file, by revision and field."""
        ...

    def wanted(self, root: str, *, limit: int) -> list[str]:
        """Files that lines of a log name and that are not here; the first ``limit`` of them."""
        ...

    def get(self, sha256: str) -> AttachmentRow | None:
        """One file that is here."""
        ...

    def put(self, row: AttachmentRow) -> None:
        """A file is here: nobody is asked for it any more. Safe to repeat."""
        ...

    def forget(self, sha256: str) -> None:
        """A file is not here after all: whoever names it is asked for it again."""
        ...

    def all(self) -> Iterator[AttachmentRow]:
        """Every file that is here, by its SHA-256."""
        ...

    def upload(self, id: str) -> UploadRow | None:
        """One upload, expired or not."""
        ...

    def begin(self, upload: UploadRow) -> None:
        """Store a new upload."""
        ...

    def uploads_of(self, device: str) -> list[UploadRow]:
        """The uploads of a device, the next to expire first."""
        ...

    def expired(self, *, before_ms: int, limit: int) -> list[UploadRow]:
        """Uploads that expired before a moment, the oldest first."""
        ...

    def end(self, ids: Iterable[str]) -> None:
        """Uploads are no more. Safe to repeat."""
        ...
