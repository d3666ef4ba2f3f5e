"""Policies: pure views of the heads of a field. They never write and know no history.

A policy depends on the set of heads alone, so a device and the server that hold the same
heads show the same value and the same conflict. One row of ``_VIEWS`` is one policy; the
rule for what a new write may supersede stands in ``sync.base``.
"""

import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeGuard

import msgspec

from sync.distance import distance_m
from sync.revision import organisation_of

POLICY_NAMES = ("manual", "latest", "authority", "cautious", "union", "tolerance", "identity", "derived")
"""What a form author may write into the column ``merge``, besides ``unit`` on a group."""

RANK_UNLISTED = 2**31
"""Rank of an organisation that an authority list does not name: after all others."""

_TOLERANCE = re.compile(r"tolerance:(\d+(?:\.\d+)?)(%|m)?")


class Policy(msgspec.Struct, frozen=True):
    """A compiled policy.

    ``kind``: manual, latest, authority, cautious, cautious:max, cautious:min, union,
    tolerance:percent, tolerance:unit, tolerance:metres, identity, derived, unit, unit:latest.
    ``limit``: the tolerance, in percent, in the unit of the question, or in metres.
    ``order``: choice names of a cautious question, best first. ``ranks``: organisation
    code -> rank, 1 best.
    """

    kind: str
    limit: float = 0.0
    order: tuple[str, ...] = ()
    ranks: dict[str, int] = {}


MANUAL = Policy("manual")
LATEST = Policy("latest")


class Head(msgspec.Struct, frozen=True):
    """A living write of a field."""

    id: str
    value: Any
    person: str
    capacity: str
    written_ms: int
    observed_on: str | None = None
    suspect: bool = False

    @property
    def organisation(self) -> str:
        """Organisation for which the author acted."""
        return organisation_of(self.capacity)


class Settled(msgspec.Struct, frozen=True):
    """What a policy makes of heads: the shown value and whether a person must decide.

    ``differs`` says that some head holds another value than the shown one, which stays
    visible without being a conflict (a lower rank, a measurement within tolerance).
    """

    shown: Any
    conflict: bool
    differs: bool
    head: str


def settle(policy: Policy, heads: Sequence[Head]) -> Settled:
    """The shown value of at least one head, and whether they are a conflict.

    ``head`` is the id whose value is shown; for joined notes the latest of them. A policy
    of a later version of Tapak counts as manual: then a person decides.
    """
    if len(heads) == 1:
        return Settled(heads[0].value, False, False, heads[0].id)
    return _VIEWS.get(policy.kind, _manual)(policy, heads)


def policy_from(text: str, *, choices: Sequence[str] = (), ranks: Mapping[str, int] | None = None) -> Policy:
    """The policy that a form author wrote, ``tolerance:5%``; an empty cell is ``manual``.

    ``choices``: names of the question's choices in their order. ``ranks``: the organisation
    ranks of the list that ``authority:<list>`` names. Raises ValueError with what is known.
    """
    text = text.strip() or "manual"
    if match := _TOLERANCE.fullmatch(text):
        kind = {"%": "tolerance:percent", "m": "tolerance:metres"}.get(match[2], "tolerance:unit")
        return Policy(kind, limit=float(match[1]))
    if text.startswith("authority:"):
        return Policy("authority", ranks=dict(ranks or {}))
    if text == "cautious":
        return Policy("cautious", order=tuple(choices))
    if text in _VIEWS and not text.startswith("tolerance") and text != "authority":
        return Policy(text)
    raise ValueError(_unknown_policy(text))


def same(left: Head, right: Head) -> bool:
    """Whether two heads agree (see ``value_key``)."""
    return bool(value_key(left) == value_key(right))


def value_key(head: Head) -> Any:
    """A key that two heads share when their values agree.

    JSON types must be equal; numbers agree as doubles, texts code point by code point,
    objects by keys, arrays in order. Sealed values agree when they carry the same equality
    group; without one each differs from all others.
    """
    if is_sealed(head.value):
        return ("sealed", _key(head.value.get("g", head.id)))
    return _key(head.value)


def is_sealed(value: Any) -> bool:
    """Whether a value is the commitment of a restricted answer."""
    return isinstance(value, dict) and isinstance(value.get("#"), str)


def latest(heads: Iterable[Head]) -> Head:
    """The newest head: by (observation date, time, id) where all have a date, else (time, id)."""
    return max(_contenders(list(heads)), key=_by_time)


def choice_name(value: Any) -> str | None:
    """The choice that a stored answer stands for, or ``None`` where it is none."""
    if isinstance(value, str):
        return value
    special = {"unknown": "tidak_tahu", "na": "tidak_berlaku"}
    return special.get(value["$"]) if isinstance(value, dict) and isinstance(value.get("$"), str) else None


def badness(policy: Policy, value: Any) -> float | None:
    """How bad a value is under a cautious policy (higher is worse), ``None`` outside its order."""
    if policy.kind == "cautious":
        name = choice_name(value)
        return float(policy.order.index(name)) if name in policy.order else None
    if not is_number(value):
        return None
    return -float(value) if policy.kind == "cautious:min" else float(value)


def rank(policy: Policy, capacity: str) -> int:
    """Rank of an author under an authority policy, 1 best."""
    return policy.ranks.get(organisation_of(capacity), RANK_UNLISTED)


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether a value is a JSON number (true and false are not)."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_point(value: Any) -> bool:
    """Whether a value is a point, ``{"lat", "lon", …}``."""
    return isinstance(value, dict) and is_number(value.get("lat")) and is_number(value.get("lon"))


