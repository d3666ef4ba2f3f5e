"""A record as a person sees it: deletion, verification, links, exclusive options, conflicts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync.fold import snapshot_of
from sync.policies import settle
from sync.record import (
    areas_of,
    conflicts_of,
    glance,
    heads_by_field,
    ids_to_delete,
    ids_to_delete_row,
    ids_to_verify,
    links_of,
    policy_of,
    same_as_classes,
    view,
)
from tests.sync.a_form import LAHAN, LAHAN_FIELDS
from tests.sync.histories import a_revision, a_snapshot, answers, histories

VILLAGE, NEXT_VILLAGE = "62.02.01.2004", "62.02.01.2005"


@st.composite
def records(draw):
    """Snapshots in which heads of every kind of field meet, with values that their rules know."""
    history = draw(histories(fields=LAHAN_FIELDS))
    ids = sorted(history)
    lists = st.lists(st.sampled_from(ids), max_size=len(ids), unique=True)
    special = {
        "_area": st.sampled_from([VILLAGE, NEXT_VILLAGE, "62", 5]),
        "_deleted": st.one_of(st.none(), lists, st.just(ids), st.just(True)),
        "_verified": st.builds(
            lambda of, state: {"state": state, "of": of},
            st.one_of(lists, st.just(ids)),
            st.sampled_from("ab"),
        ),
        "_same_as/r-2": st.sampled_from([True, None]),
    }
    snapshot = snapshot_of(history, suspects=[id for id in ids if history[id].clock_age_s is None])
    for line in snapshot.values():
        for field in line.fields:
            if draw(st.integers(0, 2)):
                kind = "_deleted" if field.endswith("_deleted") else field
                line.fields[field] = draw(special.get(kind, answers))
    return snapshot


@given(records(), st.sampled_from([LAHAN, None]))
def test_the_server_finds_the_conflicts_that_a_person_sees(snapshot, form):
    assert conflicts_of(snapshot, form) == view(snapshot, form).conflicts


@given(records(), st.sampled_from([LAHAN, None]))
def test_a_glance_says_what_a_view_says(snapshot, form):
    seen, quick = view(snapshot, form), glance(snapshot, form)

    assert quick.shown == {name: field.shown for name, field in seen.fields.items()}
    assert (quick.deleted, quick.conflicts) == (seen.deleted, seen.conflicts)
    assert sorted(quick.deleted_rows) == sorted(seen.deleted_rows)


@given(records(), st.sampled_from([LAHAN, None]))
def test_a_view_has_every_field_that_has_a_head_and_shows_one_of_them(snapshot, form):
    seen = view(snapshot, form)

    assert seen.ids == tuple(sorted(snapshot))
    assert set(seen.fields) == {field for line in snapshot.values() for field in line.fields}
    for field, shown in seen.fields.items():
        assert {head.id for head in shown.heads} == {id for id in snapshot if field in snapshot[id].fields}
        if policy_of(form, field).kind != "union":
            assert any(shown.shown == head.value for head in shown.heads)


def test_a_delete_counts_only_if_it_lists_every_live_id():
    made = a_revision(values={"listrik": "pln"})
    snapshot = a_snapshot(made=made)
    assert ids_to_delete(snapshot) == ["made"]

    deleted = a_snapshot(made=made, gone=a_revision(values={"_deleted": ["made"]}))
    changed = a_snapshot(made=made, gone=deleted_by(["made"]), edit=a_revision(values={"luas_m2": 5}))

    assert view(deleted, LAHAN).deleted
    assert view(deleted, LAHAN).conflicts == ()
    assert not view(changed, LAHAN).deleted
    assert view(changed, LAHAN).conflicts == ("_deleted",)


def deleted_by(ids):
    return a_revision(values={"_deleted": ids})


def test_two_people_who_delete_agree_and_a_review_note_does_not_bring_a_record_back():
    made = a_revision(values={"listrik": "pln"})
    note = a_revision(values={"_review": {"state": "kembali", "text": "foto buram"}})

    seen = view(a_snapshot(made=made, one=deleted_by(["made"]), two=deleted_by(["made"]), note=note), LAHAN)

    assert (seen.deleted, seen.conflicts) == (True, ())


def test_one_delete_that_lists_all_is_enough():
    made, more = a_revision(values={"listrik": "pln"}), a_revision(values={"luas_m2": 5})

    snapshot = a_snapshot(made=made, more=more, late=deleted_by(["made"]), full=deleted_by(["made", "more"]))

    assert view(snapshot, LAHAN).deleted


def test_an_undelete_beside_a_delete_is_a_question_and_alone_is_an_answer():
    made = a_revision(values={"listrik": "pln"})
    back = a_revision(values={"_deleted": None})

    beside = view(a_snapshot(made=made, gone=deleted_by(["made"]), back=back), LAHAN)
    alone = view(a_snapshot(made=made, back=back), LAHAN)
    twice = view(a_snapshot(made=made, back=back, again=back), LAHAN)

    assert (beside.deleted, beside.conflicts) == (False, ("_deleted",))
    assert (alone.deleted, alone.conflicts, alone.fields["_deleted"].shown) == (False, (), None)
    assert (twice.deleted, twice.conflicts) == (False, ())


def test_a_delete_that_is_no_list_never_counts():
    made = a_revision(values={"listrik": "pln"})

    seen = view(a_snapshot(made=made, odd=deleted_by(True)), LAHAN)

    assert (seen.deleted, seen.conflicts) == (False, ("_deleted",))


def test_a_row_is_deleted_by_a_list_of_its_own_live_ids():
    row = a_revision(values={"pengurus/b1/nama": "Ani", "pengurus/b2/nama": "Tono"})
    gone = a_revision(values={"pengurus/b1/_deleted": ["row"]})
    edit = a_revision(values={"pengurus/b1/nama": "Anita"})

    deleted = view(a_snapshot(row=row, gone=gone), LAHAN)
    changed = view(a_snapshot(row=row, gone=gone, edit=edit), LAHAN)

    assert ids_to_delete_row(a_snapshot(row=row, gone=gone), "pengurus/b1") == ["row"]
    assert (deleted.deleted_rows, deleted.conflicts) == (("pengurus/b1",), ())
    assert changed.deleted_rows == ()
    assert "pengurus/b1/_deleted" in changed.conflicts


def verified(state, of):
    return a_revision(values={"_verified": {"state": state, "of": of}})


def test_a_verification_holds_until_something_that_it_did_not_judge_is_written():
    made = a_revision(values={"listrik": "pln", "_area": VILLAGE})
    moved = a_revision(values={"_area": NEXT_VILLAGE})
    edit = a_revision(values={"listrik": "genset"})

    assert ids_to_verify(a_snapshot(made=made, moved=moved)) == ["made"]
    assert (
        view(a_snapshot(made=made, judged=verified("cocok", ["made"]), moved=moved), LAHAN).verified
        == "cocok"
    )
    assert view(a_snapshot(made=made, judged=verified("cocok", ["made"]), edit=edit), LAHAN).verified is None


def test_verifications_are_a_conflict_only_where_those_that_still_hold_differ():
    made, edit = a_revision(values={"listrik": "pln"}), a_revision(values={"luas_m2": 5})
    both = ["made", "edit"]

    def seen(one, other):
        snapshot = a_snapshot(made=made, edit=edit, one=one, other=other)
        found = view(snapshot, LAHAN)
        return found.verified, found.fields["_verified"].conflict, found.fields["_verified"].shown["of"]

    assert seen(verified("cocok", both), verified("cocok", [*both, "older"]))[:2] == ("cocok", False)
    assert seen(verified("cocok", both), verified("berbeda", ["made"])) == ("cocok", False, both)
    assert seen(verified("cocok", both), verified("berbeda", both)) == (None, True, both)
    assert seen(verified("cocok", ["made"]), verified("berbeda", [5]))[:2] == (None, False)


def test_a_verification_that_lists_nothing_or_no_text_does_not_hold():
    made = a_revision(values={"listrik": "pln"})

    assert view(a_snapshot(made=made, odd=a_revision(values={"_verified": "cocok"})), LAHAN).verified is None
    assert (
        view(a_snapshot(made=made, odd=a_revision(values={"_verified": {"of": "made"}})), LAHAN).verified
        is None
    )


def test_linked_records_form_classes_under_the_smallest_id():
    classes = same_as_classes([("r-2", "r-5"), ("r-5", "r-9"), ("r-1", "r-9"), ("r-3", "r-4")])

    assert classes == {"r-1": "r-1", "r-2": "r-1", "r-5": "r-1", "r-9": "r-1", "r-3": "r-3", "r-4": "r-3"}


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef"))), st.randoms())
def test_the_classes_do_not_depend_on_the_order_of_the_links(pairs, chance):
    shuffled = [(other, one) for one, other in pairs]
    chance.shuffle(shuffled)

    assert same_as_classes(shuffled) == same_as_classes(pairs)


def test_a_link_counts_while_one_head_says_so():
    linked = a_revision(values={"_same_as/r-7": True, "_same_as/r-8": None})
    withdrawn = a_revision(values={"_same_as/r-7": None})

    assert links_of("r-1", a_snapshot(linked=linked, withdrawn=withdrawn)) == [("r-1", "r-7")]


def test_a_record_belongs_to_every_village_that_somebody_wrote():
    here, there = a_revision(values={"_area": VILLAGE}), a_revision(values={"_area": NEXT_VILLAGE})
    odd = a_revision(values={"_area": "Desa Sukamaju"})

    assert areas_of(a_snapshot(there=there, here=here, odd=odd)) == (VILLAGE, NEXT_VILLAGE)
    assert areas_of(a_snapshot(odd=odd)) == ()


def test_none_of_these_beside_another_option_needs_a_person():
    shop = a_revision(values={"unit_ada/sembako": True, "unit_ada/tidak_ada": False})
    none = a_revision(values={"unit_ada/sembako": False, "unit_ada/tidak_ada": True})
    row = a_revision(values={"pengurus/b1/alat/tidak_ada": True, "pengurus/b1/alat/sembako": True})
    other_row = a_revision(values={"pengurus/b2/alat/tidak_ada": True})

    snapshot = a_snapshot(shop=shop, none=none, row=row, other=other_row)
    seen = view(snapshot, LAHAN)

    assert seen.conflicts == ("pengurus/b1/alat/tidak_ada", "unit_ada/tidak_ada")
    assert conflicts_of(snapshot, LAHAN) == seen.conflicts
    assert seen.fields["unit_ada/sembako"].shown is True
    assert view(a_snapshot(shop=shop), LAHAN).conflicts == ()
    assert view(a_snapshot(none=none), LAHAN).conflicts == ()


def test_a_field_that_the_form_does_not_know_waits_for_a_person():
    one = a_revision(values={"baru": 1, "_review": 1}, clock_age_s=5)
    other = a_revision(values={"baru": 2, "_review": 2}, clock_age_s=5)

    assert view(a_snapshot(one=one, other=other), LAHAN).conflicts == ("baru",)
    assert view(a_snapshot(one=one, other=other), None).conflicts == ("baru",)


@given(records())
def test_heads_can_be_asked_of_some_fields_only(snapshot):
    every = heads_by_field(snapshot)

    for field, found in every.items():
        assert heads_by_field(snapshot, [field]) == {field: found}
        assert settle(policy_of(LAHAN, field), found).head in {head.id for head in found}
