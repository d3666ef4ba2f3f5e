"""A run says what it does not prove."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"
A_TEST_IN_NEED = """
def test_a_database_that_is_not_here(needs):
    needs("PostgreSQL: no initdb on this machine", None)

def test_a_program_that_is_here(needs):
    needs("a shell", "/bin/sh")
"""


def run_of(tests: str, folder: Path, *, ci: str, workers: int) -> subprocess.CompletedProcess[str]:
    shutil.copy(CONFTEST, folder)
    (folder / "test_story.py").write_text(tests, encoding="utf-8")
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-n",
            str(workers),
            "-p",
            "no:cacheprovider",
            "--rootdir",
            folder,
            folder,
        ],
        cwd=folder,
        env={**os.environ, "CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("workers", [0, 2])
def test_a_run_ends_with_what_it_could_not_try(tmp_path: Path, workers: int):
    run = run_of(A_TEST_IN_NEED, tmp_path, ci="", workers=workers)

    assert run.returncode == 0, run.stdout
    assert run.stdout.splitlines()[-1] == "NOT RUN: PostgreSQL: no initdb on this machine (1)"


@pytest.mark.parametrize("workers", [0, 2])
def test_where_ci_is_set_a_test_that_could_not_run_is_a_failure(tmp_path: Path, workers: int):
    run = run_of(A_TEST_IN_NEED, tmp_path, ci="true", workers=workers)

    assert run.returncode == 1, run.stdout
    assert run.stdout.splitlines()[-1] == (
        "NOT RUN (a failure, because CI is set): PostgreSQL: no initdb on this machine (1)"
    )


def test_a_run_prints_the_seed_that_repeats_it(tmp_path: Path):
    run = run_of("def test_nothing():\n    pass\n", tmp_path, ci="", workers=0)

    assert "hypothesis seed: " in run.stdout
    assert "NOT RUN" not in run.stdout
