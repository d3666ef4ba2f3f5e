"""The glossary's words for screens are the words of the screens."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| ([^|]+) \| ([^|]*)\| ([^|]+) \|$", re.MULTILINE)


def test_every_word_for_screens_is_on_a_screen():
    texts = json.loads((ROOT / "sync/texts/id.json").read_text(encoding="utf-8")).values()
    forms = [path.read_text(encoding="utf-8") for path in (ROOT / "server/forms/library").glob("*.md")]
    screens = "\n".join([*texts, *forms]).lower()
    page = (ROOT / "docs/reference/glossary.md").read_text(encoding="utf-8")

    words = [word.strip() for _, cell, _ in ROW.findall(page)[1:] for word in cell.split(",") if word.strip()]

    assert len(words) > 10
    assert [word for word in words if word.lower() not in screens] == []


def test_the_glossary_is_in_alphabetical_order_and_explains_each_word_once():
    page = (ROOT / "docs/reference/glossary.md").read_text(encoding="utf-8")
    words = [word for word, _, _ in ROW.findall(page) if word not in ("word", "---")]

    assert words == sorted(set(words))
