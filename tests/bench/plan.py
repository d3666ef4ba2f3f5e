"""How much a run measures: the whole of it, or a quick look."""

import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

Say = Callable[[str], None]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes of a run. The limits are the same in every run."""

    repeats: int
    """Times that floor and server take turns; the median counts."""
    single_lines: int
    """Bodies of one line in a case."""
    lines: int
    """Lines in a case with larger bodies, at least one body a client."""
    store_records: tuple[int, ...]
    """Sizes at which a sync without news and a small delta are measured."""
    reads: int
    """Times that each of these is measured."""
    pull_records: int
    saves: int
    starts: int
    export_records: int
    export_turns: int
    restore_lines: int


FULL = Plan(
    repeats=5,
    single_lines=240,
    lines=3072,
    store_records=(1_000, 20_000, 200_000),
    reads=60,
    pull_records=10_000,
    saves=300,
    starts=11,
    export_records=100_000,
    export_turns=3,
    restore_lines=1_000_000,
)
QUICK = Plan(
    repeats=2,
    single_lines=80,
    lines=2048,
    store_records=(1_000, 20_000),
    reads=20,
    pull_records=3_000,
    saves=300,
    starts=5,
    export_records=5_000,
    export_turns=1,
    restore_lines=20_000,
)


class Run(msgspec.Struct, frozen=True):
    """One run: its sizes, a folder that is its own, and where it says what it does."""

    plan: Plan
    folder: Path
    say: Say

    def subfolder(self, name: str) -> Path:
        """An empty folder for one part of the run."""
        folder = self.folder / name
        folder.mkdir()
        return folder


def progress(text: str) -> None:
    """Shows what is being measured, on a terminal only."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()
