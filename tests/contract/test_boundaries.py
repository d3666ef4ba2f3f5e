"""What every store promises about the boundaries of villages."""

from __future__ import annotations

from server.store.base import Store
from server.store.boundaries import BoundaryLoad, BoundaryRow
from sync.polygons import Box


def row(village: str, west: float, south: float, east: float, north: float) -> BoundaryRow:
    return BoundaryRow(village=village, box=Box(west, south, east, north), shape="[1]", simplified="[2]")


A = row("62.02.01.2004", 112.0, -3.0, 112.2, -2.8)
B = row("62.02.01.2005", 112.1, -2.9, 112.3, -2.7)
FAR = row("62.03.05.2001", 114.0, -2.0, 114.1, -1.9)


def test_boundaries_are_found_by_village_and_by_point(store: Store) -> None:
    with store.write() as unit:
        unit.boundaries.put([B, A, FAR])

    with store.read() as unit:
        assert unit.boundaries.count() == 3
        assert unit.boundaries.get(A.village) == A
        assert unit.boundaries.get("62.02.01.2009") is None
        assert unit.boundaries.around(-2.85, 112.15) == [A, B]
        assert unit.boundaries.around(-2.95, 112.05) == [A]
        assert unit.boundaries.around(-3.0, 112.0) == [A]
        assert unit.boundaries.around(2.85, 112.15) == []


def test_boundaries_are_replaced_and_forgotten_by_area(store: Store) -> None:
    moved = row(A.village, 113.0, -3.0, 113.2, -2.8)
    with store.write() as unit:
        unit.boundaries.put([A, B, FAR])
        unit.boundaries.put([moved])
        assert list(unit.boundaries.simplified(["62.02", "62.02.01"])) == [
            (A.village, "[2]"),
            (B.village, "[2]"),
        ]
        unit.boundaries.forget("62.02")

    with store.read() as unit:
        assert [unit.boundaries.get(one.village) for one in (A, B, FAR)] == [None, None, FAR]
        assert list(unit.boundaries.simplified([])) == []


def test_the_file_that_was_loaded_last_is_known(store: Store) -> None:
    with store.read() as unit:
        assert unit.boundaries.last_load() is None
    with store.write() as unit:
        unit.boundaries.note_load(BoundaryLoad(file="2024.geojson", villages=3, loaded_ms=9))
        unit.boundaries.note_load(BoundaryLoad(file="2025.geojson", villages=4, loaded_ms=5))

    with store.read() as unit:
        assert unit.boundaries.last_load() == BoundaryLoad(file="2025.geojson", villages=4, loaded_ms=5)


def test_of_a_whole_province_few_boundaries_are_candidates_for_a_point(store: Store) -> None:
    """1,571 villages as a chequered field, each box a little larger than its square."""
    side = 40
    fields = [divmod(number, side) for number in range(1_571)]
    rows = [
        row(f"62.02.01.{number:04}", 110 + x / 10, -3 + y / 10, 110.13 + x / 10, -2.87 + y / 10)
        for number, (x, y) in enumerate(fields)
    ]
    with store.write() as unit:
        unit.boundaries.put(rows)

    with store.read() as unit:
        candidates = [
            len(unit.boundaries.around(-3 + y / 10 + 0.05, 110 + x / 10 + 0.05)) for x, y in fields
        ] + [len(unit.boundaries.around(-3 + y / 10 + 0.12, 110 + x / 10 + 0.12)) for x, y in fields]
    assert max(candidates) <= 10
    assert min(candidates) >= 1
