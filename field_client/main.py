"""``tapak``: the command of a field device. Starts fast: a command is loaded when it is run."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from field_client import edge
from field_client.edge import Device, help_text
from field_client.settings import APP_VERSION

COMMANDS = (
    "enrol",
    "save",
    "attach",
    "import",
    "delete",
    "undelete",
    "move",
    "resolve",
    "list",
    "show",
    "conflicts",
    "sync",
    "bundle",
    "status",
    "agent",
    "doctor",
)
"""One module of ``field_client.commands`` each, in the order of the help page."""

MODULES = {"import": "import_list"}
"""Commands whose name no module can have."""


class Commands(click.Group):
    """Loads the module of a command only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of a field day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or ``None``."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"field_client.commands.{MODULES.get(cmd_name, cmd_name)}")
        command: click.Command = module.command
        return command


@click.group(cls=Commands, help=help_text("tapak"), context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="TAPAK_HOME",
    default=edge.default_home,
    help=help_text("home"),
)
@click.version_option(APP_VERSION, prog_name="tapak")
@click.pass_context
def tapak(ctx: click.Context, home: Path) -> None:
    """Open no file yet: ``--help`` of a command needs none."""
    ctx.obj = ctx.with_resource(Device(home))


def main(arguments: list[str] | None = None) -> None:
    """Run a command and leave with its exit code: 0 done, 1 failed, 2 wrong usage, 3 needs a person."""
    for stream in (sys.stdout, sys.stderr):
        # A narrow terminal encoding must not turn a stored save into an error.
        reconfigure: Any = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")
    sys.exit(edge.run(tapak, arguments))


if __name__ == "__main__":
    main()
