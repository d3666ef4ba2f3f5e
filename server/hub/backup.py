"""Backups: copies that were opened and verified before they are called one.

A copy that does not verify is kept beside, under another name, and moves nothing: the newest
saves may stand in it, and whoever repairs the damage wants it.

Photos and documents lie in one folder beside the copies, which those share: a file never
changes, so a backup adds what the folder lacks. They are on disk before the copy gets its name.
"""

import hashlib
import logging
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from server.attachments.base import AttachmentsFull, AttachmentStore
from server.hub.errors import UsageError
from server.hub.verify import verify_truth
from server.store.backups import BackupRow, Copies
from server.store.base import Store, StoreError, Unit
from sync.chain import Place

JOB = "backup"
LEASE_MS = 3_600_000
"""A process that claimed a backup and has not finished after an hour is gone."""

OLD_MS = 8 * 86_400_000
"""A last verified backup that is older than this is a warning."""

NAME = "tapak-{moment}.db"
PATTERN = "tapak-*.db"
UNVERIFIED = ".unverified"
FILES_FOLDER = "tapak-attachments"
"""Folder of photos and documents beside the copies that share it."""

_FINDINGS_SHOWN = 3

_log = logging.getLogger(__name__)


class Files(msgspec.Struct, frozen=True):
    """Where photos and documents lie: ``here`` the server's, ``beside(path)`` those of a copy.

    ``free_bytes_min`` stays free for the next copies of the text, which comes before photos.
    """

    here: AttachmentStore
    beside: Callable[[Path], AttachmentStore]
    free_bytes_min: int


class Contents(msgspec.Struct, frozen=True):
    """What a verified copy holds. ``tips``: the last complete lines of every device id.

    ``files``: the SHA-256 of every photo and document that the server had then. ``bundles``:
    those that were taken in, each with its files.
    """

    lines: int
    records: int
    tips: list[tuple[str, Place]]
    files: set[str]
    bundles: dict[str, tuple[str, ...]]


