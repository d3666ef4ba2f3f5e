"""What somebody else brought of a log, on every store: held, vouched for, and no reason to fork."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from server.attachments.folder import FolderAttachments
from server.hub.bundles import Bundles, Limits
from server.hub.forms import FormShelf
from server.hub.sealing import SealingKey, new_key
from server.store.base import Store
from sync.bundle import Entry, Manifest, with_end, write_manifest, write_segments
from sync.packing import packed
from tests.server.hub.phones import NOW_MS, VILLAGE, Phone

Phones = Callable[..., Phone]
KEY = SealingKey(new_key())


@pytest.fixture
def bundles(store: Store, shelf: FormShelf, tmp_path: Path) -> Bundles:
    limits = Limits(inflated_bytes_max=10**7, lines_max=10**4, attachment_bytes_max=10**6, free_bytes_min=0)
    names = iter(f"upload-{number}" for number in range(99))
    attachments = FolderAttachments(tmp_path / "attachments")
    return Bundles(
        store, shelf, attachments, KEY, limits, mint=lambda: next(names), now_ms=lambda: NOW_MS + 5
    )


def file_of(phone: Phone, *, first: int = 0) -> bytes:
    previous = ["", *(place.id for place, _, _ in phone.log)]
    entries = [
        Entry(place.seq, place.id, before, line)
        for before, (place, line, _) in zip(previous, phone.log, strict=False)
    ]
    lines = [write_manifest(Manifest(1)), *write_segments(phone.device, entries[first:])]
    return b"".join(packed(with_end(lines)))


def test_a_log_that_came_by_file_is_merged_when_its_phone_names_its_end(
    store: Store, phone: Phones, bundles: Bundles
) -> None:
    siti = phone("siti")
    for number in range(5):
        siti.saves("r1", {"_area": VILLAGE, "luas_m2": number})

    late = bundles.deposit([file_of(siti, first=3)])
    assert [one.missing for one in late.devices] == [[(1, 3)]]
    whole, again = bundles.deposit([file_of(siti)]), bundles.deposit([file_of(siti)])

    assert (whole.lines.new, whole.lines.held) == (3, {"unsigned": 5})
    assert (again.lines.new, again.lines.known) == (0, 5)
    with store.read() as unit:
        assert unit.records.get("r1") is None
    answer = siti.syncs()
    assert (answer.header.held, answer.header.fork) == ((), False)
    assert answer.header.have == siti.tip
    with store.read() as unit:
        assert unit.log.held() == []
        assert unit.records.get("r1") is not None


def test_lines_that_anybody_wrote_are_no_second_phone_and_a_second_phone_is(
    phone: Phones, bundles: Bundles
) -> None:
    siti, clone, liar = phone("siti"), phone("siti"), phone("siti")
    siti.saves("r1", {"_area": VILLAGE})
    siti.appends(b"a line that nobody can read")
    clone.log, liar.log = list(siti.log), list(siti.log)
    siti.syncs()
    liar.saves("r1", {"luas_m2": 666})
    liar.appends(b"another one")

    bundles.deposit([file_of(liar)])

    assert not siti.syncs().header.fork
    clone.saves("r1", {"luas_m2": 2})
    clone.after = siti.after
    clone.syncs()
    assert siti.syncs().header.fork
