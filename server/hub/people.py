"""Persons and what their roles allow."""

import difflib
import re
from collections.abc import Collection, Iterable

from server.hub.errors import UsageError
from server.store.base import Unit
from server.store.people import PersonRow
from sync.area import is_area, minimal, within
from sync.revision import storable

ROLES = ("verifier", "coordinator", "regency", "province", "auditor", "admin")

ID = re.compile("p[a-z2-7]{10}")
"""``p`` and ten characters of base32."""

ROLES_THAT_DECIDE = frozenset({"coordinator", "regency", "province", "admin"})
"""Coordinator or above: who may resolve a conflict and release a held line."""


def add_person(
    unit: Unit,
    *,
    id: str,
    name: str,
    role: str,
    organisation: str,
    areas: Iterable[str],
    organisations: Collection[str],
    now_ms: int,
) -> PersonRow:
    """Store a new person. Raises UsageError for a role, organisation or area that is none."""
    person = PersonRow(
        id=id, name=storable(name.strip()), role=role, organisation=organisation, areas=minimal(areas)
    )
    if not person.name:
        raise UsageError("server.error.name-missing")
    _require(role, ROLES, "server.error.role-unknown")
    _require(organisation, organisations, "server.error.organisation-unknown")
    for area in person.areas:
        _require_area(unit, area)
    unit.people.add_person(person, now_ms=now_ms)
    return person


def known_person(unit: Unit, person_id: str) -> PersonRow:
    """A person that is here. Raises UsageError where the id is of nobody."""
    person = unit.people.person(person_id)
    if person is None:
        raise UsageError("server.error.person-unknown", person=person_id)
    return person


def free_id(unit: Unit, id: str) -> str:
    """The id that a person had before. Raises UsageError where it is none, or somebody's."""
    if not ID.fullmatch(id):
        raise UsageError("server.error.person-id-malformed", id=id)
    taken = unit.people.person(id)
    if taken is not None:
        raise UsageError("server.error.person-id-taken", id=id, name=taken.name)
    return id


def decider(unit: Unit, person_id: str, areas: Iterable[str]) -> PersonRow:
    """The person, if role and scope allow a decision on a record of these villages.

    A record without a village yet (an orphan) is decided by anyone with the role.
    """
    person = known_person(unit, person_id)
    if person.role not in ROLES_THAT_DECIDE:
        raise UsageError("server.error.role-decides-not", person=person.name, role=person.role)
    villages = list(areas)
    if villages and not any(within(village, person.areas) for village in villages):
        raise UsageError("server.error.out-of-scope", person=person.name, areas=", ".join(villages))
    return person


def capacity_of(person: PersonRow) -> str:
    """In what capacity a person writes, ``coordinator/dpmd``."""
    return f"{person.role}/{person.organisation}"


def _require(word: str, known: Collection[str], key: str) -> None:
    if word in known:
        return
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    raise UsageError(key, word=word, known=", ".join(known), close=f" ('{close[0]}'?)" if close else "")


def _require_area(unit: Unit, area: str) -> None:
    if not is_area(area):
        raise UsageError("server.error.area-malformed", area=area)
    if unit.catalogue.area_count() and unit.catalogue.area(area) is None:
        raise UsageError("server.error.area-unknown", area=area)
