"""Reading a sync body: everything that needs no store, so that it happens before the queue."""

import msgspec

from server.hub.errors import HubError
from sync.chain import ids_along
from sync.revision import (
    INTEGER_MAX,
    NAME_CHARACTERS_MAX,
    RECEIVED_LINE_BYTES_MAX,
    Malformed,
    Revision,
    Stub,
    is_name,
    read,
)
from sync.secrets import SecretLine, read_secret
from sync.wire import WIRE_VERSION, BadBody, SyncHeader, is_secret, read_request


class Incoming(msgspec.Struct, frozen=True):
    """A line of a body with the id that its place gives it."""

    id: str
    previous: str
    line: bytes
    outcome: Revision | Stub | Malformed


class Body(msgspec.Struct, frozen=True):
    """A whole body: log lines in order, and the secrets that came with them."""

    header: SyncHeader
    lines: list[Incoming]
    secrets: list[SecretLine]


def read_body(body: bytes) -> Body:
    """What a device sent.

    Raises HubError ``header-malformed``, ``line-too-large``, or ``body-incomplete`` when the
    lines do not end in the id that the header names: then some byte is not the author's.
    """
    try:
        header, lines = read_request(body)
    except BadBody as error:
        raise HubError("header-malformed", reason=str(error)) from error
    if header.v != WIRE_VERSION:
        raise HubError("header-malformed", reason=f"v is {header.v}; this server speaks {WIRE_VERSION}")
    if not all(0 <= place.seq <= INTEGER_MAX for place in (header.after, header.tip)):
        raise HubError("header-malformed", reason="a place counts from 0 to 2^53 - 1")
    if not all(map(is_name, (header.device, header.after.id, header.tip.id))):
        raise HubError("header-malformed", reason=f"an id has more than {NAME_CHARACTERS_MAX} characters")
    if any(len(line) > RECEIVED_LINE_BYTES_MAX for line in lines):
        raise HubError("line-too-large", max=RECEIVED_LINE_BYTES_MAX)
    secrets = [secret for line in lines if is_secret(line) and (secret := read_secret(line))]
    incoming = read_lines(header.after.id, [line for line in lines if not is_secret(line)])
    last = incoming[-1].id if incoming else ""
    if len(incoming) != header.n or last != header.last:
        raise HubError("body-incomplete", got=len(incoming), expected=header.n)
    return Body(header, incoming, secrets)


def read_lines(previous: str, lines: list[bytes]) -> list[Incoming]:
    """Log lines that follow the line with id ``previous``, each read and with its id."""
    outcomes = [(line, read(line)) for line in lines]
    incoming = []
    for (line, outcome), id in zip(outcomes, ids_along(previous, outcomes), strict=True):
        incoming.append(Incoming(id, previous, line, outcome))
        previous = id
    return incoming
