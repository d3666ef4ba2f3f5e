"""Which heads a save supersedes: the base, decided when the form is *opened*.

Naming every head that was on the screen lost the top-ranked answer in 723 of 3,000
simulated runs; so each policy spares what its author has no right, or no reason, to remove.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from sync.policies import Head, Policy, badness, rank
from sync.revision import BASE_IDS_MAX


class Author(msgspec.Struct, frozen=True):
    """Who saves: the person, for which organisation (``verifier/tni``), about which day."""

    person: str
    capacity: str
    observed_on: str | None = None


class Write(msgspec.Struct, frozen=True):
    """One field of a save: its policy, the heads at form open, and the value now written."""

    policy: Policy
    heads: tuple[Head, ...]
    value: Any


def superseded(policy: Policy, heads: Iterable[Head], me: Author, value: Any) -> list[str]:
    """Ids of those ``heads`` that a write of ``value`` by ``me`` may supersede, sorted.

    Always one's own (the person's, on any device); of others' what the policy allows.
    """
    may = _MAY_SUPERSEDE.get(policy.kind, _all)
    return sorted(head.id for head in heads if head.person == me.person or may(policy, head, me, value))


def bases(
    writes: Mapping[str, Write], me: Author, *, resolution: bool = False
) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """``(b, bf)`` of a save: the base for its fields, and the fields that have their own.

    A field in which a head is spared always has its own, for a flat list would let that
    head die through another field; so has a reserved field, whose base names only earlier
    heads of the same field. A resolution names all heads.
    """
    shared: set[str] = set()
    own: dict[str, tuple[str, ...]] = {}
    for field, write in writes.items():
        ids = sorted(head.id for head in write.heads)
        named = ids if resolution else superseded(write.policy, write.heads, me, write.value)
        if len(named) < len(ids) or field.startswith("_"):
            own[field] = tuple(named)
        else:
            shared.update(named)
    if len(own) == len(writes) and len(set(own.values())) == 1:
        return next(iter(own.values()))[:BASE_IDS_MAX], {}
    base = tuple(sorted(shared))
    return base[:BASE_IDS_MAX], {field: ids for field, ids in own.items() if ids != base}


def redated(
    fields: Mapping[str, Sequence[Head]],
    policies: Callable[[str], Policy],
    me: Author,
    *,
    old_date: str,
) -> dict[str, Write]:
    """The author's own live values under ``latest`` that still carry ``old_date``.

    A save that corrects the observation date writes them again under the new one; their
    base is his own heads alone.
    """
    again: dict[str, Write] = {}
    for field, heads in fields.items():
        policy = policies(field)
        if policy.kind not in ("latest", "unit:latest") or field.startswith("_"):
            continue
        mine = [head for head in heads if head.person == me.person and head.observed_on == old_date]
        if mine:
            newest = max(mine, key=lambda head: (head.written_ms, head.id))
            again[field] = Write(policy, tuple(mine), newest.value)
    return again


def _all(policy: Policy, head: Head, me: Author, value: Any) -> bool:
    return True


def _not_observed_later(policy: Policy, head: Head, me: Author, value: Any) -> bool:
    return head.observed_on is None or me.observed_on is None or head.observed_on <= me.observed_on


def _not_ranked_higher(policy: Policy, head: Head, me: Author, value: Any) -> bool:
    return rank(policy, head.capacity) >= rank(policy, me.capacity)


def _not_worse(policy: Policy, head: Head, me: Author, value: Any) -> bool:
    theirs, mine = badness(policy, head.value), badness(policy, value)
    return theirs is not None and mine is not None and theirs <= mine


def _only_own(policy: Policy, head: Head, me: Author, value: Any) -> bool:
    return False


_MAY_SUPERSEDE: dict[str, Callable[[Policy, Head, Author, Any], bool]] = {
    "latest": _not_observed_later,
    "unit:latest": _not_observed_later,
    "authority": _not_ranked_higher,
    "cautious": _not_worse,
    "cautious:max": _not_worse,
    "cautious:min": _not_worse,
    "union": _only_own,
}
