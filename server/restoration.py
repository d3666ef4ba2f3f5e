"""A data folder is made again: from a backup, the mirror, and keys that were kept elsewhere.

Everything happens in a file beside the database's place and is renamed at the end, so a run
that is killed leaves nothing that could be taken for a server.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec

from server import settings as settings_of
from server.app import SETTINGS_AT_INIT
from server.folder import Folder, write_private
from server.hub.backup import PATTERN, adopt, contents_of
from server.hub.errors import UsageError
from server.hub.forms import FormShelf
from server.hub.restoring import Gap, Tally, gaps, take_mirror
from server.hub.verify import Finding, verify
from server.settings import Settings
from server.store.mirror import stretches_in
from server.store.sqlite.copies import SqliteCopies
from server.store.sqlite.database import SqliteStore, open_store
from sync.chain import START


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What a restored server has, and what it still misses."""

    lines: int
    records: int
    mirror: Tally
    gaps: list[Gap]
    held: int
    findings: list[Finding]


def restore(
    data: Path,
    backup: Path,
    *,
    mirror: Path | None,
    keys: Path | None,
    fresh_key: bytes | None,
    device_id: str,
    now_ms: int,
    environ: Mapping[str, str] = os.environ,
) -> Restored:
    """Make ``data`` a server that goes on from ``backup``, as another own device.

    ``keys``: a folder with ``token.key``, and maybe ``settings.toml``; without it what stands
    in ``data`` is kept, and without that ``fresh_key`` is used, which no device knows.
    Raises UsageError, StoreError, OSError; then the folder holds no database.
    """
    folder = Folder(data)
    if folder.database.exists() and folder.database.stat().st_size > 0:
        raise UsageError("server.error.restore-not-empty", path=folder.database)
    if settings_of.load(data, environ).database_url:
        raise UsageError("server.error.backup-postgres")
    if mirror is not None and not mirror.is_dir():
        raise UsageError("server.error.restore-no-mirror", path=mirror)
    _bring_keys(folder, keys, fresh_key)
    part = folder.database.with_name("restoring.db")
    _remove(part)
    write_private(part, b"")
    shutil.copyfile(backup, part)
    contents_of(SqliteCopies(part), part)
    store = open_store(part)
    try:
        report = _brought_up_to_date(store, backup, mirror, device_id=device_id, now_ms=now_ms)
    finally:
        store.close()
    _put_in_place(part, folder.database)
    return report


def _brought_up_to_date(
    store: SqliteStore, backup: Path, mirror: Path | None, *, device_id: str, now_ms: int
) -> Restored:
    shelf = FormShelf()
    # Younger backups beside this one may be restored one day as well: what is durable is in them.
    adopt(store, SqliteCopies(backup), [backup, *sorted(backup.resolve().parent.glob(PATTERN))])
    tally = take_mirror(store, shelf, stretches_in(mirror) if mirror else (), now_ms=now_ms)
    with store.write() as unit:
        unit.log.set_own_device(device_id, START)
    with store.read() as unit:
        lines, records = unit.backups.counts()
        missing, held = list(gaps(unit)), len(unit.log.held())
    return Restored(
        lines=lines,
        records=records,
        mirror=tally,
        gaps=missing,
        held=held,
        findings=list(verify(store, shelf)),
    )


def _bring_keys(folder: Folder, keys: Path | None, fresh_key: bytes | None) -> None:
    key = folder.token_key.read_bytes() if folder.token_key.exists() else fresh_key
    if keys is not None:
        source = keys / "token.key"
        if not source.is_file():
            raise UsageError("server.error.restore-no-key", path=source)
        key = source.read_bytes()
    if key is None:
        raise UsageError("server.error.restore-no-key", path=folder.token_key)
    folder.make(key, embedded=False)
    if folder.token_key.read_bytes() != key:
        write_private(folder.token_key, key)
    settings = folder.path / settings_of.FILE_NAME
    if settings.exists():
        return
    if keys is not None and (keys / settings_of.FILE_NAME).is_file():
        write_private(settings, (keys / settings_of.FILE_NAME).read_bytes())
    else:
        defaults = Settings()
        settings_of.write(folder.path, {name: getattr(defaults, name) for name in SETTINGS_AT_INIT})


def _put_in_place(part: Path, database: Path) -> None:
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    _remove(database)
    part.replace(database)


def _remove(database: Path) -> None:
    for path in (database, *database.parent.glob(database.name + "-*")):
        path.unlink(missing_ok=True)
