"""What changes between two versions of a form, question by question."""

from collections.abc import Iterator
from typing import Any

import msgspec

from sync.forms.model import WITHOUT_FIELD, Form, Question
from sync.policies import Policy

ADDED, LOST, RETYPED, MOVED = "added", "lost", "retyped", "moved"
CHOICE_ADDED, CHOICE_LOST = "choice-added", "choice-lost"
MERGE, SECURITY, LOGIC, WORDING = "merge", "class", "logic", "wording"

# Values that were written under the old version are read differently under the new one.
CONCERNS_VALUES = frozenset({LOST, RETYPED, MOVED, CHOICE_LOST, MERGE, SECURITY})

_LOGIC = ("required", "required_if", "relevant", "constraint", "calculation", "choice_filter", "topic")
_WORDING = ("labels", "hints", "constraint_messages")


class Change(msgspec.Struct, frozen=True):
    """One change of a question; ``before`` and ``after`` say what it was and is, where that is short."""

    kind: str
    question: str
    before: str = ""
    after: str = ""


def diff(before: Form, after: Form) -> list[Change]:
    """The changes: lost questions first, then in the order of the new form.

    Nothing that was saved is dropped by any of them: a lost question's values stay in their
    records and are flagged ``unknown-field``, a retyped one's ``wrong-type``.
    """
    changes = [
        Change(LOST, question.name, before=question.type)
        for question in before.questions
        if question.name not in after.by_name
    ]
    for question in after.questions:
        earlier = before.by_name.get(question.name)
        if earlier is None:
            changes.append(Change(ADDED, question.name, after=question.type))
        else:
            changes += _changes_of(earlier, question, before, after)
    return changes


def _changes_of(earlier: Question, question: Question, before: Form, after: Form) -> Iterator[Change]:
    name = question.name
    if earlier.type != question.type:
        yield Change(RETYPED, name, earlier.type, question.type)
    if _place(earlier) != _place(question):
        yield Change(MOVED, name, _place(earlier), _place(question))
    yield from _choice_changes(earlier, question, before, after)
    if question.type not in WITHOUT_FIELD and _merge(earlier.policy) != _merge(question.policy):
        yield Change(MERGE, name, _merge(earlier.policy), _merge(question.policy))
    if earlier.security != question.security:
        yield Change(SECURITY, name, earlier.security, question.security)
    if any(getattr(earlier, each) != getattr(question, each) for each in _LOGIC):
        changed = [each for each in _LOGIC if getattr(earlier, each) != getattr(question, each)]
        yield Change(LOGIC, name, after=", ".join(changed))
    if any(getattr(earlier, each) != getattr(question, each) for each in _WORDING):
        yield Change(WORDING, name)


def _choice_changes(earlier: Question, question: Question, before: Form, after: Form) -> Iterator[Change]:
    offered = [choice.name for choice in before.choices.get(earlier.list_name, ())]
    offers = [choice.name for choice in after.choices.get(question.list_name, ())]
    for choice in offered:
        if choice not in offers:
            yield Change(CHOICE_LOST, question.name, before=choice)
    for choice in offers:
        if choice not in offered:
            yield Change(CHOICE_ADDED, question.name, after=choice)


def _place(question: Question) -> str:
    """What the names of a question's fields hang on: its repeat and its unit group."""
    return "/".join(part for part in (question.repeat, question.unit) if part)


def _merge(policy: Policy) -> str:
    """A policy as a person writes it; its order and ranks where they matter."""
    parts: list[Any] = [policy.kind]
    if policy.limit:
        parts.append(f"{policy.limit:g}")
    parts += policy.order
    parts += [f"{organisation}={rank}" for organisation, rank in policy.ranks.items()]
    return " ".join(parts)
