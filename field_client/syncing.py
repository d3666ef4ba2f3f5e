"""A run of ``sync``: exchanges until nothing is left to send or to fetch, or until one fails.

Whatever fails, the log stays as it is and the next run goes on where the server says.
"""

from contextlib import suppress

import msgspec
from sqlite_utils import Database

from field_client import (
    attachments,
    carrying,
    delivering,
    exchange,
    facts,
    fetching,
    journal,
    records,
    uploads,
)
from field_client.asking import Around, Asker, Link
from field_client.database import StoreProblem, read, write
from field_client.errors import CommandProblem
from field_client.exchange import Outcome
from field_client.settings import FREE_BYTES_WARN, STUCK_ROUNDS_MAX
from field_client.transport import NoNetwork, Problem
from sync.chain import Place
from sync.wire import BadBody


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did. ``problem`` says why it ended before everything was done."""

    sent: int
    received: int
    held: tuple[tuple[str, str], ...]
    conflicts: int
    have: Place
    durable: Place
    new_conflicts: int
    new_held: int
    damaged: int = 0
    forked: bool = False
    unsent: int = 0
    attachments_sent: int = 0
    attachments_left: int = 0
    attachments_left_bytes: int = 0
    attachments_damaged: int = 0
    carried_sent: int = 0
    carried_left: int = 0
    carried_safe: int = 0
    carried_damaged: int = 0
    problem: CommandProblem | None = None
    retry_after_s: int | None = None


class _Run:
    """The state of one run."""

    def __init__(self, db: Database, link: Link, around: Around) -> None:
        self.db, self.link, self.around = db, link, around
        self.asker = Asker(db, link, around)
        self.sent = self.received = self.stuck = self.attachments_sent = 0
        self.carried_sent = self.carried_safe = 0
        self.last: Outcome | None = None
        self.forked = False


def sync(db: Database, link: Link, around: Around) -> Report:
    """Exchange until everything is sent and fetched. Raises StoreProblem; all else is reported."""
    damaged = len(journal.damaged(db))
    before_conflicts, before_held = _open(db), _held(db)
    run = _Run(db, link, around)
    problem, retry_after_s = _end_of(run)
    now_conflicts = _open(db)
    left = attachments.left(db)
    carried = carrying.carried(db)
    return Report(
        sent=run.sent,
        received=run.received,
        held=run.last.held if run.last else tuple(_held(db).items()),
        conflicts=len(now_conflicts),
        have=facts.get_place(db, facts.HAVE),
        durable=facts.get_place(db, facts.DURABLE),
        new_conflicts=len(now_conflicts - before_conflicts),
        new_held=len(_held(db).keys() - before_held.keys()),
        damaged=damaged,
        forked=run.forked,
        unsent=journal.count(db, after_local=journal.have_local(db)),
        attachments_sent=run.attachments_sent,
        attachments_left=len(left),
        attachments_left_bytes=sum(file.size_bytes for file in left),
        attachments_damaged=attachments.damaged_count(run.db),
        carried_sent=run.carried_sent,
        carried_left=len(carrying.on_the_way(carried)),
        carried_safe=run.carried_safe,
        carried_damaged=sum(one.state == carrying.DAMAGED for one in carried),
        problem=problem,
        retry_after_s=retry_after_s,
    )


def _end_of(run: _Run) -> tuple[CommandProblem | None, int | None]:
    """Exchange to the end; what ended the run before, and how long the server wants to be left."""
    url = run.link.url
    try:
        _exchange(run)
        _fetch(run)
        refused = _deliver(run)
        _send_attachments(run)
        if refused is not None:
            raise refused
    except NoNetwork as error:
        return CommandProblem("client.sync.no-network", url=url, reason=str(error)), None
    except Problem as error:
        return _told(error, url), error.retry_after_s
    except BadBody as error:
        return CommandProblem("client.sync.not-tapak", url=url, reason=str(error)), None
    except _Stuck:
        return CommandProblem("client.sync.stuck", url=url), None
    return None, None


def _exchange(run: _Run) -> None:
    try:
        while _step(run):
            pass
    finally:
        run.asker.give_up()


class _Stuck(Exception):
    """Several bodies in a row brought ``have`` no further."""


def _step(run: _Run) -> bool:
    """One exchange and what it asks for; whether another one is needed."""
    try:
        exchanged = run.asker.exchanged()
    except Problem as problem:
        if problem.status == 403 and "have" in problem.fields and _pushed_while_locked_out(run, problem):
            return True
        raise
    run.asker.ask_ahead(exchanged)
    request = exchanged.request
    outcome = exchange.apply_answer(
        run.db, request, exchanged.answer, now_ms=exchanged.at_ms, random_bytes=run.around.random_bytes
    )
    before = journal.local_of(run.db, request.after.id) or 0
    run.sent += request.count
    run.received += outcome.received
    run.forked = run.forked or outcome.forked
    if outcome.complete:
        run.last = outcome
    else:
        run.asker.slow_down()
    moved = outcome.have_local > before or (outcome.complete and not request.count)
    run.stuck = 0 if moved else run.stuck + 1
    if run.stuck >= STUCK_ROUNDS_MAX:
        raise _Stuck
    return outcome.more


def _fetch(run: _Run) -> None:
    """New form versions, and the areas and boundaries of another scope or list."""
    if run.last is None:
        return
    fetching.fetch_forms(run.db, run.link, run.last.forms_missing)
    if run.last.areas_changed:
        fetching.fetch_boundaries(run.db, run.link)
        fetching.fetch_areas(run.db, run.link)


def _deliver(run: _Run) -> Problem | None:
    """What is carried for others: their text comes before the photos of this device.

    Then the server is asked once more: what it took in now may concern this device, and what it
    has safely need not be kept. A problem of one file is given back; the others went on.
    """
    folder = run.around.carried
    if folder is None:
        return None
    around = run.around
    done = delivering.deliver(run.db, run.link, folder, random_bytes=around.random_bytes, sleep=around.sleep)
    run.carried_sent = done.count
    if done.count:
        _exchange(run)
    run.carried_safe = carrying.let_go(run.db, folder)
    return done.refused


def _send_attachments(run: _Run) -> None:
    """Photos and documents, after the text; but first, originals may go that are safe elsewhere.

    The server has just said what is durable, by the photos that it had then: not by those that
    are sent now.
    """
    around, folder = run.around, run.around.attachments
    if folder is None:
        return
    free_mb = around.free_mb()
    if free_mb is not None and free_mb * 1_000_000 < FREE_BYTES_WARN:
        attachments.make_room(run.db, folder, bytes_wanted=FREE_BYTES_WARN - free_mb * 1_000_000)
    before = len(attachments.left(run.db))
    try:
        uploads.send(run.db, run.link, folder, random_bytes=around.random_bytes, sleep=around.sleep)
    finally:
        run.attachments_sent = before - len(attachments.left(run.db))


def _pushed_while_locked_out(run: _Run, problem: Problem) -> bool:
    """A revoked or unknown device may still leave its lines: whether there are more to leave."""
    request = run.asker.request
    if request is None:
        return False
    try:
        have = msgspec.convert(problem.fields["have"], Place)
        known = msgspec.convert(problem.fields.get("known", []), tuple[Place, ...])
    except msgspec.ValidationError:
        return False
    before = journal.local_of(run.db, request.after.id) or 0
    with write(run.db):
        local = exchange.state_have(run.db, request, have, known)
    run.sent += request.count
    return local > before and journal.count(run.db, after_local=local) > 0


def _told(problem: Problem, url: str) -> CommandProblem:
    keys = {
        "device-revoked": "client.sync.revoked",
        "unknown-device": "client.sync.unknown-device",
        "protocol-too-old": "client.sync.too-old",
        "attachments-full": "client.sync.attachments-full",
    }
    by_status = {401: "client.sync.not-authenticated", 429: "client.sync.busy", 503: "client.sync.busy"}
    by_status |= dict.fromkeys((502, 504), "client.sync.busy")
    by_status |= {507: "client.sync.busy", 400: "client.sync.damaged-on-the-way"}
    key = keys.get(problem.code) or by_status.get(problem.status, "client.sync.problem")
    return CommandProblem(key, url=url, status=problem.status, code=problem.code, detail=problem.detail)


def _open(db: Database) -> set[tuple[str, str]]:
    # Summaries only save time: on a full disk they are computed anew, and pushing goes on.
    with suppress(StoreProblem), write(db):
        records.sum_up(db)
    with read(db):
        return records.open_conflicts(db)


def _held(db: Database) -> dict[str, str]:
    return dict(db.conn.execute(HELD).fetchall())


HELD = "SELECT id, why FROM held ORDER BY id"
