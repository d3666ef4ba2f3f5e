"""Commands inside this process, and how a reader types them."""

import contextlib
import io
import sys
from collections.abc import Sequence
from pathlib import Path

import click


class CommandFailed(Exception):
    """A command did not end well; the text is what it said."""


def invoke(command: click.Command, words: Sequence[str]) -> str:
    """Run a command of ours in this process; what it printed as its result.

    Raises CommandFailed, and whatever of its own package the command does not foresee.
    """
    out, talk = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(talk):
        try:
            command.main(list(words), standalone_mode=False)
        except click.Abort as error:
            raise KeyboardInterrupt from error
        except click.ClickException as error:
            raise CommandFailed(error.format_message()) from error
        except SystemExit as end:
            # 3: done, but something waits for a person.
            if end.code not in (0, 3):
                raise CommandFailed(talk.getvalue()) from end
    return out.getvalue()


def program(name: str) -> str:
    """A command of this installation, as it is typed from the present folder."""
    return short(Path(sys.executable).with_name(name))


def short(path: Path) -> str:
    """A path relative to the present folder where it lies inside."""
    here = Path.cwd()
    absolute = path if path.is_absolute() else here / path
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(absolute)
