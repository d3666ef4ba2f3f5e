"""The data folder: where everything of a server lies, and who may read it.

Keys and the database are readable by the server's own account only. Nothing here opens the
database; ``server/app.py`` does.
"""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import msgspec

TOKEN_KEY_BYTES = 32
"""Length of the key that signs device tokens (HMAC-SHA256)."""


class Folder(msgspec.Struct, frozen=True):
    """Paths inside a data folder."""

    path: Path

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.path / "tapak.db"

    @property
    def token_key(self) -> Path:
        """The key that signs device tokens."""
        return self.path / "secrets" / "token.key"

    @property
    def sealing_key(self) -> Path:
        """The key pair that opens restricted answers in a file that others carried."""
        return self.path / "secrets" / "sealing.key"

    @property
    def attachments(self) -> Path:
        """Photos and documents, and what is on its way."""
        return self.path / "attachments"

    @property
    def backups(self) -> Path:
        """Where scheduled backups go unless a setting names another folder."""
        return self.path / "backups"

    def initialised(self, *, embedded: bool) -> bool:
        """Whether ``init`` has finished here. ``embedded``: the database is a file of the folder."""
        return self.token_key.exists() and (self.database.exists() or not embedded)

    def make(self, token_key: bytes, *, embedded: bool) -> None:
        """Make what is missing; what is there stays, the key above all."""
        for folder in (self.path, self.token_key.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
        files = {self.token_key: token_key} | ({self.database: b""} if embedded else {})
        for file, content in files.items():
            if not file.exists():
                write_private(file, content)

    def kept_sealing_key(self, fresh: Callable[[], bytes]) -> bytes:
        """The key pair, made when it is first needed: a server that is older than it has none."""
        if not self.sealing_key.exists():
            write_private(self.sealing_key, fresh())
        return self.sealing_key.read_bytes()

    def open_to_others(self) -> list[Path]:
        """Files and folders that another account of this machine can read; empty on Windows."""
        if os.name != "posix":
            return []
        private = [self.path, self.token_key.parent, self.token_key, self.sealing_key, self.database]
        return [
            path for path in private if path.exists() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
        ]


def write_private(file: Path, content: bytes) -> None:
    """A file that nobody else could read at any moment, complete on disk or not there."""
    part = file.with_name(file.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with open(descriptor, "wb") as target:  # noqa: PTH123  # pathlib opens no descriptors
        target.write(content)
        target.flush()
        os.fsync(target.fileno())
    part.replace(file)
