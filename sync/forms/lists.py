"""Lists that offices have: their columns -> questions, their rows -> answers of one record each.

Nothing is guessed. A row whose village is not certain is left over, with the villages that it
may have meant. A cell that makes no sense for its question is kept as it is, and flagged as in
any save. A number that a spreadsheet has rounded (``1.2E+15``) is kept so and noted: its digits
are lost. An empty cell, and one with a dash, says nothing.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime, time
from typing import Any

import msgspec

from sync.forms.answers import answers
from sync.forms.columns import address_of, is_asked, is_in_row, question_of
from sync.forms.model import Form, Question
from sync.forms.places import Places, Sought
from sync.forms.types import QUESTION_TYPES
from sync.policies import Head, value_key
from sync.record import AREA
from sync.record_id import keyed, listed

Cell = str | int | float | None
"""A cell as its file has it; a date is its ISO text."""

CODE, VILLAGE, DISTRICT, REGENCY, NOTHING = "_area", "_village", "_district", "_regency", ""
"""What a column may be besides a question: a village's code or name, names above it, or nothing."""

WHY = "impor "
"""How the reason of an imported row's line begins; the name of its file follows."""

LEFT_OVER_COLUMNS = ("alasan", "calon")
"""What the file of left-over rows has besides their own columns: why, and who may be meant."""

HEADER_WITHIN_ROWS = 20
DIGITS_KEPT = 10**15
"""A spreadsheet keeps 15 digits of a number."""

_HEADERS = {
    CODE: ("area", "area code", "kode", "kode desa", "kode desa kelurahan", "kode wilayah", "village code"),
    VILLAGE: ("desa", "kelurahan", "desa kelurahan", "nama desa", "nama desa kelurahan", "village"),
    DISTRICT: ("kecamatan", "nama kecamatan", "district"),
    REGENCY: ("kabupaten", "kota", "kabupaten kota", "kab kota", "nama kabupaten", "regency"),
    NOTHING: LEFT_OVER_COLUMNS,
}
_NOT_A_LETTER = re.compile(r"[\W_]+")
_ROUNDED = re.compile(r"[-+]?\d+(?:[.,]\d+)?E\+?\d+", re.IGNORECASE | re.ASCII)
# The apostrophe that an export puts before what a spreadsheet would run as a formula.
_GUARD = re.compile(r"^'(?=[=+@\t\r-])")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_SAYS_NOTHING = frozenset({"", "-", "–", "—"})


class Header(msgspec.Struct, frozen=True):
    """The columns of a list: what each is, and the names of those that nobody knows.

    ``row``: where the header stands, counted from 0. ``targets``: column -> question or place.
    """

    row: int
    names: tuple[str, ...]
    targets: dict[int, str]
    unknown: tuple[str, ...]


class Note(msgspec.Struct, frozen=True):
    """A cell that a person should look at although it was kept."""

    column: str
    cell: str


class Taken(msgspec.Struct, frozen=True):
    """What a row says, and of which record: the same row is the same record next time."""

    record: str
    area: str
    pairs: tuple[tuple[str, str], ...]
    notes: tuple[Note, ...] = ()


class Left(msgspec.Struct, frozen=True):
    """Why a row was not taken: ``village-missing``, ``village-unknown``, ``village-ambiguous``,
    ``answers-missing``, ``key-missing``; and whom it may have meant."""

    reason: str
    candidates: tuple[str, ...] = ()


