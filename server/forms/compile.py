"""The sheets of an XLSForm -> the compiled form that everybody else knows."""

import re
from collections.abc import Mapping

from server.forms.choices import choice_lists
from server.forms.logic import with_columns
from server.forms.problems import known
from server.forms.questions import questions_of
from server.forms.read import Row, Sheets, language_code
from sync.forms.model import Form, Question

RECORD_KEYS = ("_area", "_area,periode")
"""What a form may make its record ids of, so that two people meet in one record."""

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_VERSION = re.compile(r"[A-Za-z0-9_-]+")
_TITLE = re.compile(r"form_title_([a-z]{2,3})")


def compiled(sheets: Sheets) -> Form:
    """The form of these sheets. Raises FormProblem, which names sheet, row and cell."""
    settings = sheets.settings
    language = language_code(settings["default_language"] or "id")
    choices = choice_lists(sheets.choices, language)
    questions = questions_of(sheets, choices, language)
    by_name = {question.name: question for question in questions}
    return Form(
        id=_matching(settings, "form_id", _ID),
        version=_matching(settings, "version", _VERSION),
        titles=_titles(settings, language),
        default_language=language,
        observation_date=_observation_date(settings, by_name),
        record_key=_record_key(settings, by_name),
        questions=questions,
        choices=with_columns(choices, questions, sheets.choices),
    )


def _matching(settings: Row, column: str, pattern: re.Pattern[str]) -> str:
    cell = settings[column]
    if not pattern.fullmatch(cell):
        raise settings.problem(
            f"{column} '{cell}' is missing or is not made of letters, digits, '-' and '_'."
        )
    return cell


def _titles(settings: Row, language: str) -> dict[str, str]:
    """``form_title`` is in the default language, ``form_title_en`` in English."""
    titles = {language: settings["form_title"] or settings["form_id"]}
    for column, text in settings.cells.items():
        if match := _TITLE.fullmatch(column):
            titles[match[1]] = text
    return titles


def _observation_date(settings: Row, questions: Mapping[str, Question]) -> str:
    name = settings["observation_date"]
    dates = [question.name for question in questions.values() if question.type == "date"]
    if name and name not in dates:
        raise settings.problem(f"observation_date '{name}' is no date question. {known(name, dates)}")
    return name


def _record_key(settings: Row, questions: Mapping[str, Question]) -> str:
    key = settings["record_key"].replace(" ", "")
    if key and key not in RECORD_KEYS:
        raise settings.problem(f"record_key '{key}'. {known(key, RECORD_KEYS)}")
    for name in key.split(",")[1:]:
        if name not in questions:
            raise settings.problem(f"record_key '{key}' names '{name}', which is no question of this form.")
    return key
