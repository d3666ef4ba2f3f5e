"""What of an XLSForm Tapak passes over, columns and sheets: its author should know; nothing is refused."""

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


# Of a group that is no unit and no repeat: where it stands, and when its questions apply.
_READ_ON_GROUPS = frozenset({"type", "name", "relevant"})


class Unused(msgspec.Struct, frozen=True, omit_defaults=True):
    """A column that is passed over, and the number of its rows that say something.

    ``on``: ``group`` where it is passed over on rows of plain groups only. A whole sheet that is
    passed over has no ``column`` and no ``rows``.
    """

    sheet: str
    column: str
    rows: int
    on: str = ""


def unused_columns(sheets: Sheets, form: Form) -> tuple[Unused, ...]:
    """What the sheets say and the form compiled from them does not, by sheet and first mention."""
    counts = Counter(
        said for row in (*sheets.survey, *sheets.choices, sheets.settings) for said in _passed_over(row, form)
    )
    columns = [Unused(sheet, column, rows, on) for (sheet, column, on), rows in counts.items()]
    return (*columns, *(Unused(sheet, "", 0) for sheet in sheets.others))


def _passed_over(row: Row, form: Form) -> Iterator[tuple[str, str, str]]:
    """Sheet, column and ``group`` or nothing; the languages of a group's label are one column."""
    if row.type == "begin_group" and row["name"] not in form.by_name:
        said = dict.fromkeys(column.partition("::")[0] for column, cell in row.cells.items() if cell)
        yield from ((row.sheet, column, "group") for column in said if column not in _READ_ON_GROUPS)
        return
    for column, cell in row.cells.items():
        if cell and not _is_read(row, column, form):
            yield row.sheet, column, ""


def _is_read(row: Row, column: str, form: Form) -> bool:
    if column in _READ[row.sheet] or column.partition("::")[0] in _TRANSLATED[row.sheet]:
        return True
    if row.sheet == "survey":
        question = form.by_name.get(row["name"])
        return question is not None and question.type in _READ_ON_TYPES.get(column, ())
    if row.sheet == "choices":
        return any(column in choice.columns for choice in form.choices.get(row["list_name"], ()))
    return column.startswith("form_title_")
