"""Sync bodies made beforehand, so that the sending side of a measurement costs little."""

import gzip
from collections.abc import Callable, Sequence
from functools import cached_property

import msgspec

from field_client.settings import APP_VERSION
from sync.chain import Place, revision_id
from sync.wire import WIRE_VERSION, Limit, SyncHeader, write_request
from tests.bench.fielddata import FieldLog

# What an answer costs is measured by itself: here it carries one snapshot line.
ONE_ROW = Limit(rows=1)


class Body(msgspec.Struct, frozen=True, dict=True):
    """A body of log lines. ``last``: what the server must state to have afterwards."""

    device: str
    after: Place
    last: Place
    lines: list[bytes]
    raw: bytes

    @cached_property
    def compressed(self) -> bytes:
        """As ``field_client.transport`` sends it."""
        return gzip.compress(self.raw, mtime=0)


def bodies_of(
    log: FieldLog, saves: Callable[[int], list[bytes]], *, count: int, lines_a_body: int
) -> list[Body]:
    """This many bodies of lines that ``saves`` (``log.entries`` or ``log.edits``) adds to a log."""
    after = log.tip
    lines = saves(count * lines_a_body)
    bodies = []
    for start in range(0, len(lines), lines_a_body):
        body = body_of(log.device, after, lines[start : start + lines_a_body])
        bodies.append(body)
        after = body.last
    return bodies


def body_of(device: str, after: Place, lines: Sequence[bytes]) -> Body:
    """One body as a client of ours writes it."""
    last = after
    for line in lines:
        last = Place(last.seq + 1, revision_id(last.id, line))
    header = SyncHeader(
        v=WIRE_VERSION,
        device=device,
        app=APP_VERSION,
        after=after,
        tip=last,
        n=len(lines),
        last=last.id if lines else "",
        limit=ONE_ROW,
    )
    raw = write_request(header, lines)
    return Body(device, after, last, list(lines), raw)
