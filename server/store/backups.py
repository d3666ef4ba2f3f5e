"""What the use cases ask of a store about copies of itself."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from sync.chain import Place

if TYPE_CHECKING:
    from server.store.base import Unit


class BackupRow(msgspec.Struct, frozen=True, kw_only=True):
    """A verified copy. ``offered``: its file was there when somebody last looked.

    ``files`` lie beside it; ``files_missing`` were to, and were gone, altered or had no room.
    """

    path: str
    made_ms: int
    sha256: str
    lines: int
    records: int
    files: int = 0
    files_missing: int = 0
    offered: bool = True


class Backups(Protocol):
    """Verified copies, how far each log is in them, and whose turn it is to make the next."""

    def add(self, row: BackupRow, tips: Sequence[tuple[str, Place]], files: Collection[str]) -> None:
        """Note a copy, the tips of all logs and the files in it.

        What was noted of the same path is replaced. A file counts as in the copies from the first
        one on that is younger than all others and has it, until one that is younger still lacks it.
        """
        ...

    def all(self) -> list[BackupRow]:
        """Every copy that is noted, newest first."""
        ...

    def set_offered(self, path: str, offered: bool) -> None:
        """Whether ``restore`` can still be given this copy."""
        ...

    def forget(self, path: str) -> None:
        """The copy and its tips are noted no longer."""
        ...

    def offered(self) -> list[str]:
        """Paths of the copies that are offered, newest first."""
        ...

    def tips(self, device: str) -> dict[str, list[Place]]:
        """``{path: last complete lines of this device id in that copy}``, offered copies only."""
        ...

    def tips_now(self) -> list[tuple[str, Place]]:
        """The last complete lines of every device id, as they stand in this unit."""
        ...

    def lines_at(self, device: str, seq: int) -> list[str]:
        """Ids of the complete lines with this number of a device id: one, unless it was cloned."""
        ...

    def ancestor(self, id: str, seq: int) -> str | None:
        """The line with this number on the way back from a line, under the same device id."""
        ...

    def first_not_in(self, offered: Collection[str], device: str, *, until: int) -> int | None:
        """The lowest number up to ``until`` of a line of a device id that names a file which is
        here, and not surely in all of these copies."""
        ...

    def first_double(self, device: str) -> int | None:
        """The lowest number that two complete lines of a device id share."""
        ...

    def counts(self) -> tuple[int, int]:
        """How many lines and how many records there are."""
        ...

    def claim(self, job: str, *, every_ms: int, lease_ms: int, now_ms: int) -> bool:
        """Take on repeating work that is due: of several callers at most one gets it.

        Due is what was not done for ``every_ms``; a claim that led to nothing is void after
        ``lease_ms``.
        """
        ...

    def done(self, job: str, *, now_ms: int) -> None:
        """The work was done just now, claimed or not; nothing of it is left."""
        ...

    def fell_behind(self, job: str, *, since_ms: int) -> None:
        """The work is left undone from this moment on, unless it already was before."""
        ...

    def behind_since(self, job: str) -> int | None:
        """From which moment on work is undone; ``None`` where nothing is left."""
        ...


class Copies(Protocol):
    """Files that each hold a whole store."""

    def make(self, path: Path) -> None:
        """Copy the store, as of one moment, into a new file, while others write. Raises StoreError."""
        ...

    def open(self, path: Path) -> AbstractContextManager["Unit"]:
        """A unit that reads a copy, which nothing changes.

        Raises StoreError where the file is no copy, or damaged.
        """
        ...


def shared_by_backup(tips: dict[str, list[Place]], offered: Sequence[str]) -> Iterator[tuple[Place, ...]]:
    """The different sets of tips among the offered copies; an empty one where a copy has none."""
    yield from dict.fromkeys(tuple(tips.get(path, ())) for path in offered)
