"""Notes on points and sizes, as the area list and the boundaries of this server tell them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from server.hub.areas import names_in
from server.hub.boundaries import StoreAtlas
from server.store.base import Unit
from server.texts import text
from sync.forms.flags import Flag
from sync.forms.model import Form
from sync.location import Note, message, notes, sought_in


class Locator:
    """Judges records of one form in one unit; boundaries are read once."""

    def __init__(self, unit: Unit, form: Form) -> None:
        self._sought = sought_in(form)
        self._atlas = StoreAtlas(unit) if self._sought.questions and unit.boundaries.count() else None

    def notes(self, shown: Mapping[str, Any], villages: Sequence[str]) -> list[Note]:
        """What is to be said of a record's shown values; nothing costs nothing."""
        return list(notes(self._sought, shown, villages, self._atlas)) if self._sought.questions else []


def located_flags(
    unit: Unit, form: Form, shown: Mapping[str, Any], villages: Sequence[str], language: str
) -> list[Flag]:
    """The same as flags, in words."""
    name_of, say = names_in(unit), _saying(language)
    return [
        Flag(note.field, note.code, {language: message(note, name_of, say, language)})
        for note in Locator(unit, form).notes(shown, villages)
    ]


def _saying(language: str) -> Callable[..., str]:
    return lambda key, **values: text(key, language, **values)
