"""Both languages say the same things."""

from __future__ import annotations

import json
import string
from pathlib import Path

TEXTS = Path(__file__).resolve().parents[2] / "sync/texts"


def catalogue(language: str) -> dict[str, str]:
    texts: dict[str, str] = json.loads((TEXTS / f"{language}.json").read_text(encoding="utf-8"))
    return texts


def slots(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_catalogues_have_the_same_keys():
    assert catalogue("id").keys() == catalogue("en").keys()


def test_no_text_is_empty():
    assert [k for lang in ("id", "en") for k, text in catalogue(lang).items() if not text.strip()] == []


def test_a_text_names_the_same_values_in_both_languages():
    indonesian, english = catalogue("id"), catalogue("en")

    differing = [key for key in indonesian if slots(indonesian[key]) != slots(english[key])]

    assert differing == []
