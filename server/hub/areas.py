"""The area list: read from CSV, checked row by row, loaded as a whole."""

import csv
from collections.abc import Iterable, Iterator

from server.hub.errors import UsageError
from server.store.base import Unit
from server.store.catalogue import AreaRow
from sync.area import is_area

COLUMNS = ("code", "name", "level", "parent")
LEVELS = ("province", "regency", "district", "village")


def load_areas(unit: Unit, lines: Iterable[str]) -> int:
    """Load the rows of a CSV; how many. All or, where one is wrong, none of them."""
    return unit.catalogue.load_areas(list(read_areas(lines)))


def read_areas(lines: Iterable[str]) -> Iterator[AreaRow]:
    """The areas in a CSV with the columns code, name, level, parent (others are passed over).

    Raises UsageError, which names the row, for a code whose level or parent does not fit it.
    """
    reader = csv.DictReader(lines)
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise UsageError("server.error.area-columns", missing=", ".join(missing), known=", ".join(COLUMNS))
    for number, cells in enumerate(reader, start=2):
        row = AreaRow(**{column: (cells[column] or "").strip() for column in COLUMNS})
        if not row.name or not is_area(row.code) or (row.level, row.parent) != _place_of(row.code):
            raise UsageError("server.error.area-row", number=number, code=row.code)
        yield row


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
