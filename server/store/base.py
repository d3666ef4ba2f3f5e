"""What the use cases ask of a store: verbs of the domain, no SQL.

A store hands out *units*: everything done in one ``write()`` is committed together or not
at all; everything read in one ``read()`` is of one moment. Driver exceptions never leave a
store: they continue as StoreError.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import msgspec

from server.store.accounts import Accounts
from server.store.attachments import Attachments
from server.store.backups import Backups
from server.store.boundaries import Boundaries
from server.store.bundles import Bundles
from server.store.catalogue import Catalogue
from server.store.listing import Listing
from server.store.people import People
from sync.chain import Place
from sync.feed import Change


class StoreError(Exception):
    """The store could not do what it was asked; nothing of the unit was kept."""


class StoreFull(StoreError):
    """The disk is full; what was stored before can still be read."""


class LogRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line at its place. ``record`` is ``None`` for malformed lines and stubs."""

    id: str
    device: str
    seq: int
    previous: str
    complete: bool
    record: str | None
    form: str | None
    line: bytes
    received_ms: int
    via: str
    held: str | None
    suspect: bool
    stub: bool


class LinePlace(msgspec.Struct, frozen=True):
    """Where a stored line stands."""

    device: str
    seq: int
    complete: bool
    stub: bool


class SecretRow(msgspec.Struct, frozen=True):
    """A restricted answer; ``commitment`` or ``salt`` and ``text`` may still be missing."""

    revision: str
    field: str
    commitment: str | None
    salt: str | None
    text: str | None
    erased: bool


class RecordRow(msgspec.Struct, frozen=True):
    """A record's caches. ``snapshot`` is the encoded list of its heads' lines."""

    id: str
    form: str
    snapshot: bytes
    areas: tuple[str, ...]
    conflicts: tuple[str, ...]
    updated_ms: int


class FeedRow(msgspec.Struct, frozen=True):
    """A row of a feed page, with the record's caches as they now stand."""

    position: int
    record: str
    gone: bool
    form: str
    snapshot: bytes
    areas: tuple[str, ...]


class Log(Protocol):
    """The truth: lines and secrets, append-only."""

    def places(self, ids: Iterable[str]) -> dict[str, LinePlace]:
        """Where the known ones of ``ids`` stand."""
        ...

    def append(self, rows: Sequence[LogRow]) -> None:
        """Store new lines; a row takes the place of a stub with its id. Counts lines per device."""
        ...

    def complete_from(self, ids: Iterable[str]) -> None:
        """``ids`` are complete now: so is every line that follows them without a gap."""
        ...

    def link(self, device: str, root: str) -> None:
        """``device`` belongs to the log of the enrolled device ``root``, unless it has another one."""
        ...

    def root_of(self, device: str) -> str:
        """The enrolled device to whose log a device id belongs; itself where nothing is known."""
        ...

    def line_count(self, device: str) -> int:
        """How many lines bear this device id, stubs and malformed ones included."""
        ...

    def stored_bytes(self, root: str) -> int:
        """Bytes of all lines of a log."""
        ...

    def known_places(self, root: str) -> list[Place]:
        """Complete lines of a log at exponential distances from its newest, at most 20."""
        ...

    def held_ids(self, root: str) -> list[tuple[str, str]]:
        """``(id, reason)`` of every held line of a log, in log order."""
        ...

    def held_before(self, id: str, reason: str) -> list[str]:
        """Lines held with this reason on the way back from a line, itself included, newest first."""
        ...

    def missing(self, device: str) -> list[tuple[int, int]]:
        """``(from, to)`` of the numbers below a device id's last that are not here, or as stubs only."""
        ...

    def gaps(self, root: str) -> list[str]:
        """Ids of a log's lines that are here as stubs only."""
        ...

    def secretless(self, root: str) -> list[str]:
        """Ids of a log's lines of which a secret is missing and not erased."""
        ...

    def is_merged(self, record: str, id: str) -> bool:
        """Whether a line is here, of this record, and not held."""
        ...

    def get(self, id: str) -> LogRow | None:
        """One line."""
        ...

    def received_ms(self, ids: Iterable[str]) -> dict[str, int]:
        """When the known ones of ``ids`` came."""
        ...

    def history(self, record: str) -> list[LogRow]:
        """All lines of a record, held ones too, in order of receipt, then log order."""
        ...

    def held(self, reasons: Sequence[str] | None = None) -> list[LogRow]:
        """Held lines, of these reasons or all, in order of receipt."""
        ...

    def held_of(self, records: Iterable[str]) -> dict[str, int]:
        """How many held lines name each of these records; only those that any line names."""
        ...

    def set_held(self, id: str, reason: str | None) -> None:
        """A line's reason changes, or ends."""
        ...

    def all_lines(self) -> Iterator[LogRow]:
        """Every line, by device and number; constant memory."""
        ...

    def secrets_of(self, revisions: Iterable[str]) -> dict[tuple[str, str], SecretRow]:
        """Secret rows by (revision, field)."""
        ...

    def put_secrets(self, rows: Sequence[SecretRow]) -> None:
        """Write secret rows; an erased one is never filled again."""
        ...

    def own_device(self) -> tuple[str, Place] | None:
        """This server's own device id and the tip of its log."""
        ...

    def set_own_device(self, device: str, tip: Place) -> None:
        """Name the own device, or move its tip."""
        ...

    def raise_flag(self, code: str, subject: str, *, now_ms: int) -> None:
        """Note something that a person should look at. Safe to repeat."""
        ...

    def line_counts(self) -> dict[str, tuple[int, int]]:
        """``{device id: (lines as counted at receipt, lines here)}``."""
        ...

    def lines_received(self) -> int:
        """How many lines were counted at receipt, of all logs; reads a row a device, no line."""
        ...

    def held_counts(self) -> dict[str, int]:
        """``{reason: held lines}``; reads held lines only."""
        ...

    def digests(self) -> dict[str, int | None]:
        """``{device id: exclusive or over its lines as received}``; None where it began before that."""
        ...

    def roots(self) -> dict[str, str]:
        """``{device id: the enrolled device to whose log it belongs}`` of every log here."""
        ...

    def merged_records(self) -> Iterator[str]:
        """Ids of records with at least one merged line, sorted."""
        ...

    def flags(self) -> list[tuple[str, str, int]]:
        """``(code, subject, raised_ms)``, oldest first."""
        ...


