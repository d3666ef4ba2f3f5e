"""The page of flags is what the code raises."""

from __future__ import annotations

import re
from pathlib import Path

from deploy.make_flags import (
    EXAMPLES,
    OF_RECORDS,
    OF_RECORDS_WITH_OTHERS,
    OF_SERVER,
    TARGET,
    flags_column,
    page,
)
from server.hub import duplicates
from server.texts import catalogue
from sync import location
from sync.forms import answers, flags

ROOT = Path(__file__).resolve().parents[2]
LOCATED = {location.POINT_OUTSIDE, location.FLIPPED, location.AREA_IMPLAUSIBLE}
OF_VALUES = {*answers.WRONG_TYPE, *answers.UNKNOWN_CHOICE, *answers.UNKNOWN_FIELD}
OF_QUESTIONS = {flags.REQUIRED_MISSING, flags.CONSTRAINT, flags.NOT_RELEVANT, flags.UNKNOWN_CHOICE}
WITH_OTHERS = {flags.CLOCK, duplicates.CODE}


def test_the_page_is_up_to_date():
    assert TARGET.read_text(encoding="utf-8") == page(), "write it anew: python deploy/make_flags.py"


def test_every_flag_of_a_record_is_on_the_page():
    assert {code for code, _ in OF_RECORDS} == LOCATED | OF_VALUES | OF_QUESTIONS
    assert {code for code, _ in OF_RECORDS_WITH_OTHERS} == WITH_OTHERS


def test_every_flag_that_the_server_raises_is_on_the_page():
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "server").rglob("*.py"))

    raised = set(re.findall(r'raise_flag\("([a-z-]+)"|^FLAG = "([a-z-]+)"', sources, re.MULTILINE))

    assert {one or other for one, other in raised} == {code for code, _ in OF_SERVER}


def test_every_flag_with_words_in_the_catalogue_is_on_the_page():
    worded = {key.removeprefix("flag.") for key in catalogue("id") if key.startswith("flag.")}

    assert worded == {code for code, _ in (*OF_RECORDS, *OF_RECORDS_WITH_OTHERS, *OF_SERVER)}


def test_the_examples_raise_every_flag_of_a_record():
    columns = " ".join(flags_column(example) for example in EXAMPLES)

    assert {part.partition(":")[0] for part in columns.split()} == {code for code, _ in OF_RECORDS}
