"""One exchange over a link that may fail: with patience, smaller bodies, and a page ahead.

While a page is stored, the next one is on its way already. It is used only where nothing
has moved a cursor meanwhile; whatever else happens, it is as if it had not been asked for.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import msgspec
from sqlite_utils import Database

from field_client import exchange, facts, feeds, pace
from field_client.ahead import when_asked
from field_client.database import write
from field_client.exchange import Budget, Request
from field_client.facts import RandomBytes
from field_client.settings import BACKOFF_BASE_S, EXCHANGE_ATTEMPTS_MAX, RETRY_AFTER_PATIENCE_S
from field_client.transport import NoNetwork, Problem
from sync.wire import BadBody


class Link(Protocol):
    """What a run needs of a transport."""

    url: str

    def tus(
        self, method: str, path: str, *, headers: Mapping[str, str], data: bytes = b""
    ) -> Mapping[str, str]: ...
    def exchange(self, body: bytes) -> bytes: ...
    def get(self, path: str) -> bytes: ...


class Around(msgspec.Struct, frozen=True):
    """The world around a run: the wall clock in ms, chance, waiting, and free disk space.

    ``attachments``: the folder of photos and documents; without one none are sent. ``carried``:
    the one of files that are carried for others, likewise.
    ``meanwhile``: how a page is fetched while another one is stored, as in ``ahead``.
    """

    clock: Callable[[], int]
    random_bytes: RandomBytes
    sleep: Callable[[float], None]
    free_mb: Callable[[], int | None] = lambda: None
    attachments: Path | None = None
    carried: Path | None = None
    meanwhile: Callable[[Callable[[], Any]], Callable[[], Any]] = when_asked


class Exchanged(msgspec.Struct, frozen=True):
    """A request and its answer, when it came, and how long it took."""

    request: Request
    answer: bytes
    at_ms: int
    took_ms: int


class Asker:
    """Asks one server for one device, at the pace that the link bears.

    ``request``: the last one that was sent.
    """

    def __init__(self, db: Database, link: Link, around: Around) -> None:
        self.db, self.link, self.around = db, link, around
        self.budget = pace.load(db)
        self.request: Request | None = None
        self._ahead: tuple[Request, Callable[[], Exchanged]] | None = None

    def exchanged(self) -> Exchanged:
        """A request and its answer. Raises NoNetwork, Problem."""
        for attempt in range(EXCHANGE_ATTEMPTS_MAX):
            last_attempt = attempt == EXCHANGE_ATTEMPTS_MAX - 1
            try:
                exchanged = self._page_ahead() or self._exchange(self._next_request())
            except NoNetwork as error:
                if error.reached:
                    self.slow_down()
                if last_attempt or not error.reached:
                    raise
                self.around.sleep(pace.jittered_s(self.around.random_bytes, attempt, base_s=BACKOFF_BASE_S))
            except Problem as problem:
                if not self._helped(problem, attempt) or last_attempt:
                    raise
            else:
                self._keep_pace(pace.after(self.budget, took_ms=exchanged.took_ms))
                return exchanged
        raise AssertionError("the last attempt returns or raises")

    def ask_ahead(self, exchanged: Exchanged) -> None:
        """Ask for the page that follows an answer, which is not taken in yet."""
        request = exchange.following_page(exchanged.request, exchanged.answer, rows=self.budget.rows)
        if request is not None:
            self._ahead = (request, self.around.meanwhile(lambda: self._exchange(request)))

    def give_up(self) -> None:
        """Wait for a page that nobody will use: the link carries one exchange at a time."""
        if self._ahead is not None:
            _, result = self._ahead
            self._ahead = None
            with suppress(NoNetwork, Problem, BadBody):
                result()

    def slow_down(self) -> None:
        """Ask for less from now on."""
        self._keep_pace(pace.halved(self.budget))

    def _page_ahead(self) -> Exchanged | None:
        """The page that was asked for ahead, if it is the one that is needed now."""
        if self._ahead is None:
            return None
        request, result = self._ahead
        if feeds.cursors(self.db) != request.feeds:
            self.give_up()
            return None
        self._ahead = None
        self.request = request
        return result()

    def _next_request(self) -> Request:
        self.request = exchange.next_request(
            self.db, budget=self.budget, now_ms=self.around.clock(), free_mb=self.around.free_mb()
        )
        return self.request

    def _exchange(self, request: Request) -> Exchanged:
        started_ms = self.around.clock()
        answer = self.link.exchange(request.body)
        now_ms = self.around.clock()
        return Exchanged(request, answer, now_ms, now_ms - started_ms)

    def _helped(self, problem: Problem, attempt: int) -> bool:
        """Whether trying once more makes sense, after doing what the problem asks for."""
        count = self.request.count if self.request else 0
        if problem.status == 421 and isinstance(problem.fields.get("url"), str) and attempt == 0:
            return self._move_to(str(problem.fields["url"]))
        if problem.status == 413 and count > 1:
            self.slow_down()
            return True
        if problem.status == 400:
            # Every line is hashed again on its way into the next body; what is damaged goes as a stub.
            return attempt == 0 and count > 0
        if problem.status in (429, 503, 507):
            wait_s = problem.retry_after_s if problem.retry_after_s is not None else BACKOFF_BASE_S
            if wait_s > RETRY_AFTER_PATIENCE_S:
                return False
            self.around.sleep(wait_s + pace.jittered_s(self.around.random_bytes, 0, base_s=1))
            return True
        return False

    def _move_to(self, url: str) -> bool:
        with write(self.db):
            facts.put(self.db, facts.URL, url.rstrip("/"))
        self.link.url = url.rstrip("/")
        return True

    def _keep_pace(self, budget: Budget) -> None:
        if budget != self.budget:
            self.budget = budget
            with write(self.db):
                pace.keep(self.db, budget)
