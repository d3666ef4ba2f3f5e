"""Text that PostgreSQL cannot hold, made one that it can.

A device may write U+0000 in a field name, and no entry is refused for it; PostgreSQL has no
such character. On the way in U+0000 becomes U+0001 ``0`` and U+0001 becomes U+0001 ``1``, on
the way out they become themselves again. Equal texts stay equal, different ones different,
and their order stays as it is. All other texts, which are all that people type, are stored
as they are.
"""

from psycopg import Connection
from psycopg.abc import Buffer
from psycopg.types.string import StrDumper, TextLoader

_NUL, _MARK = "\0", "\1"


def escaped(text: str) -> str:
    """``text`` without U+0000. ``original`` gives it back."""
    if _NUL not in text and _MARK not in text:
        return text
    return text.replace(_MARK, _MARK + "1").replace(_NUL, _MARK + "0")


def original(text: str) -> str:
    """The text of which ``escaped`` made this one."""
    if _MARK not in text:
        return text
    return text.replace(_MARK + "0", _NUL).replace(_MARK + "1", _MARK)


class _Dumper(StrDumper):
    oid = 0  # the column says which type it is, as with the driver's own

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(escaped(obj))


class _Loader(TextLoader):
    def load(self, data: Buffer) -> str:
        return original(str(super().load(data)))


def hold_any_text(connection: Connection) -> None:
    """Escape every text of this connection, both ways."""
    connection.adapters.register_dumper(str, _Dumper)
    connection.adapters.register_loader("text", _Loader)
