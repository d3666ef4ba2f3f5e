"""The area list: read from CSV, checked row by row, loaded as a whole; names and denominators."""

import csv
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import tzinfo

import msgspec

from server.hub.errors import UsageError
from server.store.base import Unit
from server.store.catalogue import AreaList, AreaRow
from sync.area import is_area, minimal, place_name
from sync.forms.checks import is_date
from sync.shown import time_text

COLUMNS = ("code", "name", "level", "parent")
OPTIONAL_COLUMNS = ("valid_from", "valid_to", "successor", "aliases")
LEVELS = ("province", "regency", "district", "village")
BETWEEN_ALIASES = ";"


class Loaded(msgspec.Struct, frozen=True):
    """What a list changed: the areas that it has, new codes, other names, and codes that ended."""

    version: str
    areas: int
    added: int = 0
    renamed: int = 0
    ended: int = 0


class Denominator(msgspec.Struct, frozen=True):
    """The villages that count, and by which list: what a percentage must say with it.

    Records may name others, that are no longer in force or in no list: no share counts them.
    ``list_version`` is empty where no list was loaded.
    """

    counted: frozenset[str]
    list_version: str
    list_loaded_ms: int | None

    @property
    def villages(self) -> int:
        """How many they are."""
        return len(self.counted)


def version_of(file_name: str, content: bytes) -> str:
    """What a list is called that nobody named: its file and the beginning of its SHA-256."""
    return f"{file_name} {hashlib.sha256(content).hexdigest()[:12]}"


def load_areas(unit: Unit, lines: Iterable[str], *, version: str, now_ms: int, zone: tzinfo) -> Loaded:
    """Load the rows of a CSV as the list in force. All or, where one is wrong, none of them.

    Inside the highest areas that the file has, it is the whole truth: a code that it no longer
    has ends today, and stays, for records keep it. A new name keeps the old one as an alias.
    """
    rows = {row.code: row for row in read_areas(lines)}
    if not rows:
        raise UsageError("server.error.areas-none")
    today = time_text(now_ms, zone)[:10]
    known = {row.code: row for row in unit.catalogue.areas(minimal(rows))}
    merged = [_merged(row, known.get(row.code), today, is_first=not known) for row in rows.values()]
    ended = [
        msgspec.structs.replace(row, valid_to=today)
        for code, row in known.items()
        if code not in rows and row.valid_to is None
    ]
    unit.catalogue.load_areas([*merged, *ended])
    unit.catalogue.put_area_list(AreaList(version=version, areas=len(rows), loaded_ms=now_ms))
    return Loaded(
        version,
        len(rows),
        added=len(rows.keys() - known.keys()),
        renamed=sum(known[code].name != row.name for code, row in rows.items() if code in known),
        ended=len(ended),
    )


def read_areas(lines: Iterable[str]) -> Iterator[AreaRow]:
    """The areas in a CSV with the columns code, name, level, parent, and those that are optional.

    Other columns are passed over. Raises UsageError, which names the row, for a code whose level
    or parent does not fit it or that was there before, a date that is none, an end before the
    beginning, and a successor that is no code or the code itself.
    """
    reader = csv.DictReader(lines)
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise UsageError("server.error.area-columns", missing=", ".join(missing), known=", ".join(COLUMNS))
    seen: set[str] = set()
    for number, cells in enumerate(reader, start=2):
        row = _row_of({column: (cells.get(column) or "").strip() for column in (*COLUMNS, *OPTIONAL_COLUMNS)})
        _check(row, number)
        if row.code in seen:
            raise UsageError("server.error.area-twice", number=number, code=row.code)
        seen.add(row.code)
        yield row


def villages_in(unit: Unit, prefixes: Iterable[str], *, on: str) -> Denominator:
    """The villages inside these areas that are in force on a local date, ``2026-11-23``."""
    loaded = unit.catalogue.area_list()
    return Denominator(
        frozenset(unit.catalogue.villages(prefixes, on=on)),
        loaded.version if loaded else "",
        loaded.loaded_ms if loaded else None,
    )


