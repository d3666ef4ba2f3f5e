"""Expressions of a form: trees made of XPath at publication, and their value here.

``${luas_m2} >= 600`` is published as ``[">=", ["get", "luas_m2"], 600]``
(``server/forms/parse_expression``). A tree is JSON, so that a browser evaluates the same one;
``app/expressions.js`` is the twin of this module. What both keep to, as XPath 1.0 says:

* A value is a text, a number (a double, so NaN exists) or true/false. **An answer is always its
  text**: ``""`` where nobody answered, the number written in digits, the chosen names of a
  ``select_multiple`` parted by spaces (``sync.forms.document`` makes these texts).
* To a number: true is 1; a text is its digits, ``-?1.5``, without exponent or plus; a text that
  is a date, ``2026-11-20`` or ``2026-11-20T08:30``, is the days since 1970-01-01 (the offset of a
  time is left out); any other text, ``""`` too, is NaN.
* To a text: an integer has no ``.0``, no number has an exponent; ``true``, ``false``, ``NaN``.
* To true/false: a number is false where it is 0 or NaN, a text where it is empty.
* ``=`` and ``!=`` compare as true/false where a side is that, else as numbers where a side is a
  number, else as texts. ``<``, ``<=``, ``>``, ``>=`` always compare numbers. So an empty answer
  compared with a number is false, and only ``!=`` is true, as NaN differs from all.
* ``div`` by 0 is an infinity or NaN; ``mod`` has the sign of its left side.
* Characters are code points. ``regex`` has to match the whole text.

Nothing raises for a value. :class:`Unjudged` means that nothing can be said at all.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from sync.forms.checks import is_date, is_date_and_time

Value = bool | float | str

DEPTH_MAX = 40
"""Nesting levels of a tree; publication refuses more, so no evaluation runs out of stack."""

_NUMBER = re.compile(r"[ \t\r\n]*(-?(?:\d+(?:\.\d*)?|\.\d+))[ \t\r\n]*", re.ASCII)
_WORD = re.compile(r"[^ \t\r\n]+")
_EPOCH = date(1970, 1, 1).toordinal()
_SECONDS_A_DAY = 86_400


class Unjudged(Exception):
    """The value cannot be known here: an answer is sealed, or a function is newer than this program."""


class Context(msgspec.Struct, frozen=True):
    """What an expression reads: other answers, its own (``.``), the date, a choice's columns."""

    text_of: Callable[[str], str]
    today: str
    own: str = ""
    columns: Mapping[str, str] = {}


class Function(msgspec.Struct, frozen=True):
    """A function: how it is computed, and how many arguments it takes (``most`` ``None``: any number).

    ``is_number``: a number comes out, whatever goes in.
    """

    run: Callable[..., Value]
    least: int
    most: int | None
    is_number: bool = False


def evaluate(tree: Any, context: Context) -> Value:
    """The value of a tree. Raises :class:`Unjudged`, and nothing else for a published tree."""
    if not isinstance(tree, list):
        return tree if isinstance(tree, str) else float(tree)
    name = tree[0]
    if name in _READS:
        return _READS[name](context, *tree[1:])
    run = OPERATORS.get(name) or (FUNCTIONS[name].run if name in FUNCTIONS else None)
    if run is None:
        raise Unjudged(name)
    return run(*[evaluate(argument, context) for argument in tree[1:]])


def holds(tree: Any, context: Context) -> bool:
    """Whether a condition is true."""
    return truth_of(evaluate(tree, context))


def names_in(tree: Any) -> frozenset[str]:
    """The questions that a tree reads."""
    if not isinstance(tree, list):
        return frozenset()
    if tree[0] == "get":
        return frozenset((tree[1],))
    return frozenset(name for argument in tree[1:] for name in names_in(argument))


def columns_in(tree: Any) -> frozenset[str]:
    """The columns of the choices sheet that a choice filter reads."""
    if not isinstance(tree, list):
        return frozenset()
    if tree[0] == "column":
        return frozenset((tree[1],))
    return frozenset(name for argument in tree[1:] for name in columns_in(argument))


