"""One exchange: take in what a device sends, state what the server has, give what changed."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from server.hub.areas import areas_mark
from server.hub.bundle_states import states_of
from server.hub.durable import durable_of
from server.hub.errors import HubError
from server.hub.forms import FormShelf
from server.hub.ingest import sender_of, state_of, take_in, vouch
from server.hub.intake import Body, read_body
from server.hub.pages import Pages, Reader, pages_for
from server.store.base import Store, Unit
from server.store.people import PersonRow
from sync.admission import UNSIGNED
from sync.area import minimal
from sync.attachment import is_sha256
from sync.chain import START, Place
from sync.revision import INTEGER_MAX
from sync.wire import (
    CARRIED_MAX,
    ROWS_MAX,
    AnswerHeader,
    HeldId,
    Wanted,
    write_answer_header,
    write_end_line,
)

if TYPE_CHECKING:
    from server.hub.sealing import SealingKey

ROLES_THAT_OPEN = frozenset({"coordinator", "regency", "admin"})
"""Roles that see restricted answers within their scope."""

HELD_BYTES_MAX = 64 * 1024 * 1024
"""What a revoked or unknown device may leave here, all its lines together."""

_DOUBTFUL = (UNSIGNED, "malformed")

FILES_WANTED_MAX = 20
"""Files that one answer asks for. Their names do not compress: a hundred would be 3.4 KB of every
answer, on the slowest link, until the last photo is here."""


def exchange(
    store: Store,
    shelf: FormShelf,
    device: str,
    body: bytes,
    *,
    now_ms: int,
    key: "SealingKey | None" = None,
) -> bytes:
    """The answer to one body of the enrolled ``device``. Safe to repeat.

    The body is stored in one transaction; the answer is computed after its commit, so its
    snapshots contain everything through ``have``. ``key``: this server's for sealed answers.
    Raises HubError: ``header-malformed`` and ``body-incomplete`` before anything is stored;
    ``device-revoked`` and ``unknown-device``, with ``have`` and ``known``, after everything is.
    """
    request = read_body(body)
    with store.write() as unit:
        forked = _receive(unit, shelf, device, request, now_ms=now_ms)
    with store.read() as unit:
        return _answer(unit, device, request, forked=forked, now_ms=now_ms, key=key)


def reader_of(persons: Iterable[PersonRow]) -> Reader:
    """What the persons of one device may read together.

    The scope is their union; restricted answers are opened only where all of them have the
    right, and a person's own only where he is alone.
    """
    people = list(persons)
    return Reader(
        scope=minimal(area for person in people for area in person.areas),
        opens_all=bool(people) and all(person.role in ROLES_THAT_OPEN for person in people),
        opens_of=people[0].id if len(people) == 1 else None,
    )


def have_of(unit: Unit, request: Body) -> Place:
    """The last line that is complete here among the asker's tip, body and ``after``.

    A place in the asker's own log, never the highest number known here: that lost 565 lines
    in 250 simulated runs.
    """
    header = request.header
    candidates = [header.tip.id, *(line.id for line in reversed(request.lines)), header.after.id]
    places = unit.log.places(id for id in candidates if id)
    for id in candidates:
        if id in places and places[id].complete:
            return Place(places[id].seq, id)
    return START


def is_forked(unit: Unit, tip: Place) -> bool:
    """Whether more lines bear the tip's device id than the tip's number: two phones share it.

    Lines for which no device has vouched, or that cannot be read, do not count: anybody can write them.
    """
    place = unit.log.places([tip.id]).get(tip.id)
    if place is None or not place.complete or unit.log.line_count(place.device) <= place.seq:
        return False
    doubtful = _doubtful(unit, place.device, tip.id)
    return unit.log.line_count(place.device) - doubtful > place.seq


def _doubtful(unit: Unit, device: str, tip: str) -> int:
    """How many lines that anybody can have written bear a device id, the asker's own not counted."""
    held = {id for id, why in unit.log.held_ids(unit.log.root_of(device)) if why in _DOUBTFUL}
    own = {id for why in _DOUBTFUL for id in unit.log.held_before(tip, why)} if held else set()
    return sum(place.device == device for place in unit.log.places(held - own).values())


def _receive(unit: Unit, shelf: FormShelf, device: str, request: Body, *, now_ms: int) -> bool:
    """Take a body in; whether the asker's log turned out to be forked."""
    header = request.header
    sender = sender_of(unit, device)
    root = unit.log.root_of(device)
    if sender.state != "known" and unit.log.stored_bytes(root) > HELD_BYTES_MAX:
        raise HubError("storage-full", max=HELD_BYTES_MAX)
    take_in(
        unit,
        shelf,
        sender,
        after=header.after,
        device=device,
        lines=request.lines,
        secrets=request.secrets,
        now_ms=now_ms,
    )
    if any(why == UNSIGNED for _, why in unit.log.held_ids(root)):
        # Whoever names a line as the end of his own log, with his token, answers for it.
        ends = [header.after.id, header.tip.id, header.last]
        vouch(unit, shelf, root, [id for id in ends if id], now_ms=now_ms)
    forked = is_forked(unit, header.tip)
    if forked:
        unit.log.raise_flag("device-cloned", header.device, now_ms=now_ms)
    # A clock can say anything; what is noted of it must fit the integers of every store.
    clock_ahead_ms = max(-INTEGER_MAX, min(header.now - now_ms, INTEGER_MAX)) if header.now else 0
    left = msgspec.json.encode(header.left).decode()
    unit.people.seen(device, now_ms=now_ms, clock_ahead_ms=clock_ahead_ms, app=header.app, left_json=left)
    return forked


def _answer(
    unit: Unit, device: str, request: Body, *, forked: bool, now_ms: int, key: "SealingKey | None"
) -> bytes:
    have = have_of(unit, request)
    root = unit.log.root_of(device)
    known = tuple(unit.log.known_places(root)) if have == START else ()
    state = state_of(unit, device)
    if state != "known":
        raise HubError("device-revoked" if state == "revoked" else "unknown-device", have=have, known=known)
    reader = reader_of(unit.people.persons_on(device))
    own = unit.log.own_device()
    header = AnswerHeader(
        server=own[0] if own else "",
        have=have,
        known=known,
        durable=durable_of(unit, have),
        fork=forked,
        held=tuple(HeldId(id, why) for id, why in unit.log.held_ids(root)),
        now=now_ms,
        scope=reader.scope,
        forms=unit.catalogue.current_forms(),
        areas=areas_mark(unit),
        wanted=Wanted(
            files=tuple(unit.attachments.wanted(root, limit=FILES_WANTED_MAX)),
            secrets=tuple(unit.log.secretless(root)),
            lines=tuple(unit.log.gaps(root)),
        ),
        key=msgspec.UNSET if key is None or key.id == request.header.key else key.public,
        carried=_carried(unit, request),
    )
    rows_max = max(1, min(request.header.limit.rows, ROWS_MAX))
    return _written(header, pages_for(unit, reader, request.header.feeds, rows_max=rows_max))


def _carried(unit: Unit, request: Body) -> dict[str, str] | msgspec.UnsetType:
    asked = [sha256 for sha256 in request.header.carried[:CARRIED_MAX] if is_sha256(sha256)]
    return states_of(unit, asked) if asked else msgspec.UNSET


def _written(header: AnswerHeader, pages: Pages) -> bytes:
    return b"\n".join([write_answer_header(header), *pages.lines, write_end_line(pages.end), b""])
