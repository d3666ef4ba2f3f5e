"""What the use cases ask of a store about files of work that others carry."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec


class BundleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle that somebody brings or brought. ``imported_ms``: ``None`` until it was taken in.

    ``device``: the carrier's, empty for an operator. ``report``: JSON of what was taken in.
    ``files``: SHA-256 of the photos and documents in it.
    """

    sha256: str
    device: str
    announced_ms: int
    imported_ms: int | None = None
    report: str = "{}"
    files: tuple[str, ...] = ()


class Bundles(Protocol):
    """Which bundles are awaited, which were taken in, and in which backups that is."""

    def announce(self, sha256: str, *, device: str, now_ms: int) -> None:
        """A device is bringing a bundle. Safe to repeat; one that is known stays as it is."""
        ...

    def put(self, row: BundleRow) -> None:
        """A bundle as it stands now, new or known."""
        ...

    def load(self, sha256s: Iterable[str]) -> dict[str, BundleRow]:
        """The known ones of these."""
        ...

    def imported(self) -> list[BundleRow]:
        """Every bundle that was taken in, the newest first."""
        ...

    def note_in(self, backup: str, sha256s: Iterable[str]) -> None:
        """These bundles are in this copy, and no others."""
        ...

    def in_all(self, backups: Sequence[str]) -> set[str]:
        """The bundles that each of these copies has; none where there is no copy."""
        ...
