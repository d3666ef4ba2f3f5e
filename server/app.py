"""Wiring: the data folder's store, the use cases and HTTP become one server.

Nothing else puts concrete parts together; a test builds its server here as well.
"""

import os
import secrets
import time
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from server import settings as settings_of
from server.attachments.base import AttachmentStore
from server.attachments.folder import FolderAttachments
from server.folder import Folder
from server.hub.attachments import Limits, Uploads
from server.hub.backup import FILES_FOLDER, Files, adopt, copy_verified
from server.hub.errors import UsageError
from server.hub.forms import FormShelf
from server.settings import Settings
from server.store.backups import Copies
from server.store.base import Store
from server.store.mirror import Mirror, MirroredStore
from server.store.sqlite import database as sqlite
from server.store.sqlite.copies import SqliteCopies
from server.store.sqlite.health import is_blank, pending
from sync.chain import START

if TYPE_CHECKING:
    from flask import Flask

    from server.api.context import Context as ApiContext
    from server.hub.bundles import Bundles
    from server.hub.passwords import Passwords
    from server.hub.sealing import SealingKey

SETTINGS_AT_INIT = ("name", "url", "time_zone", "practice")
"""Settings that ``init`` writes down, so that an operator finds them in the file."""


class Server(msgspec.Struct, frozen=True):
    """The open parts of a data folder. Close it when done."""

    folder: Folder
    settings: Settings
    store: Store
    shelf: FormShelf
    token_key: bytes
    attachments: AttachmentStore
    copies: Copies | None = None

    @property
    def backup_folder(self) -> Path:
        """Where scheduled backups go."""
        return backup_folder(self.folder, self.settings)

    @property
    def files(self) -> Files:
        """Photos and documents, and where backups put them."""
        return files_of(self.folder, self.settings)

    @property
    def sealing_key(self) -> "SealingKey":
        """What opens restricted answers in a file that others carried."""
        return _sealing_key(self.folder)

    def close(self) -> None:
        """Close the store."""
        self.store.close()


def initialise(
    data: Path,
    *,
    url: str | None,
    practice: bool,
    token_key: bytes,
    device_id: str,
    environ: Mapping[str, str] = os.environ,
) -> bool:
    """Make a data folder ready: keys, settings, database, own device. False where it was.

    ``token_key`` and ``device_id`` are fresh; they are used only where none are there yet.
    """
    folder = Folder(data)
    settings = settings_of.load(data, environ)
    embedded = not settings.database_url
    _guard_what_is_there(folder, settings)
    fresh = not folder.initialised(embedded=embedded)
    folder.make(token_key, embedded=embedded)
    _sealing_key(folder)
    if not (data / settings_of.FILE_NAME).exists():
        defaults = Settings()
        chosen = {name: getattr(defaults, name) for name in SETTINGS_AT_INIT}
        settings_of.write(data, chosen | {"practice": practice} | ({"url": url.rstrip("/")} if url else {}))
    store = _open_store(folder, settings)
    try:
        with store.write() as unit:
            if unit.log.own_device() is None:
                unit.log.set_own_device(device_id, START)
    finally:
        store.close()
    return fresh


def open_server(data: Path, environ: Mapping[str, str] = os.environ) -> Server:
    """The server of a data folder. Raises UsageError where ``init`` has not been run."""
    folder = Folder(data)
    settings = settings_of.load(data, environ)
    if not folder.initialised(embedded=not settings.database_url):
        raise UsageError("server.error.not-initialised")
    store = _open_store(folder, settings)
    if settings.database_url and not _has_own_device(store):
        store.close()
        raise UsageError("server.error.not-initialised")
    return Server(
        folder,
        settings,
        store,
        FormShelf(),
        folder.token_key.read_bytes(),
        FolderAttachments(folder.attachments),
        None if settings.database_url else SqliteCopies(folder.database),
    )


def web_app(server: Server, *, now_ms: Callable[[], int], passwords: "Passwords | None" = None) -> "Flask":
    """The Flask application over a server. ``passwords``: of a lower cost, for tests."""
    from flask import Flask

    from server.api import logged, metrics, moved
    from server.api.bodies import finish
    from server.api.failures import handle_failures

    app = Flask("server", static_folder=None, template_folder=None)
    _add_api(app, server, now_ms=now_ms)
    _add_console(app, server, now_ms=now_ms, passwords=passwords)
    handle_failures(app)
    moved.send_on(app)
    metrics.count_requests(app)
    logged.log_requests(app, each=server.settings.log_format == "json")
    app.after_request(finish)
    return app


def _add_api(app: "Flask", server: Server, *, now_ms: Callable[[], int]) -> None:
    from server.api import (
        attachments,
        bundles,
        catalogue,
        enrol,
        health,
        metrics,
        openapi,
        records,
        sync,
        tus,
    )
    from server.api.context import EXTENSION

    app.extensions[EXTENSION] = _api_context(server, now_ms)
    for module in (sync, tus, attachments, bundles, enrol, catalogue, records, health, metrics, openapi):
        app.register_blueprint(module.blueprint)


def _api_context(server: Server, now_ms: Callable[[], int]) -> "ApiContext":
    from server.api.context import Context as ApiContext
    from server.api.requests import Requests
    from server.hub.enrolment import Guesses
    from server.hub.figures import FigureCache

    bundles = bundles_of(server, now_ms=now_ms)
    return ApiContext(
        store=server.store,
        shelf=server.shelf,
        settings=server.settings,
        token_key=server.token_key,
        guesses=Guesses(server.settings.enrolment_failures_per_minute),
        attachments=server.attachments,
        uploads=_uploads(server, bundles, now_ms),
        bundles=bundles,
        sealing_key=server.sealing_key,
        now_ms=now_ms,
        monotonic_s=time.perf_counter,
        new_request_id=lambda: secrets.token_hex(8),
        requests=Requests(),
        figures=FigureCache(server.store, now_ms=now_ms),
        store_bytes=lambda: _store_bytes(server),
        version=_version(),
    )