def areas_mark(unit: Unit) -> str:
    """Another text after every load of areas or boundaries: a device that has another one fetches them."""
    listed, drawn = unit.catalogue.area_list(), unit.boundaries.last_load()
    if listed is None and drawn is None:
        return ""
    return f"{listed.loaded_ms if listed else 0:x}-{drawn.loaded_ms if drawn else 0:x}"


def naming(unit: Unit, say: Callable[..., str]) -> Callable[[str], str]:
    """``code -> Sumber Makmur (Kec. Parenggean)``, each looked up once; ``say``: a text by its key."""
    name_of = names_in(unit)
    return lambda code: place_name(code, name_of, say)


def names_in(unit: Unit) -> Callable[[str], str | None]:
    """``code -> name`` of the area list, each looked up once."""
    names: dict[str, str | None] = {}

    def name_of(code: str) -> str | None:
        if code not in names:
            row = unit.catalogue.area(code)
            names[code] = row.name if row else None
        return names[code]

    return name_of


def _check(row: AreaRow, number: int) -> None:
    """Raise UsageError for what is wrong in a row by itself."""
    at = {"number": number, "code": row.code}
    if not row.name or not is_area(row.code) or (row.level, row.parent) != _place_of(row.code):
        raise UsageError("server.error.area-row", **at)
    for date in (row.valid_from, row.valid_to):
        if date is not None and not is_date(date):
            raise UsageError("server.error.area-date", **at, date=date)
    if row.valid_from and row.valid_to and row.valid_to < row.valid_from:
        raise UsageError("server.error.area-ends-early", **at, start=row.valid_from, end=row.valid_to)
    if row.successor is not None and not is_area(row.successor):
        raise UsageError("server.error.area-successor", **at, successor=row.successor)
    if row.successor == row.code:
        raise UsageError("server.error.area-own-successor", **at)


def _row_of(cells: Mapping[str, str]) -> AreaRow:
    aliases = (alias.strip() for alias in cells["aliases"].split(BETWEEN_ALIASES))
    return AreaRow(
        **{column: cells[column] for column in COLUMNS},
        valid_from=cells["valid_from"] or None,
        valid_to=cells["valid_to"] or None,
        successor=cells["successor"] or None,
        aliases=tuple(dict.fromkeys(filter(None, aliases))),
    )


def _merged(row: AreaRow, known: AreaRow | None, today: str, *, is_first: bool) -> AreaRow:
    """A row of a new list with what an earlier one said and this one leaves open.

    A code that had ended is in force again where the new list has it.
    """
    if known is None:
        # The first list tells nothing of the time before it; a later one did not have this code until now.
        return row if is_first or row.valid_from else msgspec.structs.replace(row, valid_from=today)
    former = () if known.name == row.name else (known.name,)
    names = dict.fromkeys((*known.aliases, *former, *row.aliases))
    names.pop(row.name, None)
    return msgspec.structs.replace(
        row,
        valid_from=row.valid_from or known.valid_from,
        successor=row.successor or (known.successor if row.valid_to else None),
        aliases=tuple(names),
    )


def _place_of(code: str) -> tuple[str, str]:
    """Level and parent that a code says of itself."""
    parts = code.split(".")
    return LEVELS[len(parts) - 1], ".".join(parts[:-1])


def areas_for(unit: Unit, scope: Iterable[str]) -> list[AreaRow]:
    """The areas inside a scope and those above it, by code."""
    prefixes = list(scope)
    above = {
        ".".join(parts[:length]) for parts in (code.split(".") for code in prefixes) for length in (1, 2, 3)
    }
    higher = [row for code in sorted(above - set(prefixes)) if (row := unit.catalogue.area(code))]
    rows = {row.code: row for row in (*higher, *unit.catalogue.areas(prefixes))}
    return [rows[code] for code in sorted(rows)]
