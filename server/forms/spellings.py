"""Other spellings that XLSForm allows for its columns and types -> those that Tapak reads.

pyxform takes them all and is asked first; a spelling that only it understood would pass here
as another column, and a form would lose its names in silence.
"""

import re

from server.forms.problems import known
from sync.forms.types import QUESTION_TYPES

# Units and repeats are written as groups.
WRITTEN_TYPES = tuple(name for name in QUESTION_TYPES if name not in ("unit", "repeat"))

_COLUMNS = {
    "survey": {
        "command": "type",
        "tag": "name",
        "value": "name",
        "caption": "label",
        "relevance": "relevant",
        "calculate": "calculation",
        "constraining_message": "constraint_message",
        "jr::constraintmsg": "constraint_message",
        "bind::relevant": "relevant",
        "bind::constraint": "constraint",
        "bind::jr::constraintmsg": "constraint_message",
        "bind::required": "required",
        "bind::calculate": "calculation",
    },
    "choices": {"value": "name", "caption": "label"},
    "settings": {
        "id_string": "form_id",
        "set_form_id": "form_id",
        "title": "form_title",
        "set_form_title": "form_title",
    },
}

_TYPES = {
    "int": "integer",
    "string": "text",
    "photo": "image",
    "gps": "geopoint",
    "location": "geopoint",
    "dateTime": "datetime",
    "date time": "datetime",
    "trigger": "acknowledge",
    "imei": "deviceid",
    "device id": "deviceid",
    "get device id": "deviceid",
    "start time": "start",
    "get start time": "start",
    "end time": "end",
    "get end time": "end",
    "get today": "today",
    "subscriber id": "subscriberid",
    "get subscriber id": "subscriberid",
    "sim id": "simserial",
    "get sim id": "simserial",
    "get phone number": "phonenumber",
    "begin group": "begin_group",
    "end group": "end_group",
    "begin repeat": "begin_repeat",
    "begin lgroup": "begin_repeat",
    "begin looped group": "begin_repeat",
    "end repeat": "end_repeat",
    "end lgroup": "end_repeat",
    "end looped group": "end_repeat",
}
_SELECTS = {
    "add select one prompt using": "select_one",
    "add select multiple prompt using": "select_multiple",
    "select all that apply from": "select_multiple",
    "select all that apply": "select_multiple",
    "select one from file": "select_one_from_file",
    "select one from": "select_one",
    "select one": "select_one",
    "select1": "select_one",
}
"""Before the name of a list, the longest first."""

_PROMPT = re.compile(r"(?:add (?P<asked>\S.*) prompt|q (?P<short>\S.*))")


def column_of(sheet: str, name: str) -> str:
    """A column name as it is looked up. What follows ``::`` is a language and stays as it is."""
    parts = [part.strip() for part in re.split("::?", str(name).strip())]
    folded = ["_".join(part.lower().split()) for part in parts]
    for length in range(len(parts), 0, -1):
        if known := _COLUMNS.get(sheet, {}).get("::".join(folded[:length])):
            return "::".join([known, *parts[length:]])
    return "::".join([folded[0], *parts[1:]])


def type_of(cell: str) -> str:
    """A type as it is looked up: one space between words, and the newest of its spellings."""
    cell = " ".join(cell.split())
    for written, newest in _SELECTS.items():
        if cell.startswith(written + " "):
            return newest + cell.removeprefix(written)
    if match := _PROMPT.fullmatch(cell):
        cell = match["asked"] or match["short"]
    return _TYPES.get(cell, cell)


def known_type(cell: str) -> str:
    """The types there are, and the one that may be meant by this cell."""
    meant = type_of(cell.lower())
    return known(meant.partition(" ")[0] if meant.startswith("select") else meant, WRITTEN_TYPES)
