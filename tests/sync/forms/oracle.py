"""elementpath as an oracle: what XPath 1.0 says, and the functions of ODK written here anew.

It holds dates as numbers of days: a date question has its day number as the text of its node.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from xml.etree import ElementTree

import elementpath
from elementpath.xpath1 import XPath1Parser
from elementpath.xpath_nodes import XPathNode

TODAY = "2026-11-23"


class Oracle(XPath1Parser):
    """XPath 1.0 with the functions that the form pack uses besides."""


def days(text: str) -> float:
    """1970-01-01 is 0."""
    return float(date.fromisoformat(text).toordinal() - 719_163)


def says(xpath: str, *, own: str, answers: dict[str, str]) -> Any:
    """The value of an expression. elementpath raises for an empty node where XPath 1.0 has NaN."""
    root = ElementTree.Element("data")
    for name, text in answers.items():
        ElementTree.SubElement(root, name).text = text
    path = re.sub(r"\$\{(\w+)\}", r"/data/\1", xpath)
    token = Oracle().parse(path)
    value = token.evaluate(elementpath.XPathContext(root, item=root.find(own)))
    return text_in([value]) if isinstance(value, list) else value


def text_in(values: list[Any]) -> str:
    """The text of an argument: of a node, of the first of several."""
    value = values[0]
    while isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, XPathNode):
        return value.string_value or ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _odk(symbol: str, nargs: Any) -> Any:
    """Register a function that gets the texts of its arguments."""

    def registered(function: Any) -> Any:
        def evaluate(self: Any, context: Any = None) -> Any:
            return function(*[text_in([argument.evaluate(context)]) for argument in self])

        token_class = Oracle.function(symbol, nargs=nargs)
        token_class.evaluate = evaluate
        return function

    return registered


@_odk("regex", 2)
def _regex(text: str, pattern: str) -> bool:
    return re.fullmatch(pattern, text, re.ASCII) is not None


@_odk("today", 0)
def _today() -> float:
    return days(TODAY)


@_odk("date", 1)
def _date(text: str) -> float:
    return days(text)


@_odk("selected", 2)
def _selected(text: str, name: str) -> bool:
    return name in text.split()


@_odk("count-selected", 1)
def _count_selected(text: str) -> float:
    return float(len(text.split()))


@_odk("selected-at", 2)
def _selected_at(text: str, index: str) -> str:
    return dict(enumerate(text.split())).get(int(index), "NaN")  # only ever compared with numbers


@_odk("join", (2, None))
def _join(separator: str, *texts: str) -> str:
    return separator.join(" ".join(texts).split())


def _if(self: Any, context: Any = None) -> Any:
    condition, yes, no = self
    return (yes if self.boolean_value(condition.evaluate(context)) else no).evaluate(context)


Oracle.function("if", nargs=3).evaluate = _if
