"""Who may import whom, and what the core must not do."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = sorted((ROOT / "sync").rglob("*.py"))
LINES_MAX = 400

# The clock, chance and the disk come in as arguments.
FORBIDDEN_CALLS = {"now", "utcnow", "today", "uuid1", "uuid4", "open", "print", "input"}


def of_core(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_nobody_imports_what_the_house_forbids():
    lint_imports = Path(sys.executable).with_name("lint-imports")

    run = subprocess.run([lint_imports, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("path", CORE, ids=of_core)
def test_a_module_of_the_core_says_what_it_is_and_fits_one_reading(path: Path):
    text = path.read_text(encoding="utf-8")

    assert not text or ast.get_docstring(ast.parse(text)), f"{of_core(path)} has no docstring"
    assert text.count("\n") <= LINES_MAX, f"{of_core(path)} is longer than {LINES_MAX} lines"


@pytest.mark.parametrize("path", CORE, ids=of_core)
def test_the_core_asks_neither_clock_nor_chance_nor_disk(path: Path):
    calls = {
        getattr(node.func, "attr", getattr(node.func, "id", ""))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    }

    assert calls & FORBIDDEN_CALLS == set()
