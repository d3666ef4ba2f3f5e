"""Merging: any order, repetition, gap or relay gives the same heads, and no write just disappears."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync.fold import (
    Snapshot,
    absorb,
    decode_snapshot,
    encode_snapshot,
    fold,
    snapshot_of,
    superseded_writes,
)
from sync.revision import Revision
from tests.sync.histories import a_revision, histories


def taken_in_order(order: list[tuple[str, Revision]]) -> tuple[Snapshot, set[tuple[str, str]]]:
    """Snapshot and awaited pairs of a server to which these lines come one after the other."""
    snapshot: Snapshot = {}
    awaited: set[tuple[str, str]] = set()
    taken: set[str] = set()
    for id, revision in order:
        if id not in taken:
            suspect = revision.clock_age_s is None
            absorb(snapshot, awaited, id, revision, suspect=suspect, merged=taken.__contains__)
            taken.add(id)
    return snapshot, awaited


def heads_of(snapshot: Snapshot) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for id, line in snapshot.items():
        for field, value in line.fields.items():
            found.setdefault(field, {})[id] = value
    return found


@given(histories(), st.randoms())
def test_a_record_does_not_depend_on_the_order_of_arrival(history, chance):
    arrivals = list(history.items()) * 2
    chance.shuffle(arrivals)

    assert fold(dict(arrivals)) == fold(history)


@given(histories(), st.randoms())
def test_taking_lines_in_one_by_one_gives_what_the_definition_says(history, chance):
    arrivals = list(history.items())
    chance.shuffle(arrivals)

    snapshot, _ = taken_in_order(arrivals)

    suspects = [id for id, revision in history.items() if revision.clock_age_s is None]
    assert snapshot == snapshot_of(history, suspects=suspects)
    assert heads_of(snapshot) == fold(history)
    assert encode_snapshot(snapshot) == encode_snapshot(snapshot_of(history, suspects=suspects))


@given(histories(), st.data())
def test_a_held_line_that_is_released_later_changes_nothing_in_the_end(history, data):
    held = data.draw(st.sets(st.sampled_from(sorted(history))))
    at_once = [(id, revision) for id, revision in history.items() if id not in held]
    released = [(id, revision) for id, revision in history.items() if id in held]

    before, _ = taken_in_order(at_once)
    after, _ = taken_in_order(at_once + released)

    assert heads_of(before) == fold(dict(at_once))
    assert heads_of(after) == fold(history)


@given(histories(), st.randoms())
def test_what_a_server_awaits_depends_only_on_what_it_has(history, chance):
    arrivals = list(history.items())
    chance.shuffle(arrivals)
    arrivals = arrivals[: chance.randint(0, len(arrivals))]

    _, awaited = taken_in_order(arrivals)

    present = dict(arrivals)
    named = superseded_writes(present.values())
    assert awaited == {(base, field) for base, field in named if base not in present}


@given(histories(), histories(), histories())
def test_lines_that_come_over_other_devices_merge_as_if_they_came_directly(one, other, third):
    assert fold({**one, **other}) == fold({**other, **one})
    assert fold({**one, **other, **third}) == fold({**one, **other, **third})


@given(histories())
def test_a_write_disappears_only_if_a_write_of_the_same_field_names_it(history):
    heads = fold(history)

    for id, revision in history.items():
        for field, value in revision.values.items():
            named = any(field in other.values and id in other.base_of(field) for other in history.values())
            assert named or heads[field][id] == value
            assert not (named and id in heads.get(field, {}))


@given(histories())
def test_a_snapshot_comes_back_from_its_bytes(history):
    snapshot = snapshot_of(history)

    assert decode_snapshot(encode_snapshot(snapshot)) == snapshot


def test_a_base_kills_only_in_the_fields_that_its_revision_writes():
    first = a_revision(values={"listrik": "pln", "luas_m2": 400})
    second = a_revision(seq=2, base=("first",), values={"listrik": "genset"})

    snapshot, _ = taken_in_order([("first", first), ("second", second)])

    assert heads_of(snapshot) == {"listrik": {"second": "genset"}, "luas_m2": {"first": 400}}


def test_an_edit_that_comes_before_what_it_replaces_still_replaces_it():
    """Fewer fields than the awaited line writes: the others of it live."""
    first = a_revision(values={"listrik": "pln", "luas_m2": 400})
    second = a_revision(seq=2, base=("first",), values={"listrik": "genset", "catatan": "baru"})

    snapshot, awaited = taken_in_order([("second", second), ("first", first)])

    assert heads_of(snapshot) == fold({"first": first, "second": second})
    assert awaited == set()
