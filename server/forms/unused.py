"""The columns of an XLSForm that Tapak passes over: its author should know, and nothing is refused."""

from collections import Counter
from collections.abc import Iterator

import msgspec

from server.forms.read import Row, Sheets
from sync.forms.model import Form

_TRANSLATED = {
    "survey": frozenset({"label", "hint", "constraint_message"}),
    "choices": frozenset({"label"}),
    "settings": frozenset[str](),
}
_READ = {
    "survey": frozenset({"type", "name", "required", "relevant", "constraint", "merge", "class", "topic"}),
    "choices": frozenset({"list_name", "name", "rank", "exclusive", "topic"}),
    "settings": frozenset(
        {"form_title", "form_id", "version", "default_language", "observation_date", "record_key"}
    ),
}
# Read only on rows of these types; elsewhere such a column says what this system does not do.
_READ_ON_TYPES = {
    "calculation": frozenset({"calculate"}),
    "choice_filter": frozenset({"select_one", "select_multiple"}),
}


class Unused(msgspec.Struct, frozen=True):
    """A column that is passed over, and the number of its rows that say something."""

    sheet: str
    column: str
    rows: int


def unused_columns(sheets: Sheets, form: Form) -> tuple[Unused, ...]:
    """What the sheets say and the form compiled from them does not, by sheet and first mention."""
    counts = Counter(
        (row.sheet, column)
        for row in (*sheets.survey, *sheets.choices, sheets.settings)
        for column in _passed_over(row, form)
    )
    return tuple(Unused(sheet, column, rows) for (sheet, column), rows in counts.items())


def _passed_over(row: Row, form: Form) -> Iterator[str]:
    for column, cell in row.cells.items():
        if cell and not _is_read(row, column, form):
            yield column


def _is_read(row: Row, column: str, form: Form) -> bool:
    if column in _READ[row.sheet] or column.partition("::")[0] in _TRANSLATED[row.sheet]:
        return True
    if row.sheet == "survey":
        question = form.by_name.get(row["name"])
        return question is not None and question.type in _READ_ON_TYPES.get(column, ())
    if row.sheet == "choices":
        return any(column in choice.columns for choice in form.choices.get(row["list_name"], ()))
    return column.startswith("form_title_")
