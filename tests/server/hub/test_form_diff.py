"""Before a version is published, its author sees which saved values it concerns."""

from __future__ import annotations

from collections.abc import Callable

from server.forms import LIBRARY, compile_form
from server.hub.form_diff import compare, drafts_open
from tests.server.conftest import Handset, House
from tests.server.hub.phones import VILLAGE


def test_a_change_tells_the_records_whose_values_it_concerns(house: House, handset: Callable[..., Handset]):
    siti = handset("Siti")
    siti.saves("r1", {"_area": VILLAGE, "penduduk": 700, "sengketa": "klaim", "rawan_lain/longsor": True})
    siti.saves("r2", {"_area": VILLAGE, "penduduk": 900, "sengketa": "tidak", "rawan_lain/longsor": False})
    siti.saves("r3", {"_area": VILLAGE, "penduduk": None, "ukuran": {"panjang_m": 20, "lebar_m": None}})
    siti.syncs()
    source = (LIBRARY / "lahan.md").read_text(encoding="utf-8").replace("2026112301", "2026120101")
    for old, new in (
        ("| integer | penduduk |", "| text | penduduk |"),
        ("| sengketa | klaim |", "| sengketa | lisan |"),
        ("| rawan | longsor |", "| rawan | runtuh |"),
        ("| decimal | panjang_m |", "| integer | panjang_m |"),
        ("| decimal | lebar_m |", "| integer | lebar_m |"),
    ):
        source = source.replace(old, new)

    with house.server.store.read() as unit:
        before = house.server.shelf.current(unit, "lahan")
        assert before is not None
        concerned = compare(unit, before, compile_form(source.encode(), name="lahan.md"))
        same = compare(unit, before, before)
        drafts = drafts_open(unit)

    assert {(each.change.kind, each.change.question): each.records for each in concerned} == {
        ("retyped", "panjang_m"): 1,
        ("retyped", "lebar_m"): 0,
        ("retyped", "penduduk"): 2,
        ("choice-lost", "sengketa"): 1,
        ("choice-added", "sengketa"): 0,
        ("merge", "sengketa"): 2,
        ("choice-lost", "rawan_lain"): 1,
        ("choice-added", "rawan_lain"): 0,
    }
    assert (same, drafts) == ([], 0)
