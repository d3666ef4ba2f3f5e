"""``python -m deploy.field_day``: what ``make run`` runs. Options, Ctrl-C, and how it ends."""

import signal
import sys
from pathlib import Path
from typing import Any

import click

from deploy.field_day import play
from deploy.field_day.commands import CommandFailed, short
from deploy.field_day.screen import Screen
from field_client.database import StoreProblem
from field_client.errors import CommandProblem
from field_client.texts import text
from server.settings import Settings

DEFAULT_PORT = int(Settings().url.rpartition(":")[2])
SCREEN = Screen()


@click.command(help=SCREEN.text("help"))
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("data/field-day"),
    show_default=True,
    help=SCREEN.text("help.data"),
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help=SCREEN.text("help.port"),
)
@click.option("--no-serve", is_flag=True, help=SCREEN.text("help.no-serve"))
def main(data: Path, port: int, no_serve: bool) -> None:
    """Play the day or go on with it, then serve until Ctrl-C; that is a good end as well."""
    for stream in (sys.stdout, sys.stderr):
        # A narrow terminal encoding must not end the day.
        reconfigure: Any = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        play.day(data, SCREEN, port=port, serve=not no_serve)
    except KeyboardInterrupt:
        SCREEN.put("")
        SCREEN.say("stopped", data=short(data))
    except CommandFailed as error:
        raise click.ClickException(str(error)) from error
    except CommandProblem as problem:
        raise click.ClickException(text(problem.key, SCREEN.language, **problem.values)) from problem
    except StoreProblem as problem:
        key = f"client.store.{problem.code}"
        raise click.ClickException(text(key, SCREEN.language, detail=problem.detail)) from problem


def _interrupt(number: int, frame: object) -> None:
    """The first Ctrl-C ends the day; further ones must not disturb the tidying up."""
    for again in (signal.SIGINT, signal.SIGTERM):
        signal.signal(again, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
