"""The base: what a save may supersede, and what it must spare."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync.base import Author, Write, bases, redated, superseded
from sync.policies import LATEST, MANUAL, Policy, badness, rank
from sync.revision import BASE_IDS_MAX
from tests.sync.histories import CAPACITIES, ORDER, PERSONS, RANKS, a_head, answers, dates, heads, policies

ME = Author("psiti", "verifier/tni", "2026-11-20")
AUTHORITY = Policy("authority", ranks=RANKS)
authors = st.builds(Author, st.sampled_from(PERSONS), st.sampled_from(CAPACITIES), dates)


@given(policies, heads(of=answers), authors, answers)
def test_ones_own_heads_are_always_superseded(policy, found, me, value):
    named = superseded(policy, found, me, value)

    assert {head.id for head in found if head.person == me.person} <= set(named)
    assert set(named) <= {head.id for head in found}
    assert named == sorted(named)


@given(policies, heads(of=answers), authors, answers)
def test_what_is_superseded_of_others_follows_the_policy(policy, found, me, value):
    named = superseded(policy, found, me, value)

    for head in found:
        if head.person == me.person:
            continue
        if policy.kind in ("latest", "unit:latest"):
            spared = None not in (head.observed_on, me.observed_on) and head.observed_on > me.observed_on
        elif policy.kind == "authority":
            spared = rank(policy, head.capacity) < rank(policy, me.capacity)
        elif policy.kind.startswith("cautious"):
            theirs, mine = badness(policy, head.value), badness(policy, value)
            spared = theirs is None or mine is None or theirs > mine
        else:
            spared = policy.kind == "union"
        assert (head.id not in named) == spared


fields = st.sampled_from(["luas_m2", "listrik", "status", "_area", "_deleted"])


@given(st.dictionaries(fields, st.builds(Write, policies, heads(of=answers).map(tuple), answers)), authors)
def test_a_spared_head_dies_through_no_field_of_the_save(writes, me):
    base, field_bases = bases(writes, me)

    for field, write in writes.items():
        named = superseded(write.policy, write.heads, me, write.value)
        present = {head.id for head in write.heads}
        assert present & set(field_bases.get(field, base)) == set(named)
        assert len(named) == len(present) or field in field_bases
        if field.startswith("_"):
            assert set(field_bases.get(field, base)) == set(named)


@given(st.dictionaries(fields, st.builds(Write, policies, heads(of=answers).map(tuple), answers)), authors)
def test_a_resolution_names_all_heads(writes, me):
    base, field_bases = bases(writes, me, resolution=True)

    for field, write in writes.items():
        assert {head.id for head in write.heads} <= set(field_bases.get(field, base))


def test_a_field_that_spares_a_head_has_its_own_base_even_where_it_is_the_only_one():
    higher = a_head("agrinas", person="pbudi", capacity="verifier/tni")
    me = Author("psiti", "verifier/desa")

    assert bases({"status": Write(AUTHORITY, (higher,), "siap")}, me) == ((), {"status": ()})


def test_a_list_for_all_fields_does_not_kill_what_one_field_must_spare():
    by_tni = a_head("x", person="pbudi", capacity="verifier/tni")
    me = Author("psiti", "verifier/desa")

    base, field_bases = bases(
        {"status": Write(AUTHORITY, (by_tni,), "siap"), "listrik": Write(MANUAL, (by_tni,), "pln")}, me
    )

    assert (base, field_bases) == (("x",), {"status": ()})


def test_the_own_heads_are_named_first_where_a_revision_cannot_hold_all_ids():
    others = tuple(a_head(f"a{number:04}", person="pbudi") for number in range(BASE_IDS_MAX))
    mine = a_head("z")

    base, field_bases = bases({"listrik": Write(MANUAL, (*others, mine), "pln")}, ME)

    assert base == ()
    assert len(field_bases["listrik"]) == BASE_IDS_MAX
    assert "z" in field_bases["listrik"]
    assert "a1023" not in field_bases["listrik"]


def test_a_corrected_date_writes_the_own_values_of_the_old_date_again():
    mine = a_head("old", 4, observed_on="2026-11-18", written_ms=1)
    mine_again = a_head("new", 5, observed_on="2026-11-18", written_ms=2)
    other_day = a_head("day", 6, observed_on="2026-11-17")
    other = a_head("budi", 7, person="pbudi", observed_on="2026-11-18")
    found = {
        "jumlah": [mine, mine_again, other_day, other],
        "listrik": [mine],
        "_review": [mine],
        "kosong": [other],
    }
    policies_of = {"listrik": MANUAL}

    again = redated(found, lambda field: policies_of.get(field, LATEST), ME, old_date="2026-11-18")

    assert again == {"jumlah": Write(LATEST, tuple(found["jumlah"]), 5, named=("new", "old"))}


def test_a_corrected_date_spares_another_mans_later_look_that_the_same_save_names_elsewhere():
    """Found in review: the flat list killed Budi's newer answer."""
    mine = a_head("mine", 4, observed_on="2026-11-18")
    later = a_head("budi", 7, person="pbudi", observed_on="2026-11-21")
    again = redated({"jumlah": [mine, later]}, lambda field: LATEST, ME, old_date="2026-11-18")

    base, field_bases = bases({**again, "listrik": Write(MANUAL, (later,), "pln")}, ME)

    assert (base, field_bases) == (("budi",), {"jumlah": ("mine",)})


def test_a_worse_answer_of_a_colleague_is_spared_and_a_better_one_is_not():
    cautious = Policy("cautious", order=ORDER)
    dispute = a_head("worse", "sengketa", person="pbudi")
    none = a_head("better", "tidak", person="pbudi")

    assert superseded(cautious, [dispute, none], ME, "klaim") == ["better"]
