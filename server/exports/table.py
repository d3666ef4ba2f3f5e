"""What every export format is given: columns, and rows that are made while they are read."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

Cell = str | int | float | None
"""A text, a number, or nothing."""

NUMBER = "number"
"""Kind of a column that holds numbers, and words where there is none (*tidak diketahui*)."""

ROWS = "rows"
"""Kind of a column that holds the rows of a repeat as JSON; a workbook has a sheet for them."""


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column. ``about`` and ``hint`` say in every language what stands in it.

    ``code_list``: the choices that its codes come from. ``security``: class of its question.
    ``calculated``: nobody answered it; the form calculates it, at the moment of the export.
    """

    name: str
    kind: str = "text"
    about: Mapping[str, str] = {}
    hint: Mapping[str, str] = {}
    unit: str = ""
    code_list: str = ""
    security: str = ""
    calculated: bool = False


class Sheet(msgspec.Struct, frozen=True):
    """A table beside the main one: the rows of a repeat. Its first column is the record."""

    name: str
    columns: tuple[Column, ...]


class Row(msgspec.Struct, frozen=True):
    """The cells of one record, a cell a column.

    ``marks``: column number -> what a reader must know of that cell. ``sheets``: rows by the
    name of their sheet. ``geometry``: GeoJSON, longitude first, WGS 84.
    """

    cells: list[Cell]
    marks: Mapping[int, str] = {}
    sheets: Mapping[str, Sequence[Sequence[Cell]]] = {}
    geometry: Mapping[str, Any] | None = None


class Table(msgspec.Struct, frozen=True):
    """A whole export. ``rows`` can be read once. ``as_of``: the moment, ISO 8601 with offset."""

    name: str
    title: str
    as_of: str
    columns: tuple[Column, ...]
    sheets: tuple[Sheet, ...]
    rows: Iterator[Row]
