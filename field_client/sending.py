"""What goes to the server: own lines, each hashed on its way, and stubs for what is damaged."""

from collections.abc import Iterator
from hashlib import sha256

import msgspec
from sqlite_utils import Database

from field_client import journal
from field_client.journal import OwnLine
from sync.revision import Stub
from sync.secrets import write_secret


class Sendable(msgspec.Struct, frozen=True):
    """What goes to the server for one line: itself, or the stub of a damaged or missing one.

    ``local`` is the last local row that this covers; ``previous`` the id before it in the chain;
    ``device`` the id under which it stands there.
    """

    local: int
    device: str
    seq: int
    id: str
    previous: str
    line: bytes
    secret: bytes | None = None
    is_stub: bool = False


def sendable(db: Database, *, after_local: int) -> Iterator[Sendable]:
    """What goes to the server after a local row, each line hashed on its way.

    A damaged line is declared by a stub that stands for its id, and so is a line that is
    missing before one that is whole: nothing behind them is stuck.
    """
    previous = journal.place_at(db, after_local).id
    device = journal.device_before(db, after_local)
    for own in journal.lines(db, after_local=after_local):
        if journal.is_whole(own, previous):
            device = journal.device_of(own.body) or device
            yield _whole(db, own, device)
        elif own.previous != previous and journal.is_whole(own, own.previous):
            yield _stub(own.local - 1, max(1, own.seq - 1), own.previous, previous, device, b"", MISSING)
            device = journal.device_of(own.body) or device
            yield _whole(db, own, device)
        else:
            yield _stub(own.local, own.seq, own.id, previous, device, own.body, DAMAGED)
        previous = own.id


DAMAGED = "damaged on the device: its bytes no longer give its id"
MISSING = "missing on the device"


def _whole(db: Database, own: OwnLine, device: str) -> Sendable:
    texts = journal.secrets_of(db, [own.id]) if b'"#"' in own.body else {}
    secret = write_secret(own.id, texts[own.id]) if own.id in texts else None
    return Sendable(own.local, device, own.seq, own.id, own.previous, own.body, secret)


def _stub(local: int, seq: int, omitted: str, previous: str, device: str, body: bytes, why: str) -> Sendable:
    stub = Stub(
        device=device,
        seq=seq,
        previous=previous,
        omitted=omitted,
        size=len(body),
        sha256=sha256(body).hexdigest() if body else "",
        why=why,
    )
    return Sendable(local, device, seq, omitted, previous, msgspec.json.encode(stub), is_stub=True)
