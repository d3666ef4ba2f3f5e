"""What the use cases ask of a store about the list of records that the console searches.

The list is a cache beside the records, brought up to date by reading the feeds: a record comes,
changes or leaves exactly when a row of a feed does. Receiving lines never waits for it.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A record in the list, once for each of its villages. ``conflicts``: how many fields wait."""

    record: str
    village: str
    form_id: str
    title: str
    updated_ms: int
    conflicts: int
    deleted: bool


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of the list: inside ``prefixes``, and what else is not ``None`` or empty.

    ``words``: beginnings of words, all of which must be there, in the alphabet a-z 0-9.
    """

    prefixes: tuple[str, ...]
    form_id: str | None = None
    words: tuple[str, ...] = ()
    in_conflict: bool = False
    deleted: bool = False


class Waiting(msgspec.Struct, frozen=True):
    """A record on which a person must decide, with the fields; straight from the records."""

    record: str
    form_id: str
    areas: tuple[str, ...]
    fields: tuple[str, ...]


class HeldLine(msgspec.Struct, frozen=True, kw_only=True):
    """A held line with the villages that its record has without it."""

    id: str
    record: str | None
    reason: str
    received_ms: int
    line: bytes
    areas: tuple[str, ...]


class Count(msgspec.Struct, frozen=True):
    """How many records of a form a village has that are not deleted."""

    village: str
    form_id: str
    records: int


class Due(msgspec.Struct, frozen=True):
    """A village whose readiness is to be computed. ``times``: how often it was marked so far."""

    village: str
    times: int


class Readiness(msgspec.Struct, frozen=True):
    """A village's topics on a day: ``{topic: (state, state without obstacles, items missing)}``."""

    village: str
    day: str
    states: dict[str, tuple[str, str, int]]


class Listing(Protocol):
    """The searchable list, and counts that need no record to be decoded."""

    def places(self) -> dict[str, int]:
        """``{regency: n}`` through which its feed has been read."""
        ...

    def counters(self) -> dict[str, int]:
        """``{regency: n}`` of every feed, as it stands now."""
        ...

    def reach(self, regency: str, n: int) -> None:
        """A feed has been read through here."""
        ...

    def made_for(self) -> str:
        """Which forms the list was made for; ``""`` before the first."""
        ...

    def start_anew(self, forms: str) -> None:
        """From now on the list is made for these forms: every feed is read again, row by row."""
        ...

    def put(self, record: str, rows: Sequence[Listed], *, text: str) -> None:
        """A record is listed by these rows only, found by the words of ``text``; none: not at all.

        The readiness of its villages, those before and those now, is due.
        """
        ...

    def page(self, wanted: Filter, *, before: tuple[int, str] | None, limit: int) -> list[Listed]:
        """Rows by last change, newest first, then record; ``before``: those after this one."""
        ...

    def of_villages(self, villages: Sequence[str], *, limit: int) -> list[str]:
        """Ids of records of these villages that are not deleted, newest first."""
        ...

    def counts(self, prefixes: Iterable[str]) -> list[Count]:
        """Counts by village and form within a scope."""
        ...

    def waiting(self) -> list[Waiting]:
        """Every record on which a person must decide, by id."""
        ...

    def held(self, *, limit: int) -> list[HeldLine]:
        """Held lines, the newest first."""
        ...

    def mark_due(self, villages: Iterable[str]) -> None:
        """The readiness of these villages is to be computed anew."""
        ...

    def due(self, *, today: str, limit: int) -> list[Due]:
        """Villages whose readiness is to be computed: changed ones first, then those of another day."""
        ...

    def due_count(self, *, today: str) -> int:
        """How many villages are due."""
        ...

    def put_readiness(self, row: Readiness, *, times: int) -> None:
        """A village's states. It stays due where it was marked again since ``times``."""
        ...

    def readiness(self, prefixes: Iterable[str]) -> list[Readiness]:
        """The states of the villages in a scope that ever had a record, by village."""
        ...