def csv_rows(data: bytes) -> list[list[Cell]]:
    """The rows of a CSV: UTF-8 or, as older spreadsheets save it, Windows-1252; ``,`` or ``;`` or tab."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return [[_GUARD.sub("", cell) for cell in row] for row in rows]


def sheet_rows(sheet: Any) -> list[list[Cell]]:
    """The rows of a workbook's sheet, as openpyxl gives it.

    What is merged over several rows is said of each of them.
    """
    rows = [[_cell(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    for merged in sheet.merged_cells.ranges:
        said = rows[merged.min_row - 1][merged.min_col - 1]
        for row in rows[merged.min_row : merged.max_row]:
            row[merged.min_col - 1] = said
    return rows


def header_of(form: Form, rows: Sequence[Sequence[Cell]], given: Mapping[str, str]) -> Header | None:
    """The first row that names a question and says where it is; ``None`` where none does.

    ``given``: header -> target, as a person said; the rest is recognised by name or label.
    """
    for number, row in enumerate(rows[:HEADER_WITHIN_ROWS]):
        header = _header(form, number, [text_of(cell).strip() for cell in row], given)
        targets = set(header.targets.values())
        if targets & {CODE, VILLAGE} and any(question_of(form, target) for target in targets):
            return header
    return None


def is_target(form: Form, target: str) -> bool:
    """Whether a column can be this: a place, nothing, or a question that one cell can answer."""
    return target in _HEADERS or question_of(form, target) is not None


def read_row(
    form: Form, header: Header, places: Places, cells: Sequence[Cell], *, key: Sequence[str]
) -> Taken | Left | None:
    """What a row says; ``None`` where it is empty.

    ``key``: the columns, by their header, that tell rows apart; none: all that are answers.
    """
    found = {column: cell for column, cell in enumerate(cells) if text_of(cell).strip() not in _SAYS_NOTHING}
    if not found:
        return None
    sought = _sought(header, places, found)
    if sought is None:
        return Left("village-missing")
    if sought.village is None:
        reason = "village-ambiguous" if sought.is_ambiguous else "village-unknown"
        return Left(reason, tuple(map(str, sought.candidates)))
    answered = {
        column: question
        for column in found
        if (question := question_of(form, header.targets.get(column, NOTHING)))
    }
    if not answered:
        return Left("answers-missing")
    telling = [header.names.index(name) for name in key] or [*answered]
    if not all(column in found for column in telling):
        return Left("key-missing")
    area = sought.village.code
    own = [_pair(asked, asked.name, found[at]) for at, asked in answered.items() if not asked.repeat]
    record = _record(form, area, own, [text_of(found[column]).strip() for column in telling])
    if record is None:
        return Left("key-missing")
    pairs = tuple(
        _pair(question, address_of(header.targets[column], record), found[column])
        for column, question in answered.items()
    )
    return Taken(
        record=record,
        area=area,
        pairs=pairs,
        notes=tuple(
            Note(header.names[column], text_of(found[column]))
            for column in answered
            if is_rounded(found[column])
        ),
    )


def values_of(form: Form, pairs: Iterable[tuple[str, str]], shown: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that a row writes; members of a unit group are laid over what is ``shown`` of it."""
    # Columns name the rows of repeats by their ids, so no new one is made.
    return answers(form, pairs, new_row=str, current=shown)


def each_row(
    form: Form, header: Header, places: Places, rows: Sequence[Sequence[Cell]], *, key: Sequence[str]
) -> Iterator[tuple[int, Sequence[Cell], Taken | Left]]:
    """Every row below the header that says something, with its number in the file, from 1."""
    for number, cells in enumerate(rows[header.row + 1 :], start=header.row + 2):
        found = read_row(form, header, places, cells, key=key)
        if found is not None:
            yield number, cells, found


def left_over_csv(names: Sequence[str], rows: Iterable[tuple[Sequence[Cell], str, Sequence[str]]]) -> bytes:
    """The file of left-over rows: their own columns, why, and who may be meant; it can be imported.

    With semicolons and a mark of its encoding, as a spreadsheet of the country opens it.
    """
    kept = [column for column, name in enumerate(names) if _fold(name) not in LEFT_OVER_COLUMNS]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow([*(names[column] for column in kept), *LEFT_OVER_COLUMNS])
    for cells, reason, candidates in rows:
        padded = [*cells, *[None] * (len(names) - len(cells))]
        own = [_guarded(text_of(padded[column])) for column in kept]
        writer.writerow([*own, reason, " | ".join(candidates)])
    return text.getvalue().encode("utf-8-sig", "replace")