def gives_number(tree: Any) -> bool:
    """Whether a number comes out of a tree, whatever the answers are."""
    if not isinstance(tree, list):
        return not isinstance(tree, str)
    if tree[0] == "if":
        return all(map(gives_number, tree[2:]))
    return tree[0] in _ARITHMETIC or (tree[0] in FUNCTIONS and FUNCTIONS[tree[0]].is_number)


def number_of(value: Value) -> float:
    """A value as a number."""
    if not isinstance(value, str):
        return float(value)
    if match := _NUMBER.fullmatch(value):
        return float(match[1])
    return _days_of(value)


def text_of(value: Value) -> str:
    """A value as a text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value.is_integer():
        return str(int(value))
    return format(Decimal(repr(value)), "f")


def truth_of(value: Value) -> bool:
    """A value as true or false."""
    if isinstance(value, float):
        return value != 0 and not math.isnan(value)
    return bool(value)


def _days_of(text: str) -> float:
    """Days since 1970-01-01 of a date or a date and time; NaN of any other text."""
    if is_date(text):
        return float(date.fromisoformat(text).toordinal() - _EPOCH)
    if not is_date_and_time(text):
        return math.nan
    hour, minute = int(text[11:13]), int(text[14:16])
    seconds = re.match(r":(\d{2}(?:\.\d+)?)", text[16:])
    passed = hour * 3600 + minute * 60 + (float(seconds[1]) if seconds else 0.0)
    return _days_of(text[:10]) + passed / _SECONDS_A_DAY


def _equal(left: Value, right: Value) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return truth_of(left) == truth_of(right)
    if isinstance(left, float) or isinstance(right, float):
        return number_of(left) == number_of(right)
    return left == right


def _divide(left: Value, right: Value) -> float:
    dividend, divisor = number_of(left), number_of(right)
    if divisor != 0:
        return dividend / divisor
    if dividend == 0 or math.isnan(dividend):
        return math.nan
    return math.copysign(math.inf, dividend) * math.copysign(1.0, divisor)


def _remainder(left: Value, right: Value) -> float:
    dividend, divisor = number_of(left), number_of(right)
    if divisor == 0 or math.isinf(dividend):
        return math.nan
    return math.fmod(dividend, divisor)


def _multiply(left: Value, right: Value) -> float:
    return number_of(left) * number_of(right)


OPERATORS: dict[str, Callable[..., Value]] = {
    "or": lambda *values: any(map(truth_of, values)),
    "and": lambda *values: all(map(truth_of, values)),
    "=": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": lambda left, right: number_of(left) < number_of(right),
    "<=": lambda left, right: number_of(left) <= number_of(right),
    ">": lambda left, right: number_of(left) > number_of(right),
    ">=": lambda left, right: number_of(left) >= number_of(right),
    "+": lambda left, right: number_of(left) + number_of(right),
    "-": lambda left, right: number_of(left) - number_of(right),
    "*": _multiply,
    "div": _divide,
    "mod": _remainder,
    "negative": lambda value: -number_of(value),
}
_ARITHMETIC = frozenset({"+", "-", "*", "div", "mod", "negative"})


def _words(value: Value) -> list[str]:
    return _WORD.findall(text_of(value))


def _numbers(values: tuple[Value, ...]) -> list[float]:
    """The numbers in values; a text may hold several, as the rows of a repeat give them."""
    return [
        number_of(word) for value in values for word in (_words(value) if isinstance(value, str) else [value])
    ]


def _smallest(*values: Value) -> float:
    numbers = _numbers(values)
    return min(numbers) if numbers and not any(map(math.isnan, numbers)) else math.nan


def _largest(*values: Value) -> float:
    numbers = _numbers(values)
    return max(numbers) if numbers and not any(map(math.isnan, numbers)) else math.nan


def _sum(value: Value) -> float:
    return float(sum(_numbers((value,))))


def _date(value: Value) -> str:
    """The date of a date, a date and time, or a number of days; ``""`` of anything else."""
    days = number_of(value)
    if isinstance(value, str) and not (is_date(value) or is_date_and_time(value)):
        return ""
    ordinal = math.floor(days) + _EPOCH if math.isfinite(days) else 0
    return date.fromordinal(ordinal).isoformat() if 1 <= ordinal <= date.max.toordinal() else ""


def _rounded(value: Value, places: Value = 0.0) -> float:
    """Half goes up; the same operations in the same order as in JavaScript."""
    number, digits = number_of(value), number_of(places)
    if not math.isfinite(number) or digits not in range(16):
        return number if math.isinf(number) else math.nan
    scale = float(10 ** int(digits))
    scaled = number * scale + 0.5
    return math.floor(scaled) / scale if math.isfinite(scaled) else number


def _whole(value: Value, rounded: Callable[[float], int]) -> float:
    number = number_of(value)
    return float(rounded(number)) if math.isfinite(number) else number


def _word_at(value: Value, index: Value) -> str:
    words, place = _words(value), number_of(index)
    return words[int(place)] if place in range(len(words)) else ""


def _join(separator: Value, *values: Value) -> str:
    return text_of(separator).join(word for value in values for word in _words(value))


def _coalesce(first: Value, second: Value) -> Value:
    return first if text_of(first) else second


@lru_cache(maxsize=256)
def pattern(text: str) -> re.Pattern[str]:
    """A regular expression as both languages read it: digits and letters are those of ASCII."""
    return re.compile(text, re.ASCII)


# A function is a row: here, in app/expressions.js, and in tests/vectors/expressions.json. The
# first nine are those of the form pack.
FUNCTIONS: dict[str, Function] = {
    "string-length": Function(lambda value: float(len(text_of(value))), 1, 1, is_number=True),
    "regex": Function(lambda value, text: bool(pattern(text).fullmatch(text_of(value))), 2, 2),
    "today": Function(lambda: "", 0, 0),
    "selected": Function(lambda value, name: text_of(name) in _words(value), 2, 2),
    "not": Function(lambda value: not truth_of(value), 1, 1),
    "if": Function(lambda condition, yes, no: yes if truth_of(condition) else no, 3, 3),
    "date": Function(_date, 1, 1),
    "starts-with": Function(lambda value, start: text_of(value).startswith(text_of(start)), 2, 2),
    "count-selected": Function(lambda value: float(len(_words(value))), 1, 1, is_number=True),
    "true": Function(lambda: True, 0, 0),
    "false": Function(lambda: False, 0, 0),
    "boolean": Function(truth_of, 1, 1),
    "number": Function(number_of, 1, 1, is_number=True),
    "string": Function(text_of, 1, 1),
    "ends-with": Function(lambda value, end: text_of(value).endswith(text_of(end)), 2, 2),
    "contains": Function(lambda value, part: text_of(part) in text_of(value), 2, 2),
    "concat": Function(lambda *values: "".join(map(text_of, values)), 1, None),
    "join": Function(_join, 2, None),
    "coalesce": Function(_coalesce, 2, 2),
    "selected-at": Function(_word_at, 2, 2),
    "sum": Function(_sum, 1, 1, is_number=True),
    "count-non-empty": Function(lambda value: float(len(_words(value))), 1, 1, is_number=True),
    "min": Function(_smallest, 1, None, is_number=True),
    "max": Function(_largest, 1, None, is_number=True),
    "abs": Function(lambda value: abs(number_of(value)), 1, 1, is_number=True),
    "int": Function(lambda value: _whole(value, math.trunc), 1, 1, is_number=True),
    "floor": Function(lambda value: _whole(value, math.floor), 1, 1, is_number=True),
    "ceiling": Function(lambda value: _whole(value, math.ceil), 1, 1, is_number=True),
    "round": Function(_rounded, 1, 2, is_number=True),
}

# What comes from outside the expression.
_READS: dict[str, Callable[..., Value]] = {
    "get": lambda context, name: context.text_of(name),
    "self": lambda context: context.own,
    "column": lambda context, name: context.columns.get(name, ""),
    "today": lambda context: context.today,
}
