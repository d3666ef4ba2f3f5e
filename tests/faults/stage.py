"""What a row of the campaign gets: its seed, its folder, how much of it is wanted, and a place to tell."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path


class Fault(AssertionError):
    """A promise was broken; the text says which and where."""


class Stage:
    """One run of one row. ``factor``: 1 is the long form; ``short``: the form for ``make test``."""

    def __init__(
        self, folder: Path, *, seed: int, short: bool, factor: float = 1, tell: Callable[[str], None]
    ) -> None:
        self.folder, self.seed, self.short, self.factor = folder, seed, short, factor
        self.rng = random.Random(seed)
        self.tell = tell
        self.not_run: list[str] = []
        self.checked = 0
        self._folders: Iterator[int] = iter(range(1_000_000))

    def count(self, *, long: int, short: int) -> int:
        """How many of something this run has: the long figure by the factor, or the short one."""
        return short if self.short else max(1, round(long * self.factor))

    def fresh(self, name: str) -> Path:
        """A path of its own inside the folder, not made yet."""
        return self.folder / f"{name}-{next(self._folders)}"

    def copy(self, source: Path, name: str) -> Path:
        """A copy of a folder, in a place of its own."""
        target = self.fresh(name)
        shutil.copytree(source, target)
        return target

    def expect(self, holds: object, what: str) -> None:
        """Raise Fault with the seed where something does not hold; ``checked`` counts what did."""
        if not holds:
            raise Fault(f"{what} (seed {self.seed})")
        self.checked += 1
