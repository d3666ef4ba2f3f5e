"""An XLSForm file -> its rows. pyxform reads the tables and judges whether they are an XLSForm.

Nothing outside this module knows pyxform. Row numbers are those of a spreadsheet: the
column names are row 1.
"""

import copy
import difflib
import re
from io import BytesIO
from pathlib import PurePath
from typing import Any

import msgspec
from pyxform.errors import PyXFormError
from pyxform.xls2json_backends import md_to_dict, xlsx_to_dict
from pyxform.xls2xform import convert

from server.forms.problems import FormProblem
from server.forms.spellings import column_of, known_type, type_of

_READERS = {".md": md_to_dict, ".xlsx": xlsx_to_dict}
_OUR_COLUMNS = {
    "survey": ("merge", "class", "topic"),
    "choices": ("rank", "exclusive", "topic"),
    "settings": ("observation_date", "record_key"),
}
_UNKNOWN_TYPE = re.compile(r"Unknown question type '(.+)'\.")
_LANGUAGES = {"english": "en", "indonesia": "id", "indonesian": "id", "bahasa indonesia": "id"}
_LANGUAGE_CODE = re.compile(r".*\(([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)\)\s*|([a-z]{2,3})", re.DOTALL)


class Row(msgspec.Struct, frozen=True):
    """One row of a sheet: its number, and the cells that are not empty by column."""

    sheet: str
    number: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    @property
    def type(self) -> str:
        """The type in the newest of its spellings; ``row["type"]`` is what its author wrote."""
        return type_of(self["type"])

    def problem(self, text: str) -> FormProblem:
        """A problem of this row."""
        return FormProblem(f"{self.sheet} row {self.number}: {text}")

    def texts(self, column: str, default_language: str) -> dict[str, str]:
        """The translations of ``label`` or ``hint`` by language code."""
        texts = {default_language: self[column]} if self[column] else {}
        for name, text in self.cells.items():
            if name.startswith(f"{column}::"):
                texts[language_code(name)] = text
        return texts


class Sheets(msgspec.Struct, frozen=True):
    """The three sheets that make a form; ``others``: the names of those that do not."""

    survey: tuple[Row, ...]
    choices: tuple[Row, ...]
    settings: Row
    others: tuple[str, ...] = ()


def read(source: bytes, *, name: str) -> Sheets:
    """The sheets of an XLSForm; ``name`` tells Markdown (``.md``) from Excel (``.xlsx``).

    Raises FormProblem where pyxform cannot read it or finds that it is no valid XLSForm.
    """
    book = _book(source, name)
    for sheet, columns in _OUR_COLUMNS.items():
        _check_columns(book, sheet, columns)
    settings = _rows(book, "settings")
    return Sheets(
        survey=_rows(book, "survey"),
        choices=_rows(book, "choices"),
        settings=settings[0] if settings else Row("settings", 2, {}),
        others=_others(book),
    )


def _others(book: dict[str, Any]) -> tuple[str, ...]:
    """Sheets that are passed over, as they are called. A name with ``_`` before it says so itself.

    Markdown names a sheet only where pyxform knows it; a workbook names them all.
    """
    read = {"survey", "choices", "settings"}
    names = [str(name) for name in book.get("sheet_names", ())]
    return tuple(name for name in names if name.lower() not in read and not name.startswith("_"))


def language_code(column: str) -> str:
    """``en`` of ``label::English (en)`` or ``label::en``."""
    language = column.rpartition("::")[2]
    if known := _LANGUAGES.get(language.strip().lower()):
        return known
    match = _LANGUAGE_CODE.fullmatch(language)
    if match is None:
        raise FormProblem(f"column '{column}' names no language code. Write it like 'label::English (en)'.")
    return str(match[1] or match[2])


def _book(source: bytes, name: str) -> dict[str, Any]:
    """The sheets as pyxform reads them, after it has made an XForm of them."""
    suffix = PurePath(name).suffix.lower()
    book: dict[str, Any] = {}
    if suffix not in _READERS:
        raise FormProblem(f"'{name}' is neither a Markdown (.md) nor an Excel (.xlsx) form.")
    try:
        book = _READERS[suffix](BytesIO(source))
        convert(copy.deepcopy(book))
    except (PyXFormError, UnicodeDecodeError) as error:
        raise FormProblem(f"{name}: {_with_place(book, str(error))}") from error
    except IndexError as error:
        raise FormProblem(
            f"{name}: a row has more cells than its sheet has columns. Write a '|' inside a cell as '\\|'."
        ) from error
    except (AttributeError, KeyError, TypeError) as error:
        # pyxform trips over some columns instead of naming them.
        raise FormProblem(
            f"{name}: pyxform cannot make a form of this ({error}). "
            "Compare its columns with a form of the pack."
        ) from error
    return book


def _with_place(book: dict[str, Any], problem: str) -> str:
    """What pyxform says, with the row of a type that it does not know and the type that may be meant."""
    match = _UNKNOWN_TYPE.search(problem)
    for row in _rows(book, "survey") if match else ():
        if match and row["type"] == match[1]:
            return f"survey row {row.number}: '{row['name']}' has type '{match[1]}'. {known_type(match[1])}"
    return problem


def _check_columns(book: dict[str, Any], sheet: str, columns: tuple[str, ...]) -> None:
    """Raises FormProblem for a misspelt column of ours, which pyxform passes over in silence."""
    written = {column_of(sheet, name) for row in book.get(sheet) or [] for name in row}
    for name in sorted(written - set(columns)):
        for meant in difflib.get_close_matches(name, columns, n=1, cutoff=0.75):
            raise FormProblem(f"{sheet} has a column '{name}'. Did you mean '{meant}'?")


def _rows(book: dict[str, Any], sheet: str) -> tuple[Row, ...]:
    rows = book.get(sheet) or []
    columns = {name: column_of(sheet, name) for row in rows for name in row}
    return tuple(
        Row(sheet, number, {columns[name]: str(cell).strip() for name, cell in cells.items()})
        for number, cells in enumerate(rows, start=2)
        if cells
    )
