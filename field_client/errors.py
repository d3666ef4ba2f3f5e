"""What a command cannot do, as the key of a text and its values."""

from typing import Any

FAILED = 1
WRONG_USAGE = 2


class CommandProblem(Exception):
    """A command ends here; ``key`` names the text that says why and what to do."""

    def __init__(self, key: str, *, exit_code: int = FAILED, **values: Any) -> None:
        super().__init__(key)
        self.key = key
        self.exit_code = exit_code
        self.values = values


def wrong_usage(key: str, **values: Any) -> CommandProblem:
    """The command was asked for in a way that cannot be."""
    return CommandProblem(key, exit_code=WRONG_USAGE, **values)
