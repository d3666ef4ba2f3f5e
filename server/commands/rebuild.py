"""``tapak-server rebuild``: caches are made again from the lines."""

import click

from server.commands.edge import now_ms, opened, said, talk
from server.hub.attachment_care import mend_attachments
from server.hub.verify import rebuild


@click.command("rebuild", help=said("server.help.rebuild"))
def command() -> None:
    """Make the caches again."""
    with opened() as server:
        changed = rebuild(server.store, server.shelf, now_ms=now_ms())
        changed += mend_attachments(server.store, server.attachments, now_ms=now_ms())
    talk("server.rebuild.done", count=changed)
