"""The exchange without a network: request bytes out, answer bytes in.

The server *states* what it has; nothing here remembers it as truth. ``have`` is kept as a
hint where the next body begins, and whatever the answer says replaces it (1,662 of 3,000
simulated histories lost data after a server restore where a device believed its memory).
"""

import msgspec
from sqlite_utils import Database

from field_client import attachments, carrying, facts, feeds, forms, journal, sending
from field_client.database import read, write
from field_client.facts import RandomBytes
from field_client.sending import Sendable
from field_client.settings import APP_VERSION, COMPRESSION_RATIO
from sync.area import in_regency
from sync.chain import START, Place
from sync.revision import INTEGER_MAX
from sync.secrets import write_secret
from sync.wire import (
    CARRIED_MAX,
    WIRE_VERSION,
    Answer,
    AnswerHeader,
    Limit,
    SyncHeader,
    read_answer,
    read_end,
    read_request,
    write_request,
)


class Budget(msgspec.Struct, frozen=True):
    """How much fits the link: compressed bytes of a body, snapshot lines of an answer."""

    body_bytes: int
    rows: int


class Request(msgspec.Struct, frozen=True):
    """A body, and what its answer must be read with.

    ``through``: local row of its last line, or of ``after`` where it has none. ``tip_device``:
    the device id that the tip carries.
    """

    body: bytes
    after: Place
    through: int
    count: int
    feeds: dict[str, str]
    secrets: tuple[str, ...]
    lines_wanted: tuple[str, ...]
    tip_device: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer did. ``have_local``: local row of the last line that the server has."""

    have: Place
    have_local: int
    complete: bool
    durable: Place = START
    held: tuple[tuple[str, str], ...] = ()
    received: int = 0
    more: bool = False
    forked: bool = False
    forms_missing: tuple[tuple[str, str], ...] = ()
    areas_changed: bool = False


def next_request(db: Database, *, budget: Budget, now_ms: int, free_mb: int | None = None) -> Request:
    """The next body: wanted secrets, then lines after the last stated ``have``; of one moment."""
    with read(db):
        after_local = journal.have_local(db)
        # What went into a file may have arrived by now: the server is asked before it is sent again.
        ask_first = int(facts.get(db, facts.EXPORTED_LOCAL) or 0) > after_local
        parts = [] if ask_first else _parts(db, after_local, budget.body_bytes * COMPRESSION_RATIO)
        secrets = journal.secrets_of(db, facts.get_json(db, facts.SECRETS_WANTED, []))
        header = _header(db, after_local, parts, budget, now_ms=now_ms, free_mb=free_mb)
        lines = [write_secret(id, texts) for id, texts in secrets.items()]
        for part in parts:
            lines += [part.line] if part.secret is None else [part.line, part.secret]
        return Request(
            body=write_request(header, lines),
            after=header.after,
            through=parts[-1].local if parts else after_local,
            count=len(parts),
            feeds=header.feeds,
            secrets=tuple(secrets),
            lines_wanted=tuple(facts.get_json(db, facts.LINES_WANTED, [])),
            tip_device=journal.device_before(db, INTEGER_MAX),
        )


def following_page(request: Request, answer: bytes, *, rows: int) -> Request | None:
    """The request for the page after an answer, as it will be once that is taken in.

    ``None`` where the next request has something to bring, or where there is no next page.
    """
    ends = read_end(answer)
    if request.count or request.secrets or ends is None or not any(end.more for end in ends.values()):
        return None
    cursors = request.feeds | {feed: end.cursor for feed, end in ends.items()}
    header, _ = read_request(request.body)
    header = msgspec.structs.replace(header, feeds=cursors, limit=Limit(rows=rows))
    return msgspec.structs.replace(request, body=write_request(header, []), feeds=cursors)


def _header(
    db: Database, after_local: int, parts: list[Sendable], budget: Budget, *, now_ms: int, free_mb: int | None
) -> SyncHeader:
    return SyncHeader(
        v=WIRE_VERSION,
        device=facts.get(db, facts.ENROLLED) or "",
        app=APP_VERSION,
        after=journal.place_at(db, after_local),
        tip=journal.tip(db),
        n=len(parts),
        last=parts[-1].id if parts else "",
        feeds=feeds.cursors(db),
        limit=Limit(rows=budget.rows),
        now=max(now_ms, 0),
        left=_left(db, parts[-1].local if parts else after_local, now_ms),
        carried=tuple(one.sha256 for one in carrying.carried(db)[:CARRIED_MAX]),
        key=facts.server_key_name(db),
        free_mb=free_mb,
    )


def apply_answer(
    db: Database, request: Request, body: bytes, *, now_ms: int, random_bytes: RandomBytes
) -> Outcome:
    """Take an answer in, in one transaction. Raises BadBody for what no server of ours wrote.

    Without its end line nothing of an answer counts but ``have`` and ``known``; nor where
    another process has moved a cursor since the request, for its pages are older then.
    """
    answer = read_answer(body)
    with write(db):
        have_local = state_have(db, request, answer.header.have, answer.header.known)
        if answer.end is None or feeds.cursors(db) != request.feeds:
            return Outcome(
                have=journal.place_at(db, have_local), have_local=have_local, complete=False, more=True
            )
        have_local = _back_to_wanted(db, request, answer.header, have_local)
        return _apply_whole(db, request, answer, have_local, now_ms=now_ms, random_bytes=random_bytes)


def state_have(db: Database, request: Request, have: Place, known: tuple[Place, ...]) -> int:
    """Keep where the next body begins; its local row. Inside the caller's transaction.

    A server that has not ``after`` complete names places that it knows: the highest one that
    this log contains counts, else the beginning.
    """
    local = journal.local_of(db, have.id) if have.id else None
    if local is None:
        places = [journal.local_of(db, place.id) for place in known if place.id]
        local = max((place for place in places if place is not None), default=0)
    facts.put_json(db, facts.HAVE, journal.place_at(db, local))
    facts.put(db, facts.EXPORTED_LOCAL, "0")
    sent = int(facts.get(db, facts.SENT_LOCAL) or 0)
    facts.put(db, facts.SENT_LOCAL, str(max(sent, request.through)))
    return local


def _back_to_wanted(db: Database, request: Request, header: AnswerHeader, have_local: int) -> int:
    """Before the first line that the server has as a stub only and that is whole here.

    A line that was asked for before and went out since is not sent a third time.
    """
    wanted = []
    for id in header.wanted.lines:
        local = journal.local_of(db, id)
        if local is not None and local <= have_local and _is_whole_at(db, local):
            wanted.append((local, id))
    again = [local for local, id in wanted if id not in request.lines_wanted]
    facts.put_json(db, facts.LINES_WANTED, [id for _, id in wanted])
    if not again:
        return have_local
    have_local = min(again) - 1
    facts.put_json(db, facts.HAVE, journal.place_at(db, have_local))
    return have_local


def _apply_whole(
    db: Database, request: Request, answer: Answer, have_local: int, *, now_ms: int, random_bytes: RandomBytes
) -> Outcome:
    header, end = answer.header, answer.end or {}
    told = int(facts.get(db, facts.TOLD) or 0) + 1
    facts.put(db, facts.TOLD, str(told))
    page = feeds.Page(answer.snapshots, end, have_local, told, now_ms)
    again = feeds.apply(db, page)
    feeds.hold(db, {held.id: held.why for held in header.held}, page)
    dropped = [
        feed for feed in feeds.cursors(db, all=True) if feed not in end and not in_regency(header.scope, feed)
    ]
    feeds.drop(db, dropped)
    # Not of the present device id: that fork has been answered by a new one already.
    forked = header.fork and request.tip_device == facts.get(db, facts.LOG_DEVICE)
    if forked:
        journal.branch(db, facts.fresh_device_id(random_bytes))
    wanted = _wanted_secrets(db, request, header)
    attachments.want(db, header.wanted.files)
    carrying.state(db, header.carried or {})
    areas_changed = _state(db, header, now_ms)
    unsent = journal.count(db, after_local=have_local) > 0
    return Outcome(
        have=journal.place_at(db, have_local),
        have_local=have_local,
        complete=True,
        durable=header.durable,
        held=tuple((held.id, held.why) for held in header.held),
        received=len(answer.snapshots),
        more=again or unsent or wanted or any(feed.more for feed in end.values()),
        forked=header.fork,
        forms_missing=_forms(db, header),
        areas_changed=areas_changed,
    )


def _parts(db: Database, after_local: int, raw_bytes_max: int) -> list[Sendable]:
    """Lines until the body is full, at least one; a stub never ends a body.

    A stub for a missing line has no row here, so ``have`` could not be found by its id.
    """
    parts: list[Sendable] = []
    size = 0
    for part in sending.sendable(db, after_local=after_local):
        if size >= raw_bytes_max and parts and parts[-1].local == journal.local_of(db, parts[-1].id):
            break
        parts.append(part)
        size += len(part.line) + len(part.secret or b"")
    return parts


def _left(db: Database, through: int, now_ms: int) -> dict[str, int]:
    left = {
        "revisions": journal.count(db, after_local=through),
        "drafts": 0,
        "photos": len(attachments.left(db)),
    }
    oldest_ms = journal.oldest_unsent_ms(db)
    if oldest_ms is not None:
        left["oldest_s"] = max(0, now_ms - oldest_ms) // 1000
    return left


def _wanted_secrets(db: Database, request: Request, header: AnswerHeader) -> bool:
    """Remember which secrets the next body brings; whether there are any not just sent."""
    here = journal.secrets_of(db, header.wanted.secrets)
    fresh = [id for id in here if id not in request.secrets]
    facts.put_json(db, facts.SECRETS_WANTED, fresh)
    return bool(fresh)


def _state(db: Database, header: AnswerHeader, now_ms: int) -> bool:
    """Keep what the server said about itself; whether the areas here are of another scope or list."""
    facts.put(db, facts.SERVER, header.server)
    if header.key:
        facts.put(db, facts.SERVER_KEY, header.key)
    facts.put_json(db, facts.DURABLE, header.durable)
    facts.put_json(db, facts.SCOPE, list(header.scope))
    facts.put(db, facts.CLOCK_OFFSET_MS, str(header.now - now_ms))
    facts.put(db, facts.CLOCK_CHECKED_MS, str(now_ms))
    facts.put(db, facts.AREAS_STATED, header.areas)
    of_other_scope = facts.get_json(db, facts.AREAS_SCOPE, None) != list(header.scope)
    return bool(of_other_scope or facts.get(db, facts.AREAS_HERE) != header.areas)


def _forms(db: Database, header: AnswerHeader) -> tuple[tuple[str, str], ...]:
    """Follow the stated versions that are here; those that must be fetched."""
    present = forms.current_versions(db)
    for form_id, version in header.forms.items():
        if present.get(form_id) != version and forms.has(db, form_id, version):
            forms.make_current(db, form_id, version)
    return tuple((id, version) for id, version in header.forms.items() if not forms.has(db, id, version))


def _is_whole_at(db: Database, local: int) -> bool:
    own = next(journal.lines(db, after_local=local - 1), None)
    return own is not None and journal.is_whole(own, journal.place_at(db, local - 1).id)