def name_at(now_ms: int) -> str:
    """The file name of a backup made at this moment."""
    return NAME.format(moment=datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y%m%d-%H%M%S"))


def back_up(store: Store, copies: Copies, files: Files, path: Path, *, now_ms: int) -> BackupRow:
    """Make a backup and note it, so that ``durable`` moves.

    Raises UsageError where ``path`` is taken, or the copy does not verify; StoreError.
    """
    path = path.resolve()
    row, contents = copy_verified(copies, files, path, now_ms=now_ms)
    with store.write() as unit:
        _note(unit, row, contents)
    return row


def _note(unit: Unit, row: BackupRow, contents: Contents) -> None:
    """Note a copy. A bundle is in it only with all its files, for then its carrier may delete it."""
    unit.backups.add(row, contents.tips, contents.files)
    whole = [sha256 for sha256, files in contents.bundles.items() if contents.files.issuperset(files)]
    unit.bundles.note_in(row.path, whole)


def copy_verified(copies: Copies, files: Files, path: Path, *, now_ms: int) -> tuple[BackupRow, Contents]:
    """A verified copy in a new file, complete on disk with its files or not there.

    Its ``files`` are those that lie beside it now. Raises UsageError, StoreError.
    """
    if path.exists():
        raise UsageError("server.error.backup-exists", path=path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    try:
        copies.make(part)
        contents = contents_of(copies, part)
        _sync(part)
        held = bring(contents.files, files.here, files.beside(path), free_bytes_min=files.free_bytes_min)
    except UsageError as error:
        part.replace(path.with_name(path.name + UNVERIFIED))
        raise UsageError(error.key, **{**error.values, "path": path}) from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sha256 = sha256_of(part)
    part.replace(path)
    _sync(path.parent)
    row = BackupRow(
        path=str(path),
        made_ms=now_ms,
        sha256=sha256,
        lines=contents.lines,
        records=contents.records,
        files=len(held),
        files_missing=len(contents.files) - len(held),
    )
    return row, msgspec.structs.replace(contents, files=held)


def bring(named: set[str], here: AttachmentStore, there: AttachmentStore, *, free_bytes_min: int) -> set[str]:
    """Add what is not there yet; which of the named files are there then.

    Text counts without its photos: a file that is gone or has no room keeps no backup from being.
    """
    held = named.intersection(there.all())
    try:
        for sha256 in sorted(named - held):
            if _took(there, sha256, here, free_bytes_min=free_bytes_min):
                held.add(sha256)
    except AttachmentsFull as error:
        _log.error("There is no room for the photos of a backup: %s", error)
    return held


def _took(there: AttachmentStore, sha256: str, here: AttachmentStore, *, free_bytes_min: int) -> bool:
    try:
        return there.take(sha256, here, free_bytes_min=free_bytes_min)
    except OSError as error:
        _log.error("The photo %s is not in the backup: %s", sha256, error)
        return False


def contents_of(copies: Copies, path: Path) -> Contents:
    """Open, check and count a copy. Raises UsageError where verifying finds something, StoreError."""
    with copies.open(path) as unit:
        findings = [f"{finding.code} {finding.subject}" for finding in verify_truth(unit)]
        if findings:
            shown = "; ".join(findings[:_FINDINGS_SHOWN])
            raise UsageError("server.error.backup-unverified", path=path, count=len(findings), findings=shown)
        return _counted(unit)


def _counted(unit: Unit) -> Contents:
    lines, records = unit.backups.counts()
    bundles = {row.sha256: row.files for row in unit.bundles.imported()}
    return Contents(lines, records, unit.backups.tips_now(), _files_in(unit), bundles)


def _files_in(unit: Unit) -> set[str]:
    return {row.sha256 for row in unit.attachments.all()}


def retire(store: Store, files: Files, folder: Path, *, kept: int) -> list[Path]:
    """Look which backups are still there, and delete from ``folder`` what is beyond ``kept``.

    What is deleted counts no longer before it goes: until then ``durable`` waits for it.
    A file elsewhere is somebody's own; it is left alone and, once beyond ``kept``, not counted.
    """
    refresh(store, files)
    with store.read() as unit:
        old = unit.backups.offered()[kept:]
    with store.write() as unit:
        for path in old:
            unit.backups.set_offered(path, False)
    ours = [Path(path) for path in old if Path(path).parent == folder.resolve()]
    for file in ours:
        file.unlink(missing_ok=True)
    with store.write() as unit:
        for path in old:
            unit.backups.forget(path)
    return ours


def prune(store: Store, copies: Copies, files: Files, folder: Path) -> list[str]:
    """Delete from beside the copies in ``folder`` the files that neither they nor the server name.

    Where one of the copies cannot be read, nothing is deleted.
    """
    there = files.beside(folder / PATTERN)
    with store.read() as unit:
        superfluous = set(there.all()) - _files_in(unit)
    copied = folder.glob("*.db") if superfluous else ()
    try:
        for path in copied:
            with copies.open(path) as unit:
                superfluous -= _files_in(unit)
    except StoreError as error:
        _log.error("Photos of old backups stay: %s", error)
        return []
    for sha256 in superfluous:
        there.delete(sha256)
    return sorted(superfluous)


def refresh(store: Store, files: Files) -> None:
    """A backup whose file is gone, or came back, is offered accordingly; so with its photos."""
    with store.read() as unit:
        changed = [
            (row.path, there) for row in unit.backups.all() if (there := _is_there(row, files)) != row.offered
        ]
    if changed:
        with store.write() as unit:
            for path, there in changed:
                unit.backups.set_offered(path, there)


def _is_there(row: BackupRow, files: Files) -> bool:
    path = Path(row.path)
    return path.is_file() and (row.files == 0 or any(True for _ in files.beside(path).all()))


def back_up_if_due(
    store: Store, copies: Copies, files: Files, folder: Path, *, every_h: int, kept: int, now_ms: int
) -> BackupRow | None:
    """The scheduled backup, made by the one process that claims it; ``None`` where none is due."""
    with store.write() as unit:
        if not unit.backups.claim(JOB, every_ms=every_h * 3_600_000, lease_ms=LEASE_MS, now_ms=now_ms):
            return None
    for stale in folder.glob(f"{PATTERN}.part*"):
        stale.unlink()  # of a process that was killed: this one alone has the claim
    row = back_up(store, copies, files, folder / name_at(now_ms), now_ms=now_ms)
    with store.write() as unit:
        unit.backups.done(JOB, now_ms=now_ms)
    retire(store, files, folder, kept=kept)
    prune(store, copies, files, folder)
    return row


def adopt(store: Store, copies: Copies, files: Files, paths: Iterable[Path]) -> list[Path]:
    """Note backups that this database does not know of; those that could not be read are left out.

    A restored database knows only of older ones; what is younger than itself counts as well.
    The oldest come first: what a younger one has is told from what the older ones had. Their
    lines were verified before they got their names, and are not read again: of fourteen
    backups that would take longer than all else of a restore.
    """
    adopted = []
    with store.read() as unit:
        known = {row.path for row in unit.backups.all()}
    strange = {one.resolve() for one in paths if one.is_file()}
    for path in sorted(strange, key=lambda path: (path.stat().st_mtime_ns, path)):
        if str(path) in known:
            continue
        try:
            with copies.open(path) as copy:
                contents = _counted(copy)
        except (StoreError, OSError):
            continue
        made_ms = path.stat().st_mtime_ns // 1_000_000
        held = contents.files.intersection(files.beside(path).all())
        row = BackupRow(
            path=str(path),
            made_ms=made_ms,
            sha256=sha256_of(path),
            lines=contents.lines,
            records=contents.records,
            files=len(held),
            files_missing=len(contents.files) - len(held),
        )
        with store.write() as unit:
            _note(unit, row, msgspec.structs.replace(contents, files=held))
        adopted.append(path)
    return adopted


def is_old(store: Store, *, now_ms: int) -> bool:
    """Whether the last verified backup that is still there is older than 8 days, or there is none.

    A server that has no line yet has nothing to lose: it is not warned in its first minute.
    """
    with store.read() as unit:
        made = [row.made_ms for row in unit.backups.all() if row.offered]
        if not made:
            return any(True for _ in unit.log.all_lines())
    return now_ms - made[0] > OLD_MS


def sha256_of(path: Path) -> str:
    """Hash of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    """Put a file's bytes, or a folder's names, on disk. Windows knows no folders to sync."""
    if path.is_dir() and os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
