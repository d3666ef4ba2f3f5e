"""The page of policies is what the code decides."""

from __future__ import annotations

import pytest

from deploy.make_policies import CHOICES, POLICIES, RANKS, TARGET, page
from sync.base import Author, superseded
from sync.policies import POLICY_NAMES, Head, Policy, policy_from


def policy(name: str) -> Policy:
    return Policy(name) if name.startswith("unit") else policy_from(name, choices=CHOICES, ranks=RANKS)


def test_the_page_is_up_to_date():
    assert TARGET.read_text(encoding="utf-8") == page(), "write it anew: python deploy/make_policies.py"


def test_every_policy_that_an_author_can_write_is_on_the_page():
    assert {name.partition(":")[0] for name, *_ in POLICIES} == {*POLICY_NAMES, "unit"}


@pytest.mark.parametrize(
    ("name", "supersedes"), [(name, supersedes) for name, _, _, supersedes, _ in POLICIES]
)
def test_a_save_may_supersede_what_the_page_says(name: str, supersedes: str):
    # Another person's answer of a better rank, of a later day, outside every order.
    head = Head("A", {"$": "other"}, "budi", "verifier/tni", 1, "2026-11-19")
    siti = Author("siti", "verifier/dinas_koperasi", "2026-11-16")

    named = superseded(policy(name), [head], siti, "tidak")

    assert named == (["A"] if supersedes == "every answer that was on the screen" else [])