def _store_bytes(server: Server) -> int | None:
    """Bytes of the database file and of what is not yet written back into it."""
    if server.settings.database_url:
        return None
    database = server.folder.database
    files = (database, database.with_name(f"{database.name}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def _version() -> str:
    """The version that is installed; empty where the code runs without having been."""
    try:
        return version("tapak")
    except PackageNotFoundError:
        return ""


def bundles_of(server: Server, *, now_ms: Callable[[], int]) -> "Bundles":
    """Files that others carried, of this server."""
    from server.hub.bundles import Bundles, Limits

    settings = server.settings
    limits = Limits(
        inflated_bytes_max=settings.bundle_inflated_bytes_max,
        lines_max=settings.bundle_lines_max,
        attachment_bytes_max=settings.attachment_bytes_max,
        free_bytes_min=settings.attachment_free_bytes_min,
    )
    return Bundles(
        server.store,
        server.shelf,
        server.attachments,
        server.sealing_key,
        limits,
        mint=secrets.token_urlsafe,
        now_ms=now_ms,
    )


def _sealing_key(folder: Folder) -> "SealingKey":
    # Imported here: most commands open no file of others, and the library takes its time.
    from server.hub.sealing import SealingKey, new_key

    return SealingKey(folder.kept_sealing_key(new_key))


def _uploads(server: Server, bundles: "Bundles", now_ms: Callable[[], int]) -> Uploads:
    settings = server.settings
    limits = Limits(
        bytes_max=settings.attachment_bytes_max,
        bundle_bytes_max=settings.bundle_bytes_max,
        free_bytes_min=settings.attachment_free_bytes_min,
        valid_ms=settings.attachment_upload_valid_h * 3_600_000,
    )
    return Uploads(
        server.store, server.attachments, bundles, limits, mint=secrets.token_urlsafe, now_ms=now_ms
    )


def _add_console(
    app: "Flask", server: Server, *, now_ms: Callable[[], int], passwords: "Passwords | None"
) -> None:
    from server.console.context import Context
    from server.console.site import add_console
    from server.hub.enrolment import Guesses
    from server.hub.passwords import Passwords

    context = Context(
        store=server.store,
        shelf=server.shelf,
        settings=server.settings,
        attachments=server.attachments,
        token_key=server.token_key,
        passwords=passwords or Passwords(),
        failures=Guesses(server.settings.login_failures_per_minute),
        now_ms=now_ms,
        mint=secrets.token_urlsafe,
        choose=secrets.choice,
    )
    add_console(app, context)


def _open_store(folder: Folder, settings: Settings) -> Store:
    if not settings.database_url:
        return _mirrored(_open_file(folder, settings), settings)
    try:
        from server.store.postgres import database as postgres
    except ImportError as error:  # psycopg is an extra
        raise UsageError("server.error.postgres-not-installed") from error
    return _mirrored(postgres.open_store(settings.database_url, connections_max=settings.threads), settings)


def _open_file(folder: Folder, settings: Settings) -> Store:
    """The store in the file; what an update changes of it is changed after a verified backup."""
    made = []
    if folder.database.exists() and folder.database.stat().st_size > 0:
        copies = SqliteCopies(folder.database)
        if (waiting := pending(folder.database)) and not is_blank(folder.database):
            name = f"tapak-before-{waiting[0]}.db"
            made.append(_unused(backup_folder(folder, settings) / name))
            copy_verified(copies, files_of(folder, settings), made[0], now_ms=0)
    store = sqlite.open_store(folder.database)
    if made:
        adopt(store, copies, files_of(folder, settings), made)
    return store


def _unused(path: Path) -> Path:
    """The path, or the next that nothing has: a start that was killed may have left its backup."""
    number = 1
    unused = path
    while unused.exists():
        number += 1
        unused = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return unused


def backup_folder(folder: Folder, settings: Settings) -> Path:
    """The folder of scheduled backups."""
    return Path(settings.backup_folder) if settings.backup_folder else folder.backups


def files_of(folder: Folder, settings: Settings) -> Files:
    """Photos and documents of a data folder, and where backups put them."""
    return Files(
        FolderAttachments(folder.attachments),
        lambda backup: FolderAttachments(backup.parent / FILES_FOLDER),
        settings.attachment_free_bytes_min,
    )


def _mirrored(store: Store, settings: Settings) -> Store:
    return MirroredStore(store, Mirror(Path(settings.mirror_folder))) if settings.mirror_folder else store


def _guard_what_is_there(folder: Folder, settings: Settings) -> None:
    """Raise UsageError where ``init`` would part a database from its key, or leave one behind."""
    filled = folder.database.exists() and folder.database.stat().st_size > 0
    if settings.database_url:
        if filled:
            raise UsageError("server.error.two-databases", path=folder.database)
        store = _open_store(folder, settings)
        filled = _has_own_device(store)
        store.close()
    if filled and not folder.token_key.exists():
        raise UsageError("server.error.key-missing", path=folder.token_key)


def _has_own_device(store: Store) -> bool:
    with store.read() as unit:
        return unit.log.own_device() is not None
