"""The command ``tapak-server``. A command's module is imported when it is used or listed."""

from importlib import import_module
from pathlib import Path

import click

from server.commands.edge import said

COMMANDS = {
    "init": "init",
    "serve": "serve",
    "person": "person",
    "enrol": "enrol",
    "device": "device",
    "form": "form",
    "area": "area",
    "record": "record",
    "held": "held",
    "bundle": "bundle",
    "flag": "flag",
    "conflicts": "conflicts",
    "resolve": "resolve",
    "export": "export",
    "import": "import_list",
    "rebuild": "rebuild",
    "verify": "verify",
    "backup": "backup",
    "restore": "restore",
    "doctor": "doctor",
}
"""Command name -> module in ``server/commands``, which holds ``command``."""


class Commands(click.Group):
    """A group whose commands are looked up in ``COMMANDS``, in that order."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"server.commands.{COMMANDS[cmd_name]}").command
        return command


@click.command(cls=Commands, name="tapak-server", help=said("server.help"))
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("data"),
    show_default=True,
    envvar="TAPAK_DATA",
    show_envvar=True,
    help=said("server.help.option.data"),
)
@click.version_option(package_name="tapak", prog_name="tapak-server")
@click.pass_context
def main(context: click.Context, data: Path) -> None:
    """Everything that an operator of a Tapak server does."""
    context.obj = data
