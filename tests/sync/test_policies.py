"""Policies: pure views of a set of heads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.policies import Policy, Settled, choice_name, is_point, policy_from, same, settle, value_key
from sync.revision import NOT_APPLICABLE, UNKNOWN
from tests.sync.histories import RANKS, a_head, answers, heads, numbers, points, policies, values


@given(policies, heads(of=answers), st.randoms())
def test_what_is_shown_depends_on_the_set_of_heads_alone(policy, found, chance):
    shuffled = list(found)
    chance.shuffle(shuffled)

    assert settle(policy, shuffled) == settle(policy, found)


@given(policies, heads(of=st.one_of(values, answers)))
def test_a_shown_value_is_always_one_that_somebody_wrote_or_the_joined_notes(policy, found):
    settled = settle(policy, found)

    written = {head.id: head.value for head in found}
    if policy.kind == "union" and isinstance(settled.shown, str):
        assert set(settled.shown.split("\n")) == {
            part for head in found if isinstance(head.value, str) for part in head.value.split("\n")
        }
    else:
        assert value_key(a_head("x", written[settled.head])) == value_key(a_head("x", settled.shown))


@given(policies, answers, heads())
def test_people_who_agree_are_no_conflict(policy, value, found):
    agreeing = [a_head(head.id, value, suspect=head.suspect, capacity=head.capacity) for head in found]

    settled = settle(policy, agreeing)

    assert (settled.conflict, settled.differs) == (False, False)
    assert value_key(a_head("x", settled.shown)) == value_key(a_head("x", value))


@given(policies, heads(of=answers))
def test_a_conflict_needs_two_different_values(policy, found):
    settled = settle(policy, found)

    assert not settled.conflict or len({value_key(head) for head in found}) > 1


@given(heads(of=numbers), st.sampled_from(["tolerance:unit", "tolerance:percent"]))
def test_a_tolerance_looks_at_the_whole_set(found, kind):
    settled = settle(Policy(kind, limit=2), found)

    low, high = min(head.value for head in found), max(head.value for head in found)
    limit = 2.0 if kind == "tolerance:unit" else 2.0 * max(abs(low), abs(high)) / 100
    assert settled.conflict == (float(high) - float(low) > limit)


@given(heads(of=points))
def test_of_points_the_most_accurate_is_shown(found):
    settled = settle(Policy("tolerance:metres", limit=15), found)

    accuracies = [head.value.get("acc") for head in found if head.value.get("acc") is not None]
    if accuracies and len(found) > 1:
        assert settled.shown["acc"] == min(accuracies)


@given(values, values)
def test_agreement_is_an_equivalence(one, other):
    left, right = a_head("x", one), a_head("y", other)

    assert same(left, left)
    assert same(left, right) == same(right, left)


def test_sealed_answers_agree_only_within_their_group():
    first, second = a_head("a", {"#": "xx", "g": 1}), a_head("b", {"#": "yy", "g": 1})
    other, unknown = a_head("c", {"#": "zz", "g": 2}), a_head("d", {"#": "zz"})
    forged = a_head("e", {"#": "zz", "g": [{}]})

    assert same(first, second)
    assert not same(first, other)
    assert not same(other, unknown)
    assert not same(unknown, a_head("f", {"#": "zz"}))
    assert not same(forged, first)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("pln", "pln"),
        (UNKNOWN, "tidak_tahu"),
        (NOT_APPLICABLE, "tidak_berlaku"),
        ({"$": "other"}, None),
        ({"$": 5}, None),
        ({"lat": 1}, None),
        (None, None),
        (5, None),
    ],
)
def test_a_stored_answer_stands_for_a_choice(value, name):
    assert choice_name(value) == name


def test_a_point_has_two_numbers():
    assert is_point({"lat": -2.5, "lon": 112})
    assert not is_point({"lat": True, "lon": 112})
    assert not is_point({"lat": "x"})
    assert not is_point([1, 2])


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("", Policy("manual")),
        (" latest ", Policy("latest")),
        ("authority:organisasi", Policy("authority", ranks=RANKS)),
        ("cautious", Policy("cautious", order=("baik", "buruk"))),
        ("cautious:max", Policy("cautious:max")),
        ("union", Policy("union")),
        ("tolerance:5%", Policy("tolerance:percent", limit=5.0)),
        ("tolerance:2.5", Policy("tolerance:unit", limit=2.5)),
        ("tolerance:15m", Policy("tolerance:metres", limit=15.0)),
        ("unit", Policy("unit")),
        ("unit:latest", Policy("unit:latest")),
    ],
)
def test_a_form_author_names_a_policy(text, policy):
    assert policy_from(text, choices=("baik", "buruk"), ranks=RANKS) == policy


def test_an_authority_list_without_organisations_ranks_nobody():
    assert policy_from("authority:organisasi") == Policy("authority")


KNOWN = "Known: manual, latest, authority, cautious, union, tolerance, identity, derived."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("newest", f"merge policy 'newest'. {KNOWN} Did you mean 'latest'?"),
        ("zzz", f"merge policy 'zzz'. {KNOWN}"),
        ("tolerance:5km", f"merge policy 'tolerance:5km'. {KNOWN} Did you mean 'tolerance'?"),
        ("tolerance:percent", f"merge policy 'tolerance:percent'. {KNOWN} Did you mean 'tolerance'?"),
        ("authority", f"merge policy 'authority'. {KNOWN} Did you mean 'authority'?"),
    ],
)
def test_an_unknown_policy_is_answered_with_what_is_known(text, said):
    with pytest.raises(ValueError, match="merge policy") as refused:
        policy_from(text)

    assert str(refused.value) == said


def test_notes_are_joined_in_the_order_in_which_they_were_written():
    later, earlier = a_head("a", "jalan rusak", written_ms=2), a_head("b", "air ada", written_ms=1)
    again, cleared = a_head("c", "air ada", written_ms=3), a_head("d", None, written_ms=4)

    assert settle(Policy("union"), [later, earlier, again, cleared]) == Settled(
        "air ada\njalan rusak", False, True, "c"
    )
