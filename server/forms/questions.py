"""The survey sheet -> the questions of a form, in their order."""

import re

import msgspec

from server.forms.choices import is_yes
from server.forms.logic import with_logic
from server.forms.merging import names_unit, policy_of
from server.forms.problems import known
from server.forms.read import Row, Sheets
from server.forms.spellings import WRITTEN_TYPES, known_type
from sync.forms.model import ATTACHMENTS, SECURITY_CLASSES, TOPICS, Choice, Question
from sync.forms.types import METADATA_TYPES

_TYPE = re.compile(r"(?P<select>select_one_from_file|select_one|select_multiple) (?P<list>\S+)(?P<more>.*)")
_BEGIN = re.compile(r"begin_(group|repeat)")
_END = re.compile(r"end_(?:group|repeat)")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class _Place(msgspec.Struct, frozen=True):
    """Where in the tree of groups a row stands."""

    groups: tuple[str, ...] = ()
    repeat: str = ""
    unit: str = ""
    security: str = ""


def questions_of(
    sheets: Sheets, choices: dict[str, tuple[Choice, ...]], default_language: str
) -> tuple[Question, ...]:
    """Questions, unit groups and repeats where they start. Plain groups live on in ``groups``.

    Raises FormProblem for what cannot be a field of a record: an unknown type, a name twice.
    """
    questions: dict[str, Question] = {}
    pairs: list[tuple[Row, Question | None]] = []
    places = [_Place()]
    for row in sheets.survey:
        if _END.fullmatch(row.type):
            places.pop()
            continue
        if not row.type or row.type in METADATA_TYPES:
            continue
        question = _question(row, places[-1], sheets, choices, default_language)
        pairs.append((row, question))
        if question is not None:
            _check_name(row, questions)
            questions[row["name"]] = question
        if _BEGIN.fullmatch(row.type):
            places.append(_inside(row, places[-1], question))
    return with_logic(pairs, choice_rows=sheets.choices)


def _question(
    row: Row,
    place: _Place,
    sheets: Sheets,
    choices: dict[str, tuple[Choice, ...]],
    default_language: str,
) -> Question | None:
    """The question of a row, ``None`` for a plain group."""
    type_name, list_name = _type_of(row)
    if type_name == "group":
        _check_plain_group(row)
        return None
    _check_place(row, type_name, place)
    security = _one_of(row, "class", SECURITY_CLASSES) or place.security or "internal"
    return Question(
        name=row["name"],
        type=type_name,
        labels=row.texts("label", default_language),
        hints=row.texts("hint", default_language),
        policy=policy_of(
            row,
            type_name=type_name,
            security=security,
            choice_names=[choice.name for choice in choices.get(list_name, ())],
            choice_rows=sheets.choices,
        ),
        security=security,
        list_name=list_name,
        required=is_yes(row["required"]),
        repeat=place.repeat,
        unit=place.unit,
        groups=place.groups,
        topic=_one_of(row, "topic", TOPICS),
        constraint_messages=row.texts("constraint_message", default_language),
    )


def _type_of(row: Row) -> tuple[str, str]:
    """The type of a row and the list that it chooses from."""
    cell = row.type
    if match := _BEGIN.fullmatch(cell):
        kind = "unit" if match[1] == "group" and names_unit(row) else match[1]
        return kind, ""
    if match := _TYPE.fullmatch(cell):
        if match["more"].strip():
            raise row.problem(
                f"'{row['name']}' has type '{row['type']}'. Only a list may follow; "
                "for 'or_other' add a choice and a text question."
            )
        return match["select"], match["list"]
    if cell not in WRITTEN_TYPES:
        raise row.problem(f"'{row['name']}' has type '{row['type']}'. {known_type(row['type'])}")
    return cell, ""


def _inside(row: Row, place: _Place, question: Question | None) -> _Place:
    """The place of what stands inside a group, unit or repeat."""
    inner = msgspec.structs.replace(place, groups=(*place.groups, row["name"]))
    if question is None:
        return inner
    if question.type == "repeat":
        return msgspec.structs.replace(inner, repeat=row["name"])
    return msgspec.structs.replace(inner, unit=row["name"], security=question.security)


def _check_name(row: Row, questions: dict[str, Question]) -> None:
    name = row["name"]
    if not _NAME.fullmatch(name):
        raise row.problem(f"'{name}' is no name for a question: a letter, then letters, digits and '_'.")
    if name in questions:
        raise row.problem(f"'{name}' is already the name of another question; names are unique in a form.")


def _check_plain_group(row: Row) -> None:
    for column in ("merge", "class", "topic"):
        if row[column]:
            raise row.problem(
                f"group '{row['name']}' has {column} '{row[column]}'. Only a group with merge 'unit' or "
                "'unit:latest' is a field; write it on the questions."
            )


def _check_place(row: Row, type_name: str, place: _Place) -> None:
    if type_name == "repeat" and place.repeat:
        raise row.problem(f"repeat '{row['name']}' stands in repeat '{place.repeat}'. Repeats do not nest.")
    if not place.unit:
        return
    if type_name in {"unit", "repeat", "select_multiple", *ATTACHMENTS}:
        raise row.problem(f"'{row['name']}' has type {type_name}, which cannot stand in unit '{place.unit}'.")
    for column in ("merge", "class", "topic"):
        if row[column] and type_name != "calculate":
            raise row.problem(
                f"'{row['name']}' has {column} '{row[column]}', but it merges as part of unit "
                f"'{place.unit}'. Write it on the group."
            )


def _one_of(row: Row, column: str, words: tuple[str, ...]) -> str:
    cell = row[column]
    if cell and cell not in words:
        raise row.problem(f"'{row['name']}' has {column} '{cell}'. {known(cell, words)}")
    return cell
