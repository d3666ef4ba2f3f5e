"""The table of a run: every figure beside its limit, with their ratio."""

from collections.abc import Iterable
from typing import Literal

import msgspec

HEADINGS = ("measured", "figure", "unit", "limit", "ratio", "")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One figure. Without a limit it only informs, such as the floor that another row is held to."""

    name: str
    figure: float
    unit: str
    limit: float | None = None
    sense: Literal["at least", "at most"] = "at most"

    @property
    def ratio(self) -> float | None:
        """Figure divided by limit."""
        return None if self.limit is None else self.figure / self.limit

    @property
    def verdict(self) -> Literal["ok", "FAIL", ""]:
        """Whether the figure keeps its limit; empty for a row without one."""
        if self.limit is None:
            return ""
        kept = self.figure >= self.limit if self.sense == "at least" else self.figure <= self.limit
        return "ok" if kept else "FAIL"


def rendered(rows: Iterable[Row]) -> str:
    """The table as aligned text."""
    cells = [HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(
            text.ljust(width) if column in (0, 2) else text.rjust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    )


def as_json(rows: Iterable[Row]) -> bytes:
    """The same for a program: one array of objects."""
    return msgspec.json.encode(
        [{**msgspec.structs.asdict(row), "ratio": row.ratio, "verdict": row.verdict} for row in rows]
    )


def _cells(row: Row) -> tuple[str, ...]:
    limit, ratio = "", ""
    if row.limit is not None and row.ratio is not None:
        limit = f"{'≥' if row.sense == 'at least' else '≤'} {_number(row.limit)}"
        ratio = f"{row.ratio:.2f}"
    return row.name, _number(row.figure), row.unit, limit, ratio, row.verdict


def _number(number: float) -> str:
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if abs(number) >= 10 else f"{number:.2f}"
