"""A device's view: its own saves over the server's snapshot."""

from __future__ import annotations

import copy

from hypothesis import given
from hypothesis import strategies as st

from sync.fold import fold, snapshot_of
from sync.record import OwnRevision, heads_by_field, overlay
from tests.sync.histories import a_revision, a_snapshot, histories


def shown(snapshot):
    return {
        field: {head.id: head.value for head in heads} for field, heads in heads_by_field(snapshot).items()
    }


@given(histories(), st.data())
def test_a_device_shows_what_the_server_will_show_when_it_has_its_saves(history, data):
    own = data.draw(st.sets(st.sampled_from(sorted(history))))
    contained = data.draw(st.sets(st.sampled_from(sorted(own)))) if own else set()
    at_server = {id: revision for id, revision in history.items() if id not in own or id in contained}
    snapshot = snapshot_of(at_server)
    before = copy.deepcopy(snapshot)

    seen = overlay(snapshot, [OwnRevision(id, history[id], id not in contained) for id in sorted(own)])

    assert snapshot == before
    if not any(
        id in other.base_of(field)
        for id in own - contained
        for other in at_server.values()
        for field in other.values
    ):
        assert shown(seen) == fold(history)


@given(histories(), st.data())
def test_an_own_value_is_shown_until_an_own_save_replaces_it(history, data):
    own = {id: revision for id, revision in history.items() if revision.device == "d-siti"}
    others = snapshot_of({id: revision for id, revision in history.items() if id not in own})

    seen = overlay(others, [OwnRevision(id, revision, True) for id, revision in own.items()])

    named = {(b, f) for revision in own.values() for f in revision.values for b in revision.base_of(f)}
    for id, revision in own.items():
        for field, value in revision.values.items():
            assert (id, field) in named or seen[id].fields[field] == value


def test_a_contained_save_still_supersedes_an_own_one_that_is_held():
    held = a_revision(values={"listrik": "pln"})
    later = a_revision(seq=2, base=("held",), values={"listrik": "genset"})
    snapshot = a_snapshot(later=later)

    seen = overlay(snapshot, [OwnRevision("held", held, True), OwnRevision("later", later, False)])

    assert shown(seen) == {"listrik": {"later": "genset"}}


def test_a_save_that_the_snapshot_already_superseded_does_not_come_back():
    mine = a_revision(values={"listrik": "pln"})
    theirs = a_revision(device="d-budi", author="pbudi", base=("mine",), values={"listrik": "genset"})

    seen = overlay(a_snapshot(theirs=theirs), [OwnRevision("mine", mine, False)])

    assert shown(seen) == {"listrik": {"theirs": "genset"}}


def test_a_save_without_values_and_one_that_is_there_already_change_nothing():
    mine = a_revision(values={"listrik": "pln"}, clock_age_s=5)
    snapshot = a_snapshot(mine=mine)

    seen = overlay(snapshot, [OwnRevision("mine", mine, True), OwnRevision("empty", a_revision(), True)])

    assert seen == snapshot


def test_before_receipt_a_clock_that_was_never_corrected_is_suspect():
    never, once = a_revision(values={"listrik": "pln"}), a_revision(values={"luas_m2": 5}, clock_age_s=9)

    seen = overlay({}, [OwnRevision("never", never, True), OwnRevision("once", once, True)])

    assert (seen["never"].suspect, seen["once"].suspect) == (1, 0)
