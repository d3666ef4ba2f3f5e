"""Names of areas, persons and organisations, each looked up once a page."""

import csv
from functools import cache
from importlib import resources
from typing import Any

from server.console.words import Words
from server.store.base import Unit
from server.store.catalogue import AreaRow
from sync.area import place_name


class Names:
    """Names as one reader's language writes them."""

    def __init__(self, unit: Unit, words: Words) -> None:
        self._unit = unit
        self._words = words
        self._areas: dict[str, AreaRow | None] = {}
        self._persons: dict[str, str] = {}

    def area(self, code: str) -> str:
        """The name of an area; its code where no list has it."""
        return self._area(code) or code

    def place(self, code: Any) -> str:
        """A village with its district, for many villages share a name; other areas by their name."""
        return place_name(code, self._area, self._words) if isinstance(code, str) else ""

    def person(self, id: str) -> str:
        """A person's name; the id where it is of nobody here."""
        if id not in self._persons:
            person = self._unit.people.person(id)
            self._persons[id] = person.name if person else id
        return self._persons[id]

    def organisation(self, code: str) -> str:
        """What an organisation is called in short."""
        return _organisations(self._words.language).get(code, code)

    def ended(self, code: str, *, today: str) -> tuple[str, str, str] | None:
        """That an area is no longer in force: the sentence, and its successor's code and name.

        Both are empty where the list names none. ``None`` for an area in force, and for one of no list.
        """
        row = self._row(code)
        if row is None or row.valid_to is None or row.valid_to > today:
            return None
        said = self._words("console.area.ended", place=self.place(code), day=self._words.day(row.valid_to))
        return said, row.successor or "", self.place(row.successor)

    def _area(self, code: str) -> str | None:
        row = self._row(code)
        return row.name if row else None

    def _row(self, code: str) -> AreaRow | None:
        if code not in self._areas:
            self._areas[code] = self._unit.catalogue.area(code)
        return self._areas[code]

    def role(self, role: str) -> str:
        """A role in words."""
        return self._words(f"console.role.{role}")


@cache
def _organisations(language: str) -> dict[str, str]:
    file = resources.files("server.data").joinpath("organisations.csv")
    rows = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    column = "name_en" if language == "en" else "name_id"
    return {row["code"]: row[column].partition(" (")[0] for row in rows}
