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
from server.app import SETTINGS_AT_INIT, files_of
from server.folder import Folder, write_private
from server.hub.attachment_care import mend_files
from server.hub.backup import PATTERN, Files, adopt, bring, contents_of
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
    """What a restored server has, and what it still misses.

    ``files_missing``: photos and documents that it had, and now asks its devices for.
    """

    lines: int
    records: int
    files: int
    files_missing: int
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
    with_files: bool = True,
    environ: Mapping[str, str] = os.environ,
) -> Restored:
    """Make ``data`` a server that goes on from ``backup``, as another own device.

    Photos and documents come from beside the backup; those that lie in ``data`` already are
    taken as well. ``with_files`` is false where none of this is to be done, for a drill.

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
    files = files_of(folder, settings_of.load(data, environ))
    _bring_keys(folder, keys, fresh_key)
    part = folder.database.with_name("restoring.db")
    _remove(part)
    write_private(part, b"")
    shutil.copyfile(backup, part)
    named = contents_of(SqliteCopies(part), part).files
    if with_files:
        bring(named, files.beside(backup), files.here, free_bytes_min=files.free_bytes_min)
    store = open_store(part)
    try:
        report = _brought_up_to_date(
            store, files, backup, mirror, device_id=device_id, now_ms=now_ms, with_files=with_files
        )
    finally:
        store.close()
    _put_in_place(part, folder.database)
    return report


def _brought_up_to_date(
    store: SqliteStore,
    files: Files,
    backup: Path,
    mirror: Path | None,
    *,
    device_id: str,
    now_ms: int,
    with_files: bool,
) -> Restored:
    shelf = FormShelf()
    # Younger backups beside this one may be restored one day as well: what is durable is in them.
    adopt(store, SqliteCopies(backup), files, [backup, *backup.resolve().parent.glob(PATTERN)])
    tally = take_mirror(store, shelf, stretches_in(mirror) if mirror else (), now_ms=now_ms)
    missing_files = mend_files(store, files.here, now_ms=now_ms) if with_files else []
    with store.write() as unit:
        unit.log.set_own_device(device_id, START)
    with store.read() as unit:
        lines, records = unit.backups.counts()
        missing, held = list(gaps(unit)), len(unit.log.held())
        kept = sum(1 for _ in unit.attachments.all())
    return Restored(
        lines=lines,
        records=records,
        files=kept,
        files_missing=len(missing_files),
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
        sealing_key = keys / folder.sealing_key.name
        if sealing_key.is_file():
            folder.sealing_key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(folder.sealing_key, sealing_key.read_bytes())
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
