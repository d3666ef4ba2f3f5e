"""What the field day prints: lines for everybody, progress for a terminal only."""

import shutil
import sys
import textwrap
from typing import Any

import click

from field_client.edge import language
from field_client.texts import text

COLUMNS_MAX = 100
INDENT = "   "
_SWAPPED = str.maketrans(",.", ".,")


class Screen:
    """Lines on stdout. In a pipe nothing moves and nothing is coloured."""

    def __init__(self) -> None:
        self.language = language()
        self._live = sys.stdout.isatty()
        self._passing = False

    def text(self, key: str, **values: Any) -> str:
        """A text of the catalogue in the language of this run."""
        return text(f"demo.{key}", self.language, **values)

    def title(self, key: str, **values: Any) -> None:
        """The heading of a scene."""
        self._clear()
        click.echo("\n" + click.style(self.text(key, **values), bold=True))

    def say(self, key: str, **values: Any) -> None:
        """A plain line of a scene."""
        self.put(self.text(key, **values))

    def put(self, line: str, *, depth: int = 1) -> None:
        """A line that is made already, folded at the width of a terminal and whole in a pipe."""
        self._clear()
        indent = INDENT * depth
        if not self._live:
            click.echo(indent + line)
            return
        columns = min(shutil.get_terminal_size((COLUMNS_MAX, 24)).columns, COLUMNS_MAX)
        folded = textwrap.fill(
            line,
            columns,
            initial_indent=indent,
            subsequent_indent=indent + "  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        click.echo(folded)

    def command(self, line: str) -> None:
        """A command line, never folded, so that it can be copied."""
        self._clear()
        click.echo(click.style(f"{INDENT}$ {line}", dim=True))

    def passing(self, key: str, **values: Any) -> None:
        """What is being done right now; the next line takes its place. Silence in a pipe."""
        if self._live:
            self._clear()
            columns = shutil.get_terminal_size().columns
            click.echo((INDENT + self.text(key, **values))[: columns - 1], nl=False)
            sys.stdout.flush()
            self._passing = True

    def number(self, value: float) -> str:
        """A number as this language writes it: 1.200 and 30,5, or 1,200 and 30.5."""
        text = f"{value:,}".removesuffix(".0")
        return text.translate(_SWAPPED) if self.language == "id" else text

    def day(self, iso: str) -> str:
        """A date as this language writes it."""
        return "/".join(reversed(iso.split("-"))) if self.language == "id" else iso

    def _clear(self) -> None:
        if self._passing:
            click.echo("\r\x1b[2K", nl=False)
            self._passing = False
