"""A form cut down to some questions and the answers that they read, and what came out for them.

Flags and calculations over a hundred thousand records are made on such excerpts. Choices, dates
and small numbers come again and again, so what such answers gave once is remembered.
"""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import msgspec

from server.hub.taken_apart import Answers
from sync.forms.expressions import names_in
from sync.forms.model import Form, Question

# As keys of a dictionary these are what they are as answers; true would be 1.
PLAIN = frozenset({str, int, float})
REMEMBERED_MAX = 20_000
"""Sets of answers for which something is remembered; then it begins anew. Sizes in m² are the widest."""


Key = TypeVar("Key")
Found = TypeVar("Found")


class NotRemembered(Exception):
    """Answers that hardly come twice: places, objects."""


def remember(remembered: dict[Key, Found], key: Key, found: Found) -> Found:
    """Keep what came out for these answers, and give it back."""
    if len(remembered) >= REMEMBERED_MAX:
        remembered.clear()
    remembered[key] = found
    return found


def members_of(form: Form, holder: str) -> list[Question]:
    """The questions whose answers this holder has: itself, or those of its group or rows."""
    return [question for question in form.questions if holder_of(question) == holder]


def holder_of(question: Question) -> str:
    """The first part of the fields that hold a question's answers: its repeat, unit group or itself."""
    return question.repeat or question.unit or question.name


def read_by(form: Form, own: Iterable[Question]) -> set[str]:
    """The holders that the expressions of these questions read, calculations followed."""
    trees = [tree for question in own for tree in trees_of(question)]
    waiting = {name for tree in trees for name in names_in(tree)}
    found: set[str] = set()
    while waiting:
        question = form.by_name.get(waiting.pop())
        if question is not None and holder_of(question) not in found:
            found.add(holder_of(question))
            for member in members_of(form, holder_of(question)):
                waiting |= names_in(member.calculation)
    return found


def trees_of(question: Question) -> tuple[Any, ...]:
    """Every expression of a question; ``None`` where it has none."""
    return (
        question.relevant,
        question.constraint,
        question.required_if,
        question.choice_filter,
        question.calculation,
    )


def reads_accuracy_only(tree: Any, point: str) -> bool:
    """Whether an expression asks of a point at most how accurate it is, or whether it is there."""
    if not isinstance(tree, list):
        return True
    if tree[0] == "selected-at" and tree[1:] in ([["self"], 3], [["get", point], 3]):
        return True
    if tree[0] in ("=", "!=") and tree[1:] in ([["self"], ""], [["get", point], ""]):
        return True
    if tree[0] == "self" or tree == ["get", point]:
        return False
    return all(reads_accuracy_only(argument, point) for argument in tree[1:])


def only_its_answer(question: Question) -> Question:
    """A question that is read: an answer keeps its text whether or not it is relevant."""
    return msgspec.structs.replace(
        question, relevant=None, constraint=None, required=False, required_if=None, choice_filter=None
    )


def form_of(form: Form, questions: Iterable[Question]) -> Form:
    """The form cut down to some of its questions."""
    return Form(
        id=form.id,
        version=form.version,
        titles=form.titles,
        default_language=form.default_language,
        questions=tuple(questions),
        choices=form.choices,
    )


def fields_of(answers: Answers, names: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """The shown fields of these holders, whole names again, each with its value."""
    for name in names:
        if name in answers.plain:
            yield name, answers.plain[name]
        for rest, value in answers.parts.get(name, {}).items():
            yield f"{name}/{rest}", value
