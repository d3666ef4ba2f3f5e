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
    """One field of a save: its policy, the heads at form open, and the value now written.

    ``named``: the ids that it supersedes, where they are decided already (see ``redated``).
    """

    policy: Policy
    heads: tuple[Head, ...]
    value: Any
    named: tuple[str, ...] | None = None


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
    heads of the same field. A resolution names all heads. Of more ids than a revision
    holds, the author's own are named first; what is left out stays a head.
    """
    named = _within_limit(
        {field: _named(write, me, resolution) for field, write in writes.items()}, writes, me
    )
    spares = {field for field, write in writes.items() if len(named[field]) < len(write.heads)}
    shared = {
        id for field, ids in named.items() if field not in spares and not _is_reserved(field) for id in ids
    }
    base = tuple(sorted(shared))
    own = {
        field: ids for field, ids in named.items() if field in spares or (_is_reserved(field) and ids != base)
    }
    return base, own


def redated(
    fields: Mapping[str, Sequence[Head]],
    policies: Callable[[str], Policy],
    me: Author,
    *,
    old_date: str,
) -> dict[str, Write]:
    """The author's own live values under ``latest`` that still carry ``old_date``.

    A save that corrects the observation date writes them again under the new one; their
    base is those heads of his alone, and other people's are spared.
    """
    again: dict[str, Write] = {}
    for field, heads in fields.items():
        policy = policies(field)
        if policy.kind not in ("latest", "unit:latest") or _is_reserved(field):
            continue
        mine = [head for head in heads if head.person == me.person and head.observed_on == old_date]
        if mine:
            newest = max(mine, key=lambda head: (head.written_ms, head.id))
            again[field] = Write(
                policy, tuple(heads), newest.value, named=tuple(sorted(head.id for head in mine))
            )
    return again


def _named(write: Write, me: Author, resolution: bool) -> tuple[str, ...]:
    if write.named is not None:
        return write.named
    if resolution:
        return tuple(sorted(head.id for head in write.heads))
    return tuple(superseded(write.policy, write.heads, me, write.value))


def _within_limit(
    named: dict[str, tuple[str, ...]], writes: Mapping[str, Write], me: Author
) -> dict[str, tuple[str, ...]]:
    ids = set().union(*named.values())
    if len(ids) <= BASE_IDS_MAX:
        return named
    mine = {head.id for write in writes.values() for head in write.heads if head.person == me.person}
    kept = set(sorted(ids, key=lambda id: (id not in mine, id))[:BASE_IDS_MAX])
    return {field: tuple(id for id in ids_of_field if id in kept) for field, ids_of_field in named.items()}


def _is_reserved(field: str) -> bool:
    return field.startswith("_")


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
