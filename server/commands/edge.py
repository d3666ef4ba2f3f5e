"""What every command does at its edge: open the server, say what is wrong, print results.

Time and chance enter here.
"""

import json
import os
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from server.app import Server, open_server
from server.hub.errors import UsageError
from server.settings import BadSettings
from server.store.base import StoreError
from server.texts import text

NEEDS_A_PERSON = 3
"""Exit code: done, but something waits for a person."""

_PIECE_BYTES = 1024 * 1024


def language() -> str:
    """The language of help and talk: ``TAPAK_LANGUAGE``, else Indonesian."""
    return os.environ.get("TAPAK_LANGUAGE", "id")


def said(key: str, **values: Any) -> str:
    """A text in the operator's language."""
    return text(key, language(), **values)


def talk(key: str, **values: Any) -> None:
    """Say something to the operator, beside the results."""
    click.echo(said(key, **values), err=True)


def now_ms() -> int:
    """The wall clock."""
    return time.time_ns() // 1_000_000


def pieces_of(file: Path) -> Iterator[bytes]:
    """The bytes of a file, some at a time."""
    with file.open("rb") as reading:
        while piece := reading.read(_PIECE_BYTES):
            yield piece


def new_person_id() -> str:
    """``p`` and ten characters of base32, unpredictable."""
    return "p" + "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(10))


def salt() -> str:
    """22 unpredictable characters."""
    return secrets.token_urlsafe(16)


@contextmanager
def opened() -> Iterator[Server]:
    """The server of ``--data``; what cannot be done ends as one line and exit code 1."""
    with failing_politely():
        server = open_server(data_folder())
        try:
            yield server
        finally:
            server.close()


@contextmanager
def failing_politely() -> Iterator[None]:
    """Turn what a command may meet into its message."""
    try:
        yield
    except UsageError as error:
        raise click.ClickException(said(error.key, **error.values)) from error
    except BadSettings as error:
        raise click.ClickException(str(error)) from error
    except StoreError as error:
        raise click.ClickException(said("server.error.store", reason=error)) from error
    except UnicodeEncodeError as error:
        # Bytes on the command line that are no text of this terminal's encoding.
        raise click.ClickException(said("server.error.not-text")) from error
    except BrokenPipeError:
        raise  # whoever read the output has enough of it; click ends quietly
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise click.ClickException(said("server.error.file", file=error.filename, reason=reason)) from error


def data_folder() -> Path:
    """The folder that ``--data`` names."""
    folder: Path = click.get_current_context().find_root().obj
    return folder


def print_json(value: Any) -> None:
    """A result for a program."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


def print_rows(rows: Sequence[Sequence[Any]]) -> None:
    """A result for a person: columns under each other."""
    cells = [[_cell(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))] if cells else []
    for row in cells:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def end_with(code: int) -> None:
    """Leave with an exit code that is not 0."""
    sys.exit(code)


def _cell(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(str(item) for item in value) or "-"
    if isinstance(value, dict | bool):
        return json.dumps(value, ensure_ascii=False)
    return "-" if value in (None, "") else str(value).replace("\n", " / ")


as_json = click.option("--json", "json_wanted", is_flag=True, help=said("server.help.option.json"))
"""``--json``, the same on every command that has results."""

acting_person = click.option(
    "--as", "person", required=True, metavar="PERSON", help=said("server.help.option.as")
)
"""``--as PERSON``: who decides."""
