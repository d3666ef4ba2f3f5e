"""``tapak-server init``: a data folder is made ready."""

import secrets

import click

from server.app import initialise
from server.commands.edge import data_folder, failing_politely, said, talk
from server.folder import TOKEN_KEY_BYTES


@click.command("init", help=said("server.help.init"))
@click.option("--url", metavar="URL", help=said("server.help.init.url"))
@click.option("--practice", is_flag=True, help=said("server.help.init.practice"))
def command(url: str | None, practice: bool) -> None:
    """Make keys, settings and database."""
    data = data_folder()
    with failing_politely():
        fresh = initialise(
            data,
            url=url,
            practice=practice,
            token_key=secrets.token_bytes(TOKEN_KEY_BYTES),
            device_id=secrets.token_urlsafe(12),
        )
    talk("server.init.done" if fresh else "server.init.already", data=data)
