"""A record in the words of its form and of the language of the screen."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from sqlite_utils import Database

from deploy.field_day.screen import Screen
from field_client.fetching import place_name
from field_client.records import Entry
from field_client.texts import text
from sync.forms.model import Question, field_of


class Words:
    """Names what one record holds."""

    def __init__(self, db: Database, screen: Screen, entry: Entry) -> None:
        self._db, self._screen = db, screen
        self._form, self._form_key = entry.form, entry.form_key

    def title(self, shown: Mapping[str, Any], villages: tuple[str, ...]) -> str:
        """What the record is called, where it lies, and its form."""
        called = [str(shown[name]) for name in ("sebutan_lahan", "nama_koperasi") if shown.get(name)]
        form = self._in(self._form.titles) if self._form else ""
        return " · ".join([*called[:1], *(self._place(code) for code in villages), form or self._form_key])

    def question(self, field: str) -> Question | None:
        """The question of a field; none for a reserved one."""
        found = field_of(self._form, field) if self._form and not field.startswith("_") else None
        return found.question if found else None

    def label(self, field: str) -> str:
        """What the form asks there, without what stands in brackets."""
        question = self.question(field)
        return (self._in(question.labels).partition(" (")[0] if question else "") or field

    def value(self, field: str, value: Any) -> str:
        """An answer, as the form words it."""
        if isinstance(value, str):
            return self._text(self.question(field), value)
        if isinstance(value, dict) and "lat" in value:
            return f"{value['lat']}, {value['lon']} (± {value.get('acc', 0):g} m)"
        if isinstance(value, dict) and "$" in value:
            return self._screen.text("report.unknown")
        if isinstance(value, dict) and "#" not in value:
            return ", ".join(f"{self._member(name)} {self.value('', item)}" for name, item in value.items())
        return "-" if value is None else self._screen.number(value)

    def options(self, question: Question, names: list[str]) -> str:
        """Ticked options."""
        return ", ".join(self._choice(question, name) for name in names) or "-"

    def _text(self, question: Question | None, text: str) -> str:
        if question is not None and question.type == "date":
            return self._screen.day(text)
        return self._choice(question, text).replace("\n", " / ")

    def _member(self, name: str) -> str:
        question = self._form.by_name.get(name) if self._form else None
        return self._in(question.labels).partition(" (")[0] if question else name

    def _choice(self, question: Question | None, name: str) -> str:
        choices = self._form.choices.get(question.list_name, ()) if self._form and question else ()
        labels = next((choice.labels for choice in choices if choice.name == name), {})
        return self._in(labels) or name

    def _place(self, code: str) -> str:
        language = self._screen.language
        return place_name(self._db, code, lambda key, **values: text(key, language, **values))

    def _in(self, labels: Mapping[str, str]) -> str:
        """The label in the language of the screen, else in the form's own."""
        default = self._form.default_language if self._form else ""
        return labels.get(self._screen.language) or labels.get(default, "")


@cache
def organisations(language: str) -> dict[str, str]:
    """The names of the organisations, without what stands in brackets."""
    file = resources.files("server.data").joinpath("organisations.csv")
    rows = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    return {row["code"]: row[f"name_{language}"].partition(" (")[0] for row in rows}
