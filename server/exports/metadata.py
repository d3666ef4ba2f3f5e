"""What somebody needs to know to use an exported file: the JSON that lies beside it."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from server.exports.table import Column, Row, Table


class Tally:
    """Rows on their way into a file, and what is known of them once they have passed."""

    def __init__(self, table: Table, *, version_column: int | None = 1) -> None:
        """``version_column``: where a row has its form version; ``None``: nowhere."""
        self.rows = 0
        self.form_versions: dict[str, int] = {}
        self._version_column = version_column
        self.table = msgspec.structs.replace(table, rows=map(self._passing, table.rows))

    def _passing(self, row: Row) -> Row:
        self.rows += 1
        if self._version_column is not None:
            version = str(row.cells[self._version_column])
            self.form_versions[version] = self.form_versions.get(version, 0) + 1
        return row


def metadata(
    tally: Tally, *, file: str, sha256: str, about: Mapping[str, Any], code_lists: Mapping[str, Any]
) -> dict[str, Any]:
    """The description of a file: title, moment, rows, hash, columns with units, code lists.

    ``about``: what only the caller knows (producer, filter, versions), laid over it.
    """
    table = tally.table
    return {
        "title": table.title,
        "file": file,
        "sha256": sha256,
        "as_of": table.as_of,
        "rows": tally.rows,
        **about,
        "rows_by_form_version": dict(sorted(tally.form_versions.items())),
        "columns": _columns(table.columns),
        "sheets": {sheet.name: _columns(sheet.columns) for sheet in table.sheets},
        "code_lists": code_lists,
    }


def _columns(columns: Sequence[Column]) -> list[dict[str, Any]]:
    """Every column with what is known of it; empty keys left out."""
    return [
        {name: value for name, value in msgspec.to_builtins(column).items() if value} for column in columns
    ]
