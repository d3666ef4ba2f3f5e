"""A18 and A19: the server's disk is gone; yesterday's backup, the mirror and the phones remain."""

from __future__ import annotations

import shutil
from pathlib import Path

from field_client import facts
from server.app import Server, open_server, web_app
from server.hub.backup import back_up
from server.hub.console import Choice, resolve
from server.hub.verify import verify
from server.restoration import Restored, restore
from sync.chain import START
from tests.scenarios.conftest import Field

VILLAGE = "62.02.01.2004"
MIRROR = "mirror"


def with_mirror(world: Field) -> Path:
    """The server keeps a mirror from now on."""
    mirror = world.folder / MIRROR
    mirror.mkdir()
    world.server.store.close()
    settings = world.folder / "server/settings.toml"
    settings.write_text(settings.read_text() + f'mirror_folder = "{mirror.as_posix()}"\n')
    world.open()
    return mirror


def loses_its_disk(world: Field, backup: Path, *, mirror: Path | None = None) -> Restored:
    """The data folder is gone but for a copy of its key; the server comes back in a new one."""
    world.server.store.close()
    old, keys = world.folder / "server", world.folder / "keys"
    shutil.copytree(old / "secrets", keys)
    shutil.rmtree(old)
    restored = restore(
        old,
        backup,
        mirror=mirror,
        keys=keys,
        fresh_key=None,
        device_id="console-2",
        now_ms=world.now_ms,
        environ={},
    )
    world.server = open_server(old, {})
    world.client = web_app(world.server, now_ms=lambda: world.now_ms).test_client()
    return restored


def saves_of(server: Server) -> int:
    with server.store.read() as unit:
        return unit.backups.counts()[0]


def backs_up(world: Field, name: str = "tapak-yesterday.db") -> Path:
    assert world.server.copies is not None
    path = world.folder / "backups" / name
    back_up(world.server.store, world.server.copies, world.server.files, path, now_ms=world.now_ms)
    return path


def decides(world: Field, record: str, field: str, value: str) -> None:
    with world.server.store.write() as unit:
        wati = next(person for person in unit.people.persons() if person.name == "Wati")
        resolve(
            unit,
            world.server.shelf,
            record,
            field,
            Choice(typed=value),
            reason="both were asked",
            person_id=wati.id,
            new_row=lambda: "row",
            salt=lambda: "s" * 22,
            now_ms=world.now_ms,
        )


def test_each_phone_brings_back_what_yesterdays_backup_lacks(world: Field):
    siti, budi = world.verifier("Siti"), world.verifier("Budi", organisation="dpmd")
    parcel = siti.starts(sebutan_lahan="Kebun", sengketa="tidak")
    world.everyone_syncs()
    backup = backs_up(world)
    siti.saves(parcel, listrik="genset")
    garden = budi.starts(sebutan_lahan="Ladang")
    budi.saves(parcel, sengketa="klaim")
    world.everyone_syncs()
    before = {record: world.heads(record, "sebutan_lahan") for record in (parcel, garden)}
    saved = saves_of(world.server)

    restored = loses_its_disk(world, backup)
    assert (restored.lines, restored.findings, restored.gaps) == (1, [], [])
    world.everyone_syncs()

    assert saves_of(world.server) == saved
    assert {record: world.heads(record, "sebutan_lahan") for record in (parcel, garden)} == before
    assert world.heads(parcel, "listrik") == {"Siti": "genset"}
    assert siti.sees(parcel) == budi.sees(parcel)
    assert siti.sees(garden) == budi.sees(garden)
    assert list(verify(world.server.store, world.server.shelf)) == []


def test_with_the_mirror_the_decisions_of_the_office_are_back_as_well(world: Field):
    mirror = with_mirror(world)
    siti, budi = world.verifier("Siti"), world.verifier("Budi", organisation="dpmd")
    world.phone("Wati", role="coordinator")
    parcel = siti.starts(sebutan_lahan="Kebun", nik="6271")
    world.everyone_syncs()
    backup = backs_up(world)
    siti.saves(parcel, pemilik_nama="Pak Darius")
    budi.saves(parcel, pemilik_nama="desa")
    world.everyone_syncs()
    contested = "pemilik_nama"
    decides(world, parcel, contested, "Pak Darius")
    world.everyone_syncs()

    restored = loses_its_disk(world, backup, mirror=mirror)

    assert (restored.mirror.new, restored.mirror.damaged, restored.findings) == (3, [], [])
    assert contested not in world.shows(parcel).conflicts
    world.everyone_syncs()
    assert siti.sees(parcel) == budi.sees(parcel)
    assert siti.sees(parcel)[contested] == "Pak Darius"


def test_without_the_mirror_what_the_office_decided_is_an_open_conflict_again(world: Field):
    siti, budi = world.verifier("Siti"), world.verifier("Budi", organisation="dpmd")
    world.phone("Wati", role="coordinator")
    parcel = siti.starts(sebutan_lahan="Kebun")
    world.everyone_syncs()
    siti.saves(parcel, pemilik_nama="Pak Darius")
    budi.saves(parcel, pemilik_nama="desa")
    world.everyone_syncs()
    backup = backs_up(world)
    contested = "pemilik_nama"
    decides(world, parcel, contested, "Pak Darius")
    world.everyone_syncs()
    assert contested not in siti.conflicts(parcel)

    loses_its_disk(world, backup)
    world.everyone_syncs()

    assert contested in world.shows(parcel).conflicts
    assert contested in siti.conflicts(parcel)


def test_a_phone_hears_what_is_durable_before_and_after(world: Field):
    siti = world.verifier("Siti")
    parcel = siti.starts(sebutan_lahan="Kebun")
    assert siti.syncs().durable == START
    backup = backs_up(world)
    first = siti.syncs().durable
    assert first.seq == 1
    siti.saves(parcel, listrik="genset")
    assert siti.syncs().durable == first
    younger = backs_up(world, "tapak-today.db")
    assert younger.exists()

    loses_its_disk(world, backup)

    assert siti.syncs().durable == first
    assert facts.get_place(siti.db, facts.DURABLE) == first
    with world.server.store.read() as unit:
        assert {Path(path).name for path in unit.backups.offered()} == {backup.name, younger.name}