def _key(value: Any) -> Any:
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, int | float):
        return ("number", float(value))
    if isinstance(value, dict):
        return ("object", frozenset((name, _key(item)) for name, item in value.items()))
    if isinstance(value, list):
        return ("array", tuple(_key(item) for item in value))
    return ("text", value) if isinstance(value, str) else ("null",)


def _by_time(head: Head) -> tuple[int, str]:
    return (head.written_ms, head.id)


def _contenders(heads: Sequence[Head]) -> list[Head]:
    """The heads among which only the clock can decide."""
    dates = [head.observed_on for head in heads]
    if None in dates:
        return list(heads)
    newest = max(date for date in dates if date is not None)
    return [head for head in heads if head.observed_on == newest]


def _agree(heads: Iterable[Head]) -> bool:
    return len({value_key(head) for head in heads}) == 1


def _settled(shown: Head, heads: Iterable[Head], *, conflict: bool) -> Settled:
    differs = any(not same(shown, head) for head in heads)
    return Settled(shown.value, conflict, differs, shown.id)


def _manual(policy: Policy, heads: Sequence[Head]) -> Settled:
    return _settled(latest(heads), heads, conflict=not _agree(heads))


def _latest(policy: Policy, heads: Sequence[Head]) -> Settled:
    contenders = _contenders(heads)
    in_doubt = any(head.suspect for head in contenders) and not _agree(contenders)
    return _settled(latest(heads), heads, conflict=in_doubt)


def _authority(policy: Policy, heads: Sequence[Head]) -> Settled:
    best_rank = min(rank(policy, head.capacity) for head in heads)
    best = [head for head in heads if rank(policy, head.capacity) == best_rank]
    return _settled(latest(best), heads, conflict=not _agree(best))


def _cautious(policy: Policy, heads: Sequence[Head]) -> Settled:
    ranked = [(badness(policy, head.value), head) for head in heads]
    worst = max((bad for bad, _ in ranked if bad is not None), default=None)
    if worst is None or any(bad is None for bad, _ in ranked):
        return _manual(policy, heads)
    shown = latest(head for bad, head in ranked if bad == worst)
    return _settled(shown, heads, conflict=not _agree(heads))


def _union(policy: Policy, heads: Sequence[Head]) -> Settled:
    """True over false for an option, every photo, all notes one below the other."""
    filled = sorted((head for head in heads if head.value is not None), key=_by_time)
    ticked = [head for head in filled if head.value is True]
    notes = [head for head in filled if isinstance(head.value, str)]
    if ticked or not notes:
        return _settled(latest(ticked or filled or heads), heads, conflict=False)
    texts = list(dict.fromkeys(head.value for head in notes))
    return Settled("\n".join(texts), False, len(texts) > 1, notes[-1].id)


def _tolerance(policy: Policy, heads: Sequence[Head]) -> Settled:
    """The lower median, a value that somebody wrote, if the whole set lies within the limit."""
    if not all(is_number(head.value) and math.isfinite(head.value) for head in heads):
        return _manual(policy, heads)
    ordered = sorted(heads, key=lambda head: (float(head.value), head.id))
    low, high = float(ordered[0].value), float(ordered[-1].value)
    limit = policy.limit
    if policy.kind == "tolerance:percent":
        limit = policy.limit * max(abs(low), abs(high)) / 100
    median = ordered[(len(ordered) - 1) // 2]
    return _settled(median, heads, conflict=high - low > limit)


def _near(policy: Policy, heads: Sequence[Head]) -> Settled:
    """The point with the best accuracy, if no two lie further apart than the limit."""
    if not all(is_point(head.value) for head in heads):
        return _manual(policy, heads)
    places = [(head.value["lat"], head.value["lon"]) for head in heads]
    widest_m = max(distance_m(*one, *other) for one in places for other in places)
    shown = min(heads, key=lambda head: (_accuracy_m(head.value), head.id))
    return _settled(shown, heads, conflict=widest_m > policy.limit)


def _accuracy_m(point: Mapping[str, Any]) -> float:
    accuracy_m = point.get("acc")
    return float(accuracy_m) if is_number(accuracy_m) else math.inf


def _identity(policy: Policy, heads: Sequence[Head]) -> Settled:
    return _settled(min(heads, key=_by_time), heads, conflict=not _agree(heads))


def _derived(policy: Policy, heads: Sequence[Head]) -> Settled:
    return _settled(latest(heads), heads, conflict=False)


def _unknown_policy(text: str) -> str:
    known = ", ".join(POLICY_NAMES)
    close = difflib.get_close_matches(text.partition(":")[0], POLICY_NAMES, n=1, cutoff=0.4)
    hint = f" Did you mean '{close[0]}'?" if close else ""
    return f"merge policy '{text}'. Known: {known}.{hint}"


_VIEWS: dict[str, Callable[[Policy, Sequence[Head]], Settled]] = {
    "manual": _manual,
    "latest": _latest,
    "authority": _authority,
    "cautious": _cautious,
    "cautious:max": _cautious,
    "cautious:min": _cautious,
    "union": _union,
    "tolerance:percent": _tolerance,
    "tolerance:unit": _tolerance,
    "tolerance:metres": _near,
    "identity": _identity,
    "derived": _derived,
    "unit": _manual,
    "unit:latest": _latest,
}
