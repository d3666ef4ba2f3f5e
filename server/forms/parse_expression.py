"""An XPath expression of an XLSForm -> the JSON tree that both sides evaluate.

The subset: ``or and = != < <= > >= + - * div mod``, unary minus, brackets, numbers, texts,
``${name}``, ``.`` and the functions of ``sync.forms.expressions.FUNCTIONS``; in a choice filter
also the columns of the choices sheet. Whatever else XPath knows is refused here, once, with a
text that says where, so that no device ever meets it.
"""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from server.forms.problems import known
from sync.forms.expressions import DEPTH_MAX, FUNCTIONS, pattern

_TOKEN = re.compile(
    r"[ \t\r\n]*(?:"
    r"(?P<number>\d+(?:\.\d*)?|\.\d+)"
    r"|(?P<text>\"[^\"]*\"|'[^']*'|\u2018[^\u2018\u2019]*\u2019|\u201c[^\u201c\u201d]*\u201d)"
    r"|\$\{[ ]*(?P<question>[^{}]*?)[ ]*\}"
    r"|(?P<word>[A-Za-z_][\w.:-]*)"
    r"|(?P<sign>!=|<=|>=|\.\.|//|[-+*=<>(),.\[\]/|@])"
    r"|(?P<other>\S)"
    r")",
    re.ASCII,
)

# Weakest first; operators of one level are taken from left to right.
_LEVELS = (
    ("or",),
    ("and",),
    ("=", "!="),
    ("<", "<=", ">", ">="),
    ("+", "-"),
    ("*", "div", "mod"),
)
# Python and JavaScript read these differently, or only one reads them.
_FOREIGN_PATTERN = re.compile(r"\(\?(?![:=!])|\\[AZ]|[*+?}]\+")
_ESCAPE_OR_CLASS = re.compile(r"\\[^AZ]|\[[^\]]*\]")


class ExpressionProblem(ValueError):
    """An expression that this system cannot evaluate; the text says what and why."""


class _Token(msgspec.Struct, frozen=True):
    kind: str
    text: str
    column: int


def parse_expression(text: str, *, questions: Iterable[str], columns: Iterable[str] = ()) -> Any:
    """The tree of an expression that reads these ``questions`` and choices ``columns``.

    Raises ExpressionProblem.
    """
    try:
        tree = _Parser(text, list(questions), list(columns)).whole()
    except RecursionError as error:
        raise ExpressionProblem("it is nested too deep") from error
    if _depth(tree) > DEPTH_MAX:
        raise ExpressionProblem(f"it is nested deeper than {DEPTH_MAX} levels")
    return tree


