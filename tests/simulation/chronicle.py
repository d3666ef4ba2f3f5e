"""What was really written, by whom and having seen what: the truth that the stores are held against.

Nothing here uses ``fold``, ``bases`` or ``overlay`` of ``sync/``: a fault there must not hide
itself. The rules stand here a second time, as plainly as possible.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sync.forms.model import field_of
from sync.policies import LATEST, MANUAL, Policy, choice_name, rank
from sync.revision import Revision, read
from tests.simulation.forms import form_version
from tests.simulation.phone import Opening, Phone

Heads = dict[str, dict[str, Any]]


class Fault(Exception):
    """A promise is broken: ``lost`` or ``diverged``, and where."""

    def __init__(self, kind: str, what: str) -> None:
        super().__init__(f"{kind}: {what}")
        self.kind = kind


class Chronicle:
    """Every revision that was ever confirmed, and what each supersedes."""

    def __init__(self) -> None:
        self.made: dict[str, Revision] = {}
        self.named: set[tuple[str, str]] = set()
        self.forms = {form_version(number).key: form_version(number) for number in range(1, 9)}

    def note(self, id: str, line: bytes) -> Revision:
        """A confirmed line, as its device has it."""
        revision = read(line)
        assert isinstance(revision, Revision), line
        self.made[id] = revision
        self.named.update((base, field) for field in revision.values for base in revision.base_of(field))
        return revision

    def note_save(self, phone: Phone, opening: Opening, *, resolution: bool) -> int:
        """The new lines of a phone; how many. Raises Fault for a head that such a save may not end."""
        dead_before = set(self.named)
        lines = phone.new_lines()
        for own in lines:
            revision = self.note(own.id, own.body)
            for field in revision.values:
                for base in revision.base_of(field):
                    if (base, field) not in dead_before and field in self._values(base):
                        self._judge(own.id, revision, field, base, opening, resolution)
        return len(lines)

    def _judge(
        self, id: str, revision: Revision, field: str, base: str, opening: Opening, resolution: bool
    ) -> None:
        if base not in opening.get(field, ()):
            raise Fault("lost", f"{id} ends {base} in {field}, which its author had not seen")
        if not resolution and not self.may_end(revision, field, self.made[base]):
            raise Fault("lost", f"{id} ends {base} in {field}, which its policy spares")

    def _values(self, id: str) -> Mapping[str, Any]:
        revision = self.made.get(id)
        return revision.values if revision else {}

    def may_end(self, mine: Revision, field: str, theirs: Revision) -> bool:
        """Whether a save that is no resolution may supersede this head (see sync.base)."""
        if theirs.author == mine.author:
            return True
        policy = self._policy(mine, field)
        if policy.kind == "latest":
            dates = (theirs.observed_on, mine.observed_on)
            return None in dates or str(dates[0]) <= str(dates[1])
        if policy.kind == "authority":
            return rank(policy, theirs.capacity) >= rank(policy, mine.capacity)
        if policy.kind == "cautious":
            places = [
                policy.order.index(name) if name in policy.order else -1
                for name in self._names(theirs, mine, field)
            ]
            return -1 not in places and places[0] <= places[1]
        return policy.kind != "union"

    def _names(self, theirs: Revision, mine: Revision, field: str) -> list[str]:
        return [choice_name(revision.values[field]) or "" for revision in (theirs, mine)]

    def _policy(self, revision: Revision, field: str) -> Policy:
        if field.startswith("_"):
            return LATEST if field == "_review" else MANUAL
        found = field_of(self.forms[revision.form], field)
        return found.question.policy if found else MANUAL


def heads_of(revisions: Mapping[str, Revision]) -> Heads:
    """The definition of merging: all writes, minus those that a write of the same field names."""
    heads: Heads = {}
    for id, revision in revisions.items():
        for field, value in revision.values.items():
            heads.setdefault(field, {})[id] = value
    for revision in revisions.values():
        for field in revision.values:
            for base in revision.base_of(field):
                heads.get(field, {}).pop(base, None)
    return {field: found for field, found in heads.items() if found}


def laid_over(server: Heads, own: Mapping[str, Revision], loose: set[str]) -> Heads:
    """What a device must show: ``loose`` own saves over the server's heads; all own bases count."""
    heads = {field: dict(found) for field, found in server.items()}
    for id in loose:
        for field, value in own[id].values.items():
            heads.setdefault(field, {}).setdefault(id, value)
    for revision in own.values():
        for field in revision.values:
            for base in revision.base_of(field):
                heads.get(field, {}).pop(base, None)
    return {field: found for field, found in heads.items() if found}


def contested(revisions: Mapping[str, Revision]) -> int:
    """Fields of a record that had several heads at some time."""
    several = {field for field, found in heads_of(revisions).items() if len(found) > 1}
    for revision in revisions.values():
        for field in revision.values:
            named = [
                base
                for base in revision.base_of(field)
                if base in revisions and field in revisions[base].values
            ]
            if len(named) > 1:
                several.add(field)
    return len(several)


def as_bytes(heads: Heads) -> bytes:
    """Heads as comparable bytes."""
    return msgspec.json.encode(heads, order="deterministic")
