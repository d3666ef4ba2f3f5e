"""Where a command meets the world: its folder, clock, chance, language, output and exit code."""

import os
import shutil
import sys
import time
from collections.abc import Mapping
from datetime import tzinfo
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
import msgspec
from sqlite_utils import Database

from field_client import facts
from field_client.database import StoreProblem, open_device
from field_client.errors import FAILED, CommandProblem, wrong_usage
from field_client.settings import CARRIED_FOLDER_NAME, FOLDER_NAME, TIME_ZONE, TIME_ZONE_VARIABLE
from field_client.texts import LANGUAGE_VARIABLE, text
from sync.revision import LimitExceeded

if TYPE_CHECKING:
    from field_client.asking import Around
    from field_client.transport import Transport

NEEDS_A_PERSON = 3


class Device:
    """The device in a folder, opened when first used and closed with the command."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.language = language()

    def __enter__(self) -> "Device":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if "db" in self.__dict__:
            self.db.close()

    @cached_property
    def db(self) -> Database:
        """The database. Raises StoreProblem."""
        return open_device(self.home)

    @property
    def zone(self) -> tzinfo:
        """Time zone of shown times. Raises CommandProblem for one that nobody knows."""
        name = os.environ.get(TIME_ZONE_VARIABLE) or TIME_ZONE
        try:
            return ZoneInfo(name)
        except (ValueError, ZoneInfoNotFoundError) as error:
            raise wrong_usage("client.time-zone-unknown", name=name, variable=TIME_ZONE_VARIABLE) from error

    def text(self, key: str, **values: Any) -> str:
        """A text in the language of this run."""
        return text(key, self.language, **values)

    def say(self, key: str, **values: Any) -> None:
        """Talk, on stderr: results stand on stdout alone."""
        click.echo(self.text(key, **values), err=True)

    def around(self) -> "Around":
        """The world around a run of ``sync``."""
        from field_client.ahead import in_background
        from field_client.asking import Around

        return Around(
            clock=now_ms,
            random_bytes=os.urandom,
            sleep=time.sleep,
            free_mb=self.free_mb,
            attachments=self.attachments,
            carried=self.carried,
            meanwhile=in_background,
        )

    @property
    def attachments(self) -> Path:
        """The folder of photos and documents."""
        return self.home / FOLDER_NAME

    @property
    def carried(self) -> Path:
        """The folder of files that this device carries for others."""
        return self.home / CARRIED_FOLDER_NAME

    def free_bytes(self) -> int:
        """Room on the disk of the device's folder."""
        return shutil.disk_usage(self.home).free

    def free_mb(self) -> int | None:
        """The same, as the server is told it."""
        try:
            return self.free_bytes() // 1_000_000
        except OSError:
            return None

    def transport(self) -> "Transport":
        """The way to the server. Raises CommandProblem before enrolment."""
        from field_client.transport import Transport

        url, token = facts.get(self.db, facts.URL), facts.get(self.db, facts.TOKEN)
        if url is None or token is None:
            raise CommandProblem("client.nobody-enrolled")
        return Transport(url, token)


def now_ms() -> int:
    """The wall clock in ms; never before 1970, whatever the clock says."""
    return max(0, time.time_ns() // 1_000_000)


def language() -> str:
    """The language of this run: Indonesian unless ``TAPAK_LANGUAGE`` says ``en``."""
    return os.environ.get(LANGUAGE_VARIABLE, "id").lower()[:2]


def help_text(name: str, **values: Any) -> str:
    """The help of a command or an option."""
    return text(f"client.help.{name}", language(), **values)


def default_home() -> Path:
    """Where the device keeps its data unless ``--home`` or ``TAPAK_HOME`` says otherwise."""
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home()))) / "tapak"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "tapak"
    return Path(os.environ.get("XDG_DATA_HOME", str(Path.home() / ".local" / "share"))) / "tapak"


def put_json(value: Any) -> None:
    """A result on stdout, one line."""
    click.echo(msgspec.json.encode(value).decode())


def table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """A table on stdout, as wide as the terminal allows."""
    from rich.console import Console
    from rich.table import Table

    shown = Table(title=title or None, title_justify="left")
    for index, column in enumerate(columns):
        # A record id that is cut off or broken cannot be copied into the next command.
        shown.add_column(column, overflow="fold", no_wrap=index == 0)
    for row in rows:
        shown.add_row(*row)
    Console(markup=False, highlight=False).print(shown)


def run(command: click.Command, arguments: list[str] | None) -> int:
    """Run a command; its exit code. Everything foreseen ends as a sentence, not as a traceback."""
    try:
        outcome = command.main(arguments, prog_name="tapak", standalone_mode=False)
        return outcome if isinstance(outcome, int) else 0
    except CommandProblem as problem:
        return _fail(problem.key, problem.values, problem.exit_code)
    except LimitExceeded as error:
        return _fail("client.save.limit", {"reason": str(error)}, FAILED)
    except StoreProblem as problem:
        return _fail(f"client.store.{problem.code}", {"detail": problem.detail}, FAILED)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _fail("client.interrupted", {}, FAILED)


def _fail(key: str, values: Mapping[str, Any], exit_code: int) -> int:
    click.echo(text(key, language(), **values), err=True)
    return exit_code
