"""Texts for people, from the catalogue that both sides share."""

import json
from functools import cache
from importlib import resources
from typing import Any

LANGUAGES = ("id", "en")
LANGUAGE_VARIABLE = "TAPAK_LANGUAGE"


def text(key: str, language: str, **values: Any) -> str:
    """The text of a key in a language (Indonesian where the language is not known)."""
    return _catalogue(language if language in LANGUAGES else "id")[key].format_map(values)


@cache
def _catalogue(language: str) -> dict[str, str]:
    file = resources.files("sync").joinpath("texts", f"{language}.json")
    texts: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return texts
