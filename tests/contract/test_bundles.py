"""What every store promises about files of work that others carry."""

from __future__ import annotations

import msgspec

from server.store.backups import BackupRow
from server.store.base import Store
from server.store.bundles import BundleRow

CARRIED = BundleRow(sha256="a" * 64, device="d1", announced_ms=10)
TAKEN_IN = msgspec.structs.replace(CARRIED, imported_ms=20, report='{"lines":{}}', files=("f1", "f2"))


def a_copy(path: str) -> BackupRow:
    return BackupRow(path=path, made_ms=1, sha256="", lines=0, records=0, files=0, files_missing=0)


def test_a_bundle_is_announced_once_and_taken_in_later(store: Store) -> None:
    with store.write() as unit:
        unit.bundles.announce(CARRIED.sha256, device="d1", now_ms=10)
        unit.bundles.announce(CARRIED.sha256, device="d2", now_ms=15)
        assert unit.bundles.load([CARRIED.sha256, "x"]) == {CARRIED.sha256: CARRIED}
        assert unit.bundles.imported() == []
        unit.bundles.put(TAKEN_IN)
        unit.bundles.announce(CARRIED.sha256, device="d2", now_ms=30)

    with store.read() as unit:
        assert unit.bundles.load([CARRIED.sha256]) == {CARRIED.sha256: TAKEN_IN}
        assert unit.bundles.load([]) == {}


def test_bundles_that_were_taken_in_are_listed_the_newest_first(store: Store) -> None:
    older = msgspec.structs.replace(TAKEN_IN, sha256="b" * 64, imported_ms=5)
    with store.write() as unit:
        unit.bundles.put(older)
        unit.bundles.put(TAKEN_IN)
        unit.bundles.announce("c" * 64, device="d1", now_ms=99)

    with store.read() as unit:
        assert unit.bundles.imported() == [TAKEN_IN, older]


def test_a_bundle_is_in_all_copies_where_each_of_them_has_it(store: Store) -> None:
    with store.write() as unit:
        for path in ("old", "new"):
            unit.backups.add(a_copy(path), [], set())
        unit.bundles.note_in("old", ["a"])
        unit.bundles.note_in("new", ["a", "b"])
        assert unit.bundles.in_all(["old", "new"]) == {"a"}
        assert unit.bundles.in_all(["new"]) == {"a", "b"}
        assert unit.bundles.in_all([]) == set()
        assert unit.bundles.in_all(["old", "gone"]) == set()
        unit.bundles.note_in("new", ["b"])

    with store.read() as unit:
        assert unit.bundles.in_all(["new"]) == {"b"}


def test_what_is_noted_of_a_copy_goes_after_the_copy(store: Store) -> None:
    with store.write() as unit:
        unit.backups.add(a_copy("old"), [], set())
        unit.bundles.note_in("old", ["a"])
        unit.backups.forget("old")
        unit.backups.add(a_copy("new"), [], set())
        unit.bundles.note_in("new", [])

    with store.read() as unit:
        assert unit.bundles.in_all(["old"]) == set()
