"""Persons from a CSV: checked row by row, added as a whole."""

import csv
from collections.abc import Callable, Collection, Iterable

import msgspec

from server.hub.errors import UsageError
from server.hub.people import add_person
from server.store.base import Unit
from sync.area import minimal

COLUMNS = ("name", "role", "organisation", "areas")


class WrongRow(UsageError):
    """A row that is no person; ``reason`` is what is wrong with it."""

    def __init__(self, number: int, reason: UsageError) -> None:
        super().__init__("server.error.person-row", number=number)
        self.reason = reason


class Imported(msgspec.Struct, frozen=True):
    """Ids of the new persons, and how many were there already."""

    added: tuple[str, ...]
    known: int


def import_persons(
    unit: Unit,
    lines: Iterable[str],
    *,
    organisations: Collection[str],
    new_id: Callable[[], str],
    now_ms: int,
) -> Imported:
    """Add the persons of a CSV with the columns name, role, organisation, areas.

    A person who is there already, the same in all four, is passed over, so that a file can be
    imported again. Raises UsageError for the first row that is wrong; then none is kept.
    """
    reader = csv.DictReader(lines)
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise UsageError("server.error.person-columns", missing=", ".join(missing), known=", ".join(COLUMNS))
    here = {(one.name, one.role, one.organisation, one.areas) for one in unit.people.persons()}
    added, known = [], 0
    for number, cells in enumerate(reader, start=2):
        name, role, organisation, areas = ((cells[column] or "").strip() for column in COLUMNS)
        if (name, role, organisation, minimal(areas.split())) in here:
            known += 1
            continue
        try:
            if not areas:
                raise UsageError("server.error.area-malformed", area="")
            person = add_person(
                unit,
                id=new_id(),
                name=name,
                role=role,
                organisation=organisation,
                areas=areas.split(),
                organisations=organisations,
                now_ms=now_ms,
            )
        except UsageError as error:
            raise WrongRow(number, error) from error
        here.add((person.name, person.role, person.organisation, person.areas))
        added.append(person.id)
    return Imported(tuple(added), known)
