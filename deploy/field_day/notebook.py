"""What has been played already, so that an interrupted day goes on and a finished one is not repeated."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sync import record_id


class Notebook:
    """A small JSON file, replaced as a whole after every act.

    An act is noted after it. Of a run that was killed in between, the last act is played
    again, on a record whose id was noted before: the same person says the same again, which
    changes nothing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._noted: dict[str, Any] = {}
        if path.exists():
            self._noted = json.loads(path.read_text(encoding="utf-8"))

    def once(self, name: str, act: Callable[[], object]) -> None:
        """Do something that has not been done yet."""
        if name not in self._noted:
            act()
            self._note(name, True)

    def did(self, name: str) -> bool:
        """Whether an act is noted."""
        return name in self._noted

    def value(self, name: str, make: Callable[[], str]) -> str:
        """What was noted under this name first."""
        if name not in self._noted:
            self._note(name, make())
        return str(self._noted[name])

    def record(self, name: str, *, now_ms: int) -> str:
        """The id of the record that the story calls ``name``, the same in every run."""
        return self.value(
            f"record:{name}", lambda: record_id.fresh(now_ms, os.urandom(record_id.RANDOM_BYTES))
        )

    def _note(self, name: str, value: Any) -> None:
        self._noted[name] = value
        part = self._path.with_name(self._path.name + ".part")
        part.write_text(json.dumps(self._noted, indent=1), encoding="utf-8")
        part.replace(self._path)