class _Parser:
    """Recursive descent: one method a level of the grammar."""

    def __init__(self, text: str, questions: list[str], columns: list[str]) -> None:
        self._tokens = _tokens(text)
        self._place = 0
        self._questions = questions
        self._columns = columns

    def whole(self) -> Any:
        if self._next.kind == "end":
            raise ExpressionProblem("it is empty")
        tree = self._binary(0)
        if self._next.kind != "end":
            raise self._unexpected()
        return tree

    @property
    def _next(self) -> _Token:
        return self._tokens[self._place]

    def _take(self) -> _Token:
        token = self._next
        self._place += 1
        return token

    def _binary(self, level: int) -> Any:
        if level == len(_LEVELS):
            return self._unary()
        tree = self._binary(level + 1)
        while self._next.kind in ("sign", "word") and self._next.text in _LEVELS[level]:
            operator, right = self._take().text, self._binary(level + 1)
            # A chain of these is one node, so that a long one is not a deep one.
            chained = operator in ("or", "and") and isinstance(tree, list) and tree[0] == operator
            tree = [*tree, right] if chained else [operator, tree, right]
        return tree

    def _unary(self) -> Any:
        if self._is_sign("-"):
            self._take()
            return ["negative", self._unary()]
        return self._primary()

    def _primary(self) -> Any:
        token = self._take()
        if token.kind == "number":
            return _number(token.text)
        if token.kind == "text":
            return token.text[1:-1]
        if token.kind == "question":
            return ["get", _one_of(token.text, self._questions, "question")]
        if token.kind == "sign" and token.text == "(":
            tree = self._binary(0)
            self._close("(")
            return tree
        if token.kind == "sign" and token.text == ".":
            return ["self"]
        if token.kind == "word":
            return self._call(token) if self._is_sign("(") else self._column(token)
        self._place -= 1
        raise self._unexpected()

    def _call(self, name: _Token) -> Any:
        function = FUNCTIONS.get(name.text)
        if function is None:
            raise ExpressionProblem(f"'{name.text}' is no function. {known(name.text, FUNCTIONS)}")
        arguments = self._arguments()
        if len(arguments) < function.least or (function.most is not None and len(arguments) > function.most):
            raise ExpressionProblem(
                f"'{name.text}' takes {_arity(function.least, function.most)}, but has {len(arguments)}"
            )
        if name.text == "regex":
            _check_pattern(arguments[1])
        return [name.text, *arguments]

    def _arguments(self) -> list[Any]:
        self._take()
        arguments: list[Any] = []
        if self._is_sign(")"):
            self._take()
            return arguments
        arguments.append(self._binary(0))
        while self._is_sign(","):
            self._take()
            arguments.append(self._binary(0))
        self._close("(")
        return arguments

    def _column(self, name: _Token) -> Any:
        if not self._columns:
            if name.text in self._questions:
                raise ExpressionProblem(f"'{name.text}' stands alone. A question is written ${{{name.text}}}")
            raise ExpressionProblem(
                f"'{name.text}' is unclear. Write a question as ${{name}} and a text in quotes, '{name.text}'"
            )
        return ["column", _one_of(name.text, self._columns, "column of the choices sheet")]

    def _close(self, opened: str) -> None:
        if not self._is_sign(")"):
            if self._next.kind == "end":
                raise ExpressionProblem(f"a '{opened}' is not closed")
            raise self._unexpected()
        self._take()

    def _is_sign(self, sign: str) -> bool:
        return self._next.kind == "sign" and self._next.text == sign

    def _unexpected(self) -> ExpressionProblem:
        token = self._next
        if token.kind == "end":
            return ExpressionProblem("it ends too early")
        if token.text in ("'", '"', "\u2018", "\u2019", "\u201c", "\u201d"):
            return ExpressionProblem(f"the quote at character {token.column} is not closed")
        if token.kind == "sign" and token.text in ("..", "//", "/", "[", "]", "|", "@"):
            return ExpressionProblem(
                f"'{token.text}' at character {token.column} is a path. Only ${{name}} and '.' are known"
            )
        return ExpressionProblem(f"'{token.text}' at character {token.column} stands where it cannot")


def _tokens(text: str) -> list[_Token]:
    tokens = [
        _Token(str(match.lastgroup), match[str(match.lastgroup)], match.start(str(match.lastgroup)) + 1)
        for match in _TOKEN.finditer(text)
    ]
    return [*tokens, _Token("end", "", len(text) + 1)]


def _number(digits: str) -> int | float:
    value = float(digits)
    return int(value) if value.is_integer() and value < 2**53 else value


def _one_of(name: str, names: list[str], what: str) -> str:
    if name not in names:
        raise ExpressionProblem(f"'{name}' is no {what} that it can read. {known(name, names)}")
    return name


def _arity(least: int, most: int | None) -> str:
    if most is None:
        return f"{least} or more arguments"
    if least != most:
        return f"{least} or {most} arguments"
    return "no argument" if most == 0 else "1 argument" if most == 1 else f"{most} arguments"


def _check_pattern(text: Any) -> None:
    """A pattern is a text in quotes that Python and JavaScript read alike."""
    if not isinstance(text, str):
        raise ExpressionProblem("the pattern of 'regex' is not a text in quotes")
    if foreign := _FOREIGN_PATTERN.search(_ESCAPE_OR_CLASS.sub(" ", text)):
        raise ExpressionProblem(f"the pattern '{text}' has '{foreign[0]}', which not every device knows")
    try:
        pattern(text)
    except re.error as error:
        raise ExpressionProblem(f"the pattern '{text}' is not one: {error}") from error


def _depth(tree: Any) -> int:
    return 1 + max(map(_depth, tree[1:]), default=0) if isinstance(tree, list) else 1
