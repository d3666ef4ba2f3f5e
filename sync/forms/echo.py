"""A stored value in words, so that a person sees how what he typed was understood."""

from typing import Any

from sync.forms.checks import is_date, is_date_and_time, is_number, is_point
from sync.forms.expressions import text_of
from sync.forms.model import Form, Question


def echo(form: Form, question: Question, value: Any, language: str) -> str:
    """The value as this language writes it: ``1.250,5`` and ``20/11/2026`` in Indonesian.

    A choice is its label. What has no words of its own (a boundary, an object) is ``""``.
    """
    if is_number(value):
        return _number(float(value), language)
    if is_point(value):
        return _point(value, language)
    if not isinstance(value, str):
        return ""
    if question.type == "date" and is_date(value):
        return _date(value, language)
    if question.type == "datetime" and is_date_and_time(value):
        return f"{_date(value[:10], language)} {value[11:]}"
    return _choice(form, question, value, language)


def _number(value: float, language: str) -> str:
    whole, _, fraction = text_of(abs(value)).partition(".")
    thousands, decimal = (",", ".") if language == "en" else (".", ",")
    grouped = f"{int(whole):,}".replace(",", thousands)
    return f"{'-' if value < 0 else ''}{grouped}{decimal + fraction if fraction else ''}"


def _point(value: dict[str, Any], language: str) -> str:
    place = "; ".join(_number(float(value[axis]), language) for axis in ("lat", "lon"))
    accuracy_m = value.get("acc")
    return place if accuracy_m is None else f"{place} (± {_number(float(accuracy_m), language)} m)"


def _date(value: str, language: str) -> str:
    year, month, day = value.split("-")
    return value if language == "en" else f"{day}/{month}/{year}"


def _choice(form: Form, question: Question, value: str, language: str) -> str:
    for choice in form.choices.get(question.list_name, ()):
        if choice.name == value:
            return choice.labels.get(language) or next(iter(choice.labels.values()), value)
    return value
