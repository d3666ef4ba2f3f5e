"""The shown answers of a record, as the expressions of its form see them: each as a text.

Inside a repeat ``${name}`` is the answer of the same row. Read from outside, it is the texts of
all rows that are not deleted, in the order of their ids, parted by spaces. An answer keeps its
text whether or not its question is relevant.
"""

from collections.abc import Mapping
from typing import Any

from sync.forms.expressions import Context, Unjudged, Value, evaluate, text_of
from sync.forms.model import ATTACHMENTS, Form, Question, field_of
from sync.policies import is_sealed
from sync.revision import NOT_APPLICABLE, UNKNOWN

_MEANINGS = (("tidak_tahu", UNKNOWN), ("tidak_berlaku", NOT_APPLICABLE))


class Document:
    """The answers of one record, found by question and row. ``today`` is a local date.

    ``shown``: field -> the value that its policy shows.
    """

    def __init__(self, form: Form, shown: Mapping[str, Any], *, today: str) -> None:
        self.form = form
        self.today = today
        self._parts: dict[tuple[str, str], dict[str, Any]] = {}
        self._calculated: dict[tuple[str, str], Value] = {}
        rows: dict[str, set[str]] = {}
        for field, value in shown.items():
            found = field_of(form, field)
            if found is None or is_in_deleted_row(field, shown):
                continue
            part = found.option or found.sha256
            self._parts.setdefault((found.question.name, found.row), {})[part] = value
            if found.row and value is not None:
                rows.setdefault(found.question.repeat, set()).add(found.row)
        self._rows = {repeat: tuple(sorted(ids)) for repeat, ids in rows.items()}

    def rows_of(self, question: Question) -> tuple[str, ...]:
        """The rows in which a question is asked; ``("",)`` outside repeats."""
        return self.rows(question.repeat) if question.repeat else ("",)

    def rows(self, repeat: str) -> tuple[str, ...]:
        """The rows of a repeat that hold an answer and are not deleted."""
        return self._rows.get(repeat, ())

    def answer(self, question: Question, row: str = "") -> Any:
        """The value of a question that has one: ``None`` where it is not answered or cleared."""
        if question.unit:
            unit = self._parts.get((question.unit, row), {}).get("")
            if not isinstance(unit, dict) or is_sealed(unit) or "$" in unit:
                return unit if isinstance(unit, dict) else None
            return unit.get(question.name)
        return self._parts.get((question.name, row), {}).get("")

    def parts(self, question: Question, row: str = "") -> dict[str, Any]:
        """Option -> value of a ``select_multiple``, SHA-256 -> photo; cleared ones left out."""
        parts = self._parts.get((question.name, row), {})
        return {part: value for part, value in parts.items() if value is not None}

    def is_answered(self, question: Question, row: str = "") -> bool:
        """Whether somebody answered; *unknown* and *not applicable* are answers.

        A ``select_multiple`` without a ticked option is none: unticked does not mean *no*.
        """
        if question.type == "repeat":
            return bool(self.rows(question.name))
        if question.type in ATTACHMENTS:
            return bool(self.parts(question, row))
        if question.type == "select_multiple":
            return any(value is not False for value in self.parts(question, row).values())
        return self.answer(question, row) not in (None, "")

    def text(self, name: str, row: str = "") -> str:
        """The text of a question's answer as the expressions of ``row`` read it.

        Raises Unjudged where the answer is sealed.
        """
        question = self.form.by_name.get(name)
        if question is None:
            return ""
        if question.repeat and not row:
            texts = [self._text_in(question, each) for each in self.rows_of(question)]
            return " ".join(text for text in texts if text)
        return self._text_in(question, row if question.repeat else "")

    def evaluate(self, tree: Any, question: Question, row: str = "") -> Value:
        """The value of an expression of this question. Raises Unjudged."""
        own = "" if question.type == "calculate" else self._text_in(question, row)
        return evaluate(tree, self.context(row, own=own))

    def context(self, row: str = "", *, own: str = "", columns: Mapping[str, str] | None = None) -> Context:
        """What an expression reads in this row."""
        return Context(lambda name: self.text(name, row), self.today, own, columns or {})

    def calculated(self, question: Question, row: str = "") -> Value:
        """The value of a ``calculate`` question. Raises Unjudged."""
        key = (question.name, row)
        if key not in self._calculated:
            self._calculated[key] = self.evaluate(question.calculation, question, row)
        return self._calculated[key]

    def _text_in(self, question: Question, row: str) -> str:
        if question.type == "calculate":
            return "" if question.calculation is None else _known_number(self.calculated(question, row))
        if question.type in ATTACHMENTS:
            return " ".join(sorted(self.parts(question, row)))
        if question.type == "select_multiple":
            return self._chosen(question, row)
        return self._as_text(question, self.answer(question, row))

    def _chosen(self, question: Question, row: str) -> str:
        """The ticked options in the order of the list; those that it does not have behind them."""
        parts = self.parts(question, row)
        if any(is_sealed(value) for value in parts.values()):
            raise Unjudged(question.name)
        offered = [choice.name for choice in self.form.choices.get(question.list_name, ())]
        names = [*offered, *sorted(set(parts) - set(offered))]
        ticked = [name for name in names if parts.get(name) is True]
        meant = [self._as_text(question, value) for value in parts.values() if isinstance(value, dict)]
        return " ".join(ticked or sorted(set(meant)))

    def _as_text(self, question: Question, value: Any) -> str:
        if is_sealed(value):
            raise Unjudged(question.name)
        for name, meaning in _MEANINGS:
            if value == meaning:
                return name if name in self.form.option_names.get(question.list_name, ()) else ""
        if isinstance(value, bool):
            return "OK" if value else ""
        if isinstance(value, dict):
            return _place_text(value)
        if isinstance(value, int | float):
            return text_of(float(value))
        return value if isinstance(value, str) else ""


def _known_number(value: Value) -> str:
    """The text of a calculated value; a number that came out of no answer is none."""
    text = text_of(value)
    return "" if text == "NaN" else text


def is_in_deleted_row(field: str, shown: Mapping[str, Any]) -> bool:
    """Whether a field belongs to a row of a repeat that was removed."""
    repeat, _, rest = field.partition("/")
    return bool(rest) and shown.get(f"{repeat}/{rest.partition('/')[0]}/_deleted") is not None


def _place_text(value: Mapping[str, Any]) -> str:
    """A point as ODK writes it, ``lat lon altitude accuracy``; a line or an area, its places."""
    if "lat" in value and "lon" in value:
        numbers = (value["lat"], value["lon"], value.get("alt"), value.get("acc"))
        return " ".join(_number_text(number) for number in numbers)
    coordinates = value.get("coordinates")
    if not isinstance(coordinates, list) or not coordinates:
        return ""
    places = coordinates[0] if value.get("type") == "Polygon" else coordinates
    return (
        ";".join(_place(place) for place in places if isinstance(place, list))
        if isinstance(places, list)
        else ""
    )


def _place(place: list[Any]) -> str:
    return " ".join(_number_text(number) for number in (*reversed(place[:2]), None, None))


def _number_text(number: Any) -> str:
    return text_of(float(number)) if isinstance(number, int | float) else "0"
