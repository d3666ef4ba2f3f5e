"""The page on refusing names every reason to hold and every flag, and no other."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sync.admission import HELD_REASONS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def page() -> str:
    return (ROOT / "docs/explanation/why-nothing-is-refused.md").read_text(encoding="utf-8")


def section(page: str, heading: str) -> str:
    return page.split(f"### {heading}\n")[1].split("\n### ")[0]


def test_every_reason_to_hold_a_line_stands_on_the_page(page: str):
    named = re.findall(r"^\| `([a-z-]+)` \|", section(page, "Held"), re.MULTILINE)

    assert sorted(named) == sorted(HELD_REASONS)


def test_every_flag_that_has_a_text_stands_on_the_page(page: str):
    texts = json.loads((ROOT / "sync/texts/en.json").read_text(encoding="utf-8"))
    named = set(re.findall(r"`([a-z]+(?:-[a-z]+)*)`", section(page, "Flags")))

    assert named == {key.removeprefix("flag.") for key in texts if key.startswith("flag.")}
