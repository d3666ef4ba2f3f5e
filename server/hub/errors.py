"""What a use case cannot do, said in the words of ``server/problems.py`` and knowing no HTTP."""

from typing import Any


class HubError(Exception):
    """A use case ends here; ``code`` names an entry of the problem catalogue."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


class UsageError(Exception):
    """An operator asked for what cannot be; the text key and its values say why."""

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(key)
        self.key = key
        self.values = values
