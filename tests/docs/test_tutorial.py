"""A reader who types what the tutorial says sees what the tutorial shows."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.conftest import Needs
from tests.docs.tutorial import PAGE, blocks_of, commands_of, run, without_chance


def test_every_command_of_the_tutorial_prints_what_the_page_shows(tmp_path: Path, needs: Needs):
    needs("the tutorial: no bash on this machine", shutil.which("bash"))
    page = PAGE.read_text(encoding="utf-8")

    outputs = run(commands_of(page), tmp_path)

    shown = [pair for block in blocks_of(page) for pair in block]
    assert len(outputs) == len(shown)
    for (command, expected), output in zip(shown, outputs, strict=True):
        assert without_chance(output) == without_chance(expected), (
            f"$ {command}\n{output}\nwrite the outputs anew: python -m tests.docs.tutorial"
        )
