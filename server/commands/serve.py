"""``tapak-server serve``: answer devices until Ctrl-C."""

import gc
import signal
from zoneinfo import ZoneInfo

import click

from server import logs
from server.app import Server
from server.commands.edge import now_ms, opened, said, talk
from server.jobs.backing_up import BackingUp
from sync.shown import time_text

_ALLOCATIONS_BETWEEN_COLLECTIONS = 10_000


@click.command("serve", help=said("server.help.serve"))
@click.option("--host", default="127.0.0.1", show_default=True, help=said("server.help.serve.host"))
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8350,
    show_default=True,
    help=said("server.help.serve.port"),
)
def command(host: str, port: int) -> None:
    """Listen, print the address, finish what runs when stopped."""
    from server.app import web_app
    from server.jobs.catching_up import CatchingUp
    from server.jobs.writing_back import WritingBack
    from server.listener import Listener

    with opened() as server:
        logs.configure(server.settings.log_format)
        try:
            listener = Listener(web_app(server, now_ms=now_ms), server.settings, host=host, port=port)
        except OSError as error:
            raise click.ClickException(
                said("server.error.port", host=host, port=port, reason=error.strerror)
            ) from error
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: listener.stop())
        zone = ZoneInfo(server.settings.time_zone)
        job = CatchingUp(server.store, server.shelf, lambda: time_text(now_ms(), zone)[:10])
        writing_back = WritingBack(server.store)
        job.start()
        writing_back.start()
        backing_up = _backups(server)
        _spare_what_is_loaded()
        click.echo(said("server.serve.listening", url=listener.address))
        listener.run()
        job.stop()
        writing_back.stop()
        if backing_up:
            backing_up.stop()
        talk("server.serve.stopped")


def _spare_what_is_loaded() -> None:
    """Keep the modules and tables of the whole run out of garbage collection.

    Going through them stopped every request for 50 ms, at every tenth large body. And a large
    body makes tens of thousands of objects that live to its end: they are not gone through
    again at every 700th.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS_BETWEEN_COLLECTIONS)


def _backups(server: Server) -> BackingUp | None:
    """The schedule of backups, started; ``None`` where PostgreSQL keeps the data."""
    if server.copies is None:
        return None
    settings = server.settings
    backing_up = BackingUp(
        server.store,
        server.copies,
        server.files,
        server.backup_folder,
        every_h=settings.backup_every_h,
        kept=settings.backups_kept,
        now_ms=now_ms,
    )
    backing_up.start()
    return backing_up
