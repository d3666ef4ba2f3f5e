"""``tapak-server doctor``: is this server fit for a field day?"""

import shutil
import tempfile
from collections.abc import Generator, Iterator
from itertools import chain
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import msgspec

from server.app import Server, open_server
from server.commands.edge import NEEDS_A_PERSON, data_folder, end_with, failing_politely, now_ms, opened, said
from server.folder import Folder
from server.hub.backup import is_old, refresh, sha256_of
from server.hub.confirming import unconfirmed
from server.restoration import restore
from server.settings import load
from server.store.base import StoreError
from server.store.mirror import JOB as MIRROR
from sync.shown import time_text

DISK_FREE_BYTES_MIN = 2 * 1024**3
"""Below this much free disk a season's photos may not fit."""


class Check(msgspec.Struct, frozen=True):
    """One line of the report. ``broken`` fails the run, ``attention`` asks for a person."""

    key: str
    fine: bool
    broken: bool = False
    values: dict[str, object] = {}


@click.command("doctor", help=said("server.help.doctor"))
@click.option("--drill", is_flag=True, help=said("server.help.doctor.drill"))
def command(drill: bool) -> None:
    """Print what is well and what is not."""
    found = []
    with failing_politely():
        for check in chain(checks(), _drill() if drill else ()):
            found.append(check)
            mark = "ok  " if check.fine else "GAGAL" if check.broken else "!   "
            click.echo(f"{mark:5} {said(check.key, **check.values)}")
    if any(check.broken for check in found if not check.fine):
        end_with(1)
    if not all(check.fine for check in found):
        end_with(NEEDS_A_PERSON)


def checks() -> Iterator[Check]:
    """Every check, cheapest first; later ones need the earlier ones."""
    folder = Folder(data_folder())
    embedded = not load(folder.path).database_url
    ready = folder.initialised(embedded=embedded)
    yield Check("server.doctor.folder", ready, True, {"path": folder.path})
    if not ready:
        return
    others = ", ".join(str(path) for path in folder.open_to_others())
    yield Check("server.doctor.private", not others, values={"paths": others or "-"})
    sound = yield from _file(folder) if embedded else _postgres()
    if sound:
        yield from _contents()
    free = shutil.disk_usage(folder.path).free
    yield Check("server.doctor.disk", free >= DISK_FREE_BYTES_MIN, values={"mib": free // 1024**2})


def _file(folder: Folder) -> Generator[Check, None, bool]:
    """Checks of the file; whether it can be opened as it is."""
    from server.store.sqlite.health import damage, pending

    try:
        damaged, waiting = damage(folder.database), pending(folder.database)
    except StoreError as error:
        damaged, waiting = [str(error)], []
    yield Check("server.doctor.integrity", not damaged, True, {"damage": "; ".join(damaged[:3]) or "-"})
    yield Check("server.doctor.migrations", not waiting, values={"pending": ", ".join(waiting) or "-"})
    return not damaged and not waiting


def _postgres() -> Generator[Check, None, bool]:
    """Whether the database can be opened; that brings its structure up to date."""
    problem = ""
    try:
        open_server(data_folder()).close()
    except StoreError as error:
        problem = str(error)
    yield Check("server.doctor.postgres", not problem, True, {"problem": problem or "-"})
    return not problem


def _contents() -> Iterator[Check]:
    with opened() as server, server.store.read() as unit:
        forms = len(unit.catalogue.current_forms())
        areas = unit.catalogue.area_count()
        persons = len(unit.people.persons())
        held = len(unit.log.held())
        waiting = len(unconfirmed(unit))
    yield Check("server.doctor.forms", forms > 0, values={"count": forms})
    yield Check("server.doctor.areas", areas > 0, values={"count": areas})
    yield Check("server.doctor.persons", persons > 0, values={"count": persons})
    yield Check("server.doctor.held", held == 0, values={"count": held})
    yield Check("server.doctor.unconfirmed", waiting == 0, values={"count": waiting})
    yield from _copies(server)


def _copies(server: Server) -> Iterator[Check]:
    """Whether there is a young backup, and a whole mirror."""
    zone = ZoneInfo(server.settings.time_zone)
    with opened() as here:
        if here.copies is not None:
            refresh(here.store, here.files)
            with here.store.read() as unit:
                rows = [row for row in unit.backups.all() if row.offered]
            made = [row.made_ms for row in rows]
            old = is_old(here.store, now_ms=now_ms())
            values: dict[str, object] = {"made": time_text(made[0], zone) if made else "-"}
            yield Check("server.doctor.backup", not old, values=values)
            lacking = next((row.files_missing for row in rows), 0)
            yield Check("server.doctor.backup-files", not lacking, values={"count": lacking})
        if here.settings.mirror_folder:
            with here.store.read() as unit:
                since_ms = unit.backups.behind_since(MIRROR)
            values = {"since": time_text(since_ms, zone) if since_ms is not None else "-"}
            yield Check("server.doctor.mirror", since_ms is None, values=values)


def _drill() -> Iterator[Check]:
    """Restore the newest backup elsewhere, verify it, and compare it with what was noted of it."""
    with opened() as server:
        refresh(server.store, server.files)
        with server.store.read() as unit:
            noted = next((row for row in unit.backups.all() if row.offered), None)
        keys = server.folder.token_key.parent
        whole = 0 if noted is None else _whole_files(server, Path(noted.path))
    if noted is None:
        yield Check("server.doctor.drill", False, True, {"result": said("server.doctor.drill.none")})
        return
    with tempfile.TemporaryDirectory(prefix="tapak-drill-") as folder:
        restored = restore(
            Path(folder) / "data",
            Path(noted.path),
            mirror=None,
            keys=keys,
            fresh_key=None,
            device_id="drill",
            now_ms=now_ms(),
            with_files=False,
            environ={},
        )
    same = (restored.lines, restored.records, whole) == (noted.lines, noted.records, noted.files)
    fine = same and not restored.findings and sha256_of(Path(noted.path)) == noted.sha256
    result = said(
        "server.doctor.drill.same" if fine else "server.doctor.drill.differs",
        path=noted.path,
        lines=restored.lines,
        records=restored.records,
        lines_noted=noted.lines,
        records_noted=noted.records,
        files=whole,
        files_noted=noted.files,
        findings=len(restored.findings),
    )
    yield Check("server.doctor.drill", fine, True, {"result": result})


def _whole_files(server: Server, backup: Path) -> int:
    """How many of a backup's files lie beside it and are what their names say."""
    if server.copies is None:
        return 0
    there = server.files.beside(backup)
    with server.copies.open(backup) as unit:
        return sum(there.is_whole(row.sha256) for row in unit.attachments.all())
