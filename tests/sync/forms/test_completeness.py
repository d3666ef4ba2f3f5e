"""Readiness: its rules are told by tests/vectors/completeness.json; here is what holds of all."""

from __future__ import annotations

from sync.forms.completeness import RULES, topic_states
from sync.forms.model import TOPICS


def test_every_topic_has_a_rule_and_a_state():
    assert tuple(RULES) == TOPICS == tuple(topic_states([], today="2026-11-23"))