class Records(Protocol):
    """Caches of records: snapshots, areas, conflicts, awaited ids."""

    def load(self, ids: Iterable[str]) -> dict[str, RecordRow]:
        """The known ones of ``ids``."""
        ...

    def get(self, id: str) -> RecordRow | None:
        """One record."""
        ...

    def put(self, rows: Sequence[RecordRow]) -> None:
        """Write records, new or changed."""
        ...

    def awaited(self, ids: Iterable[str]) -> dict[str, set[tuple[str, str]]]:
        """``{record: {(base id, field)}}`` of those that await something."""
        ...

    def put_awaited(
        self, record: str, *, added: Iterable[tuple[str, str]], ended: Iterable[tuple[str, str]]
    ) -> None:
        """Change what a record awaits."""
        ...

    def page(
        self, *, form_id: str | None, prefixes: Sequence[str], after: str = "", limit: int = 1000
    ) -> list[RecordRow]:
        """Records of a form (``None``: all) with a village in the scope, by id, after an id."""
        ...

    def orphans(self) -> list[RecordRow]:
        """Records without a village."""
        ...

    def in_conflict(self, prefixes: Sequence[str]) -> list[RecordRow]:
        """Records in the scope on which a person must decide."""
        ...

    def ids(self) -> Iterator[str]:
        """Every record id, sorted."""
        ...


class Feeds(Protocol):
    """The ordered changes of each regency."""

    def counter(self, regency: str) -> tuple[int, str]:
        """Counter and hash of a regency; ``(0, "")`` where nothing has changed yet."""
        ...

    def advance(self, regency: str, *, n: int, h: str) -> None:
        """Move a regency's counter and remember it for cursors."""
        ...

    def knows(self, regency: str, n: int, h: str) -> bool:
        """Whether this counter ever had this hash here."""
        ...

    def put(self, regency: str, changes: Sequence[Change]) -> None:
        """Write feed rows at their new positions; each replaces the row of its record and village."""
        ...

    def add_to_sums(self, deltas: Mapping[str, int]) -> None:
        """Xor a checksum into each village's sum."""
        ...

    def regencies(self, prefixes: Sequence[str]) -> list[str]:
        """Codes of the feeds that meet a scope: those with changes, and every one that it names."""
        ...

    def page(self, regency: str, prefixes: Sequence[str], *, after: int, limit: int) -> list[FeedRow]:
        """Rows of a feed in scope after a position, in order."""
        ...

    def sum_of(self, regency: str, prefixes: Sequence[str]) -> int:
        """Xor over the checksums of all rows in scope that are not gone."""
        ...

    def rows_of(self, record: str) -> dict[str, tuple[int, bool]]:
        """``{village: (checksum, gone)}`` of a record."""
        ...

    def village_sums(self) -> dict[str, int]:
        """Every running sum, as kept."""
        ...

    def summed_rows(self) -> dict[str, int]:
        """Every village's sum, computed from its rows."""
        ...


class Unit(Protocol):
    """One transaction's view of the store."""

    @property
    def log(self) -> Log: ...
    @property
    def records(self) -> Records: ...
    @property
    def feeds(self) -> Feeds: ...
    @property
    def people(self) -> People: ...
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def boundaries(self) -> Boundaries: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def listing(self) -> Listing: ...
    @property
    def attachments(self) -> Attachments: ...
    @property
    def backups(self) -> Backups: ...
    @property
    def bundles(self) -> Bundles: ...


class Store(Protocol):
    """A place that keeps everything. One process may use it from many threads."""

    def write(self) -> AbstractContextManager[Unit]:
        """A unit that is committed, and on disk, when the block ends; else nothing of it is kept."""
        ...

    def read(self) -> AbstractContextManager[Unit]:
        """A unit that reads one moment."""
        ...

    def write_back(self) -> None:
        """Move what is committed and on disk to where it stays, beside writers; may be left out."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...
