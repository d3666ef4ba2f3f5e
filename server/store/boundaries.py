"""What the use cases ask of a store about the boundaries of villages."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import msgspec

from sync.polygons import Box


class BoundaryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A village's boundary. ``shape``: JSON of a ``sync.polygons.Shape``; ``simplified`` for a phone."""

    village: str
    box: Box
    shape: str
    simplified: str


class BoundaryLoad(msgspec.Struct, frozen=True, kw_only=True):
    """A file of boundaries that was loaded: which, for how many villages, and when."""

    file: str
    villages: int
    loaded_ms: int


class Boundaries(Protocol):
    """The boundaries that were loaded."""

    def put(self, rows: Iterable[BoundaryRow]) -> None:
        """Add boundaries, or replace those of the same villages."""
        ...

    def forget(self, prefix: str) -> None:
        """Remove those of the villages inside an area."""
        ...

    def get(self, village: str) -> BoundaryRow | None:
        """The boundary of one village."""
        ...

    def around(self, lat: float, lon: float) -> list[BoundaryRow]:
        """Those whose box holds a point, by village: the few that may contain it."""
        ...

    def simplified(self, prefixes: Sequence[str]) -> Iterator[tuple[str, str]]:
        """``(village, simplified shape)`` of the villages inside these prefixes, by village."""
        ...

    def count(self) -> int:
        """How many villages have a boundary here."""
        ...

    def last_load(self) -> BoundaryLoad | None:
        """The file that was loaded last."""
        ...

    def note_load(self, load: BoundaryLoad) -> None:
        """Note a file that was loaded."""
        ...