def news_of_row(
    form: Form, taken: Taken, *, shown: Mapping[str, Any], stated: Iterable[tuple[str, Any]]
) -> dict[str, Any]:
    """The fields of a row that say something new.

    What is shown already is not written again, nor what a list has ``stated`` before (field,
    value): somebody may have corrected it since, and the same list is no reason to undo that.
    """
    before = {key for field, value in stated for key in _statements(field, value)}
    pairs = [pair for pair in taken.pairs if not _is_stated(form, pair, before)]
    values = values_of(form, pairs, shown)
    return {
        field: value
        for field, value in values.items()
        if field not in shown or _key(value) != _key(shown[field])
    }


def text_of(cell: Cell) -> str:
    """A cell as text; a number of more digits than were kept shows that it is rounded."""
    if cell is None or isinstance(cell, str):
        return cell or ""
    if abs(cell) >= DIGITS_KEPT:
        return f"{cell:.15G}"
    return str(int(cell)) if float(cell).is_integer() else repr(cell)


def is_rounded(cell: Cell) -> bool:
    """Whether digits of a number were lost on the way into the list."""
    return _ROUNDED.fullmatch(text_of(cell).strip()) is not None


def _cell(value: Any) -> Cell:
    """A value of a workbook: dates as ISO text, a date at midnight without its time."""
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    if isinstance(value, datetime):
        return value.isoformat()[: 10 if value.time() == time() else 16]
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _header(form: Form, row: int, names: Sequence[str], given: Mapping[str, str]) -> Header:
    known = {_fold(name): target for target, headers in _HEADERS.items() for name in headers}
    for question in reversed(form.questions):
        if is_asked(question) and not question.repeat:
            known |= {_fold(label): question.name for label in question.labels.values()}
    known |= {_fold(name): name for name in form.by_name if question_of(form, name)}
    known |= {_fold(name): target for name, target in given.items()}
    targets: dict[int, str] = {}
    unknown: list[str] = []
    for column, name in enumerate(names):
        target = known.get(_fold(name), name if is_in_row(name) and question_of(form, name) else None)
        if target is None or (target and target in targets.values()):
            unknown += [name] if name else []
        else:
            targets[column] = target
    return Header(row, tuple(names), targets, tuple(unknown))


def _sought(header: Header, places: Places, found: Mapping[int, Cell]) -> Sought | None:
    """The village that a row names, by its code where it has one."""
    said = {target: text_of(found[column]) for column, target in header.targets.items() if column in found}
    text = said.get(CODE) or said.get(VILLAGE)
    if not text:
        return None
    return places.find(text, district=said.get(DISTRICT, ""), regency=said.get(REGENCY, ""))


def _record(form: Form, area: str, pairs: Iterable[tuple[str, str]], telling: Sequence[str]) -> str | None:
    """The record of a row: the form's own way to name it, else by the cells that tell rows apart."""
    if form.record_key:
        return keyed(form.id, form.record_key, {AREA: area, **values_of(form, pairs, {})})
    return listed(form.id, [area, *telling])


def _pair(question: Question, name: str, cell: Cell) -> tuple[str, str]:
    """A cell as ``answers`` takes it: a number as JSON, for 1.234 typed would be a thousand."""
    if isinstance(cell, int | float) and QUESTION_TYPES[question.type].value_kind == "number":
        return f"{name}:", msgspec.json.encode(cell).decode()
    return name, text_of(cell).strip()


def _statements(field: str, value: Any) -> Iterator[tuple[str, Any]]:
    """What a stored value states: itself and, of a unit group, each member's answer."""
    yield field, _key(value)
    if isinstance(value, dict):
        yield from ((f"{field}.{member}", _key(answer)) for member, answer in value.items())


def _is_stated(form: Form, pair: tuple[str, str], before: Set[tuple[str, Any]]) -> bool:
    written = values_of(form, [pair], {})
    member = form.by_name.get(pair[0].removesuffix(":"))
    if member is not None and member.unit:
        return (f"{member.unit}.{member.name}", _key(written[member.unit][member.name])) in before
    return all((field, _key(value)) in before for field, value in written.items())


def _guarded(text: str) -> str:
    return "'" + text if text.startswith(_FORMULA_STARTS) else text


def _fold(text: str) -> str:
    return _NOT_A_LETTER.sub(" ", text).strip().casefold()


def _key(value: Any) -> Any:
    return value_key(Head("", value, "", "", 0))
