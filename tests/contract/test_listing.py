"""What every store promises about the console's list of records, its counts and readiness."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from server.store.base import LogRow, RecordRow, Store
from server.store.listing import Count, Filter, Listed, Readiness, Waiting

V4, V5, FAR = "62.02.01.2004", "62.02.01.2005", "62.03.05.2001"


def listed(record: str, village: str = V4, **values: object) -> Listed:
    row = Listed(
        record=record,
        village=village,
        form_id="lahan",
        title=record.upper(),
        updated_ms=1,
        conflicts=0,
        deleted=False,
    )
    return msgspec.structs.replace(row, **values)  # type: ignore[type-var]


@pytest.fixture
def found(store: Store) -> Callable[..., list[str]]:
    """Ids that a question finds, in order."""
    rows = {
        "a": ([listed("a", updated_ms=3)], "kebun karet lama samuda"),
        "b": ([listed("b", V5, updated_ms=3, form_id="gerai")], "kios depan kebun"),
        "c": ([listed("c", FAR, updated_ms=2)], "kebun"),
        "d": (
            [listed("d", V4, updated_ms=1, conflicts=2), listed("d", V5, updated_ms=1, conflicts=2)],
            "dua",
        ),
        "e": ([listed("e", updated_ms=9, deleted=True)], "kebun"),
    }
    with store.write() as unit:
        for record, (listing, text) in rows.items():
            unit.listing.put(record, listing, text=text)

    def answered(*, before: tuple[int, str] | None = None, limit: int = 50, **wanted: object) -> list[str]:
        filter_ = Filter(**{"prefixes": ("62",), **wanted})  # type: ignore[arg-type]
        with store.read() as unit:
            return [row.record for row in unit.listing.page(filter_, before=before, limit=limit)]

    return answered


def test_the_list_is_newest_first_and_each_village_has_its_row(found: Callable[..., list[str]]) -> None:
    assert found() == ["a", "b", "c", "d", "d"]
    assert found(limit=2) == ["a", "b"]
    assert found(before=(3, "a")) == ["b", "c", "d", "d"]
    assert found(before=(3, "b"), limit=1) == ["c"]


def test_the_list_is_filtered_by_scope_form_conflict_and_deletion(found: Callable[..., list[str]]) -> None:
    assert found(prefixes=(V5,)) == ["b", "d"]
    assert found(prefixes=("62.03", V4)) == ["a", "c", "d"]
    assert found(prefixes=()) == []
    assert found(prefixes=("62.0",)) == []
    assert found(form_id="gerai") == ["b"]
    assert found(in_conflict=True, prefixes=(V4,)) == ["d"]
    assert found(deleted=True)[0] == "e"


def test_words_are_found_by_their_beginnings_all_of_them_in_the_scope(
    found: Callable[..., list[str]],
) -> None:
    assert found(words=("kebun",)) == ["a", "b", "c"]
    assert found(words=("keb", "kar")) == ["a"]
    assert found(words=("ebun",)) == []
    assert found(words=("keb",), prefixes=("62.02",)) == ["a", "b"]
    assert found(words=("keb",), prefixes=("62.02.01.2004", "62.03")) == ["a", "c"]
    assert found(words=("keb",), form_id="gerai") == ["b"]
    assert found(words=("keb",), prefixes=()) == []
    assert found(words=("or", "and", "not")) == []
    assert found(words=("keb",), deleted=True, before=(3, "b")) == ["c"]


def test_a_record_that_moves_or_changes_leaves_nothing_behind(
    store: Store, found: Callable[..., list[str]]
) -> None:
    with store.write() as unit:
        unit.listing.put("a", [listed("a", FAR, updated_ms=4)], text="sawah")
        unit.listing.put("d", [], text="")

    assert found(prefixes=("62.02",)) == ["b"]
    assert found(words=("karet",)) == []
    assert found(words=("sawah",)) == ["a"]


def test_counts_are_by_village_and_form_without_what_was_deleted(
    store: Store, found: Callable[..., list[str]]
) -> None:
    with store.read() as unit:
        assert unit.listing.counts(["62.02.01"]) == [
            Count(V4, "lahan", 2),
            Count(V5, "gerai", 1),
            Count(V5, "lahan", 1),
        ]
        assert unit.listing.counts([FAR]) == [Count(FAR, "lahan", 1)]
        assert unit.listing.counts([]) == []
        assert unit.listing.of_villages([V4], limit=5) == ["a", "d"]
        assert unit.listing.of_villages([V4, V5, FAR], limit=2) == ["a", "b"]


def test_how_far_the_feeds_were_read_is_remembered_until_other_forms_are_in_force(store: Store) -> None:
    with store.write() as unit:
        unit.feeds.advance("62.02", n=7, h="h7")
        assert unit.listing.counters() == {"62.02": 7}
        assert (unit.listing.places(), unit.listing.made_for()) == ({}, "")
        unit.listing.start_anew("forms-1")
        unit.listing.reach("62.02", 3)
        unit.listing.reach("62.02", 7)
        assert (unit.listing.places(), unit.listing.made_for()) == ({"62.02": 7}, "forms-1")
        unit.listing.start_anew("forms-2")
        assert (unit.listing.places(), unit.listing.made_for()) == ({}, "forms-2")


def test_what_waits_for_a_person_comes_straight_from_the_records(store: Store) -> None:
    with store.write() as unit:
        unit.records.put(
            [
                RecordRow("r1", "lahan/1", b"[]", (V4,), ("luas", "sengketa"), 1),
                RecordRow("r2", "lahan/1", b"[]", (V4,), (), 1),
                RecordRow("r3", "lahan/1", b"[]", (), (), 1),
            ]
        )
        unit.log.append(
            [
                LogRow(
                    id=f"l{n}",
                    device="d1",
                    seq=n,
                    previous="",
                    complete=True,
                    record=record,
                    form="lahan/1",
                    line=b"{}",
                    received_ms=n,
                    via="sync",
                    held=held,
                    suspect=False,
                    stub=False,
                )
                for n, record, held in ((1, "r1", "out-of-area"), (2, None, "malformed"), (3, "r2", None))
            ]
        )

    with store.read() as unit:
        assert unit.listing.waiting() == [Waiting("r1", "lahan", (V4,), ("luas", "sengketa"))]
        held = unit.listing.held(limit=5)
        assert [(line.id, line.reason, line.areas, line.line) for line in held] == [
            ("l2", "malformed", (), b"{}"),
            ("l1", "out-of-area", (V4,), b"{}"),
        ]
        assert [line.id for line in unit.listing.held(limit=1)] == ["l2"]


def test_a_village_is_due_when_it_changed_or_its_day_is_over(store: Store) -> None:
    states = {"lahan": ("lengkap", "lengkap", 0)}
    with store.write() as unit:
        unit.listing.put("a", [listed("a")], text="")
        (due,) = unit.listing.due(today="2026-11-24", limit=5)
        assert (due.village, unit.listing.due_count(today="2026-11-24")) == (V4, 1)
        unit.listing.mark_due([V4])  # while its readiness is being computed
        unit.listing.put_readiness(Readiness(V4, "2026-11-24", states), times=due.times)
        (again,) = unit.listing.due(today="2026-11-24", limit=5)
        unit.listing.put_readiness(Readiness(V4, "2026-11-24", states), times=again.times)

        assert unit.listing.due(today="2026-11-24", limit=5) == []
        assert unit.listing.due_count(today="2026-11-24") == 0
        assert [each.village for each in unit.listing.due(today="2026-11-25", limit=5)] == [V4]
        assert unit.listing.due_count(today="2026-11-25") == 1
        assert unit.listing.readiness(["62.02"]) == [Readiness(V4, "2026-11-24", states)]
        assert unit.listing.readiness(["62.03"]) == []
