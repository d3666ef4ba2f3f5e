"""The exchange between a phone and the server, over a network that fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from field_client import syncing
from field_client.ahead import when_asked
from field_client.asking import Around
from field_client.exchange import Budget, Outcome
from field_client.transport import NoNetwork
from tests.simulation import checks
from tests.simulation.acts import save, save_again
from tests.simulation.chronicle import Fault
from tests.simulation.forms import form_version
from tests.simulation.mishaps import boss
from tests.simulation.phone import Phone
from tests.simulation.survey import Survey

REST_ROUNDS_MAX = 60
"""Exchanges after which a device must have nothing left to send or to fetch."""

AT_EASE = Budget(32_000, 500)
LINE_BY_LINE = Budget(1, 500)

FATES = {
    "ok": 12,
    "request lost or late": 1,
    "answer lost": 2,
    "answer cut": 1,
    "delivered twice": 1,
    "crash": 1,
    "saved meanwhile": 2,
}


def exchange(survey: Survey, phone: Phone) -> None:
    """Some exchanges over a network that fails."""
    if not phone.online:
        return
    for _ in range(survey.rng.choice((1, 2, 4, 8))):
        (fate,) = survey.rng.choices(list(survey.fates), list(survey.fates.values()))
        budget = Budget(survey.rng.choice((1, 100, 32_000)), survey.rng.choice((1, 2, 5, 500)))
        outcome = _exchanged(survey, phone, fate, budget)
        if outcome is not None and not outcome.more:
            break
    checks.on_screen(survey.chronicle, phone)


def outrun(survey: Survey, phone: Phone) -> None:
    """Somebody changes what a phone has sent, before the phone hears that it has arrived."""
    others = [other for other in survey.phones if other.online and other is not phone]
    if not phone.online or not others:
        return
    save(survey, phone)
    save_again(survey, phone, phone)
    _exchanged(survey, phone, "answer lost", AT_EASE)
    for other in survey.rng.sample(others, len(others)):
        _rest(survey, other)
        if save_again(survey, other, phone):
            _rest(survey, other)
            break
    save(survey, phone)  # a tip that the server does not have: it goes by the lines of the body
    for _ in range(REST_ROUNDS_MAX):
        outcome = _exchanged(survey, phone, "ok", LINE_BY_LINE)
        if outcome is None or not outcome.more:
            break
    survey.counts["outrun by somebody"] += 1


def _exchanged(survey: Survey, phone: Phone, fate: str, budget: Budget) -> Outcome | None:
    outcome = _fated(survey, phone, fate, budget)
    survey.trace(f"{phone.name} exchanges: {fate} -> {outcome and (outcome.have, outcome.held)}")
    checks.sums_agree(phone)
    if outcome is not None and not outcome.more:
        checks.at_rest(survey.hub, phone)
    return outcome


def _fated(survey: Survey, phone: Phone, fate: str, budget: Budget) -> Outcome | None:
    request = phone.next_request(budget, survey.now_ms)
    survey.sent.append((phone.device, request.body))
    survey.counts[fate] += fate != "ok"
    if fate == "request lost or late":
        return None
    if fate == "delivered twice":
        survey.hub.exchange(phone.device, request.body, survey.now_ms)
    answer = survey.hub.exchange(phone.device, request.body, survey.now_ms)
    if fate == "answer lost":
        return None
    if fate == "answer cut":
        return phone.take(survey.hub, request, answer[: survey.rng.randrange(len(answer))], survey.now_ms)
    if fate == "crash":
        phone.crash_while_taking(request, answer, survey.now_ms)
        return None
    if fate == "saved meanwhile":
        save(survey, phone)
    return phone.take(survey.hub, request, answer, survey.now_ms)


def two_at_once(survey: Survey, phone: Phone) -> None:
    """Two processes of one phone exchange at the same time, and the older answer is applied last.

    The checksum may notice it, and then the feed is read again.
    """
    if not phone.online:
        return
    early = phone.next_request(AT_EASE, survey.now_ms)
    early_answer = survey.hub.exchange(phone.device, early.body, survey.now_ms)
    save(survey, phone)
    late = phone.next_request(AT_EASE, survey.now_ms)
    late_answer = survey.hub.exchange(phone.device, late.body, survey.now_ms)
    phone.take(survey.hub, late, late_answer, survey.now_ms)
    phone.take(survey.hub, early, early_answer, survey.now_ms)
    checks.on_screen(survey.chronicle, phone)
    survey.trace(f"{phone.name} exchanges twice at once")
    survey.counts["two exchanges at once"] += 1
    _rest(survey, phone)


class Link:
    """The transport of one phone, as the client's own runs know it."""

    url = "http://server"

    def __init__(self, survey: Survey, phone: Phone) -> None:
        self._survey, self._phone = survey, phone

    def exchange(self, body: bytes) -> bytes:
        """What a run hears: an answer, its beginning, or nothing."""
        survey, phone = self._survey, self._phone
        (fate,) = survey.rng.choices(list(survey.fates), list(survey.fates.values()))
        survey.sent.append((phone.device, body))
        survey.counts[fate] += fate != "ok"
        if fate == "request lost or late":
            raise NoNetwork(fate, reached=True)
        answer = survey.hub.exchange(phone.device, body, survey.now_ms)
        if fate in ("answer lost", "crash"):
            raise NoNetwork(fate, reached=survey.rng.random() < 0.8)
        if fate == "answer cut":
            return answer[: survey.rng.randrange(len(answer))]
        if fate == "saved meanwhile":
            save(survey, phone)
        return answer

    def get(self, path: str) -> bytes:
        """Forms and areas come through."""
        return self._survey.hub.get(path)


def full_run(survey: Survey, phone: Phone) -> None:
    """What the command ``sync`` does: exchanges until nothing is left, or until the network is."""
    if not phone.online:
        return
    around = Around(
        clock=lambda: phone.wall_ms(survey.now_ms),
        random_bytes=phone.random_bytes,
        sleep=lambda s: None,
        meanwhile=_at_once if survey.rng.random() < 0.5 else when_asked,
    )
    report = syncing.sync(phone.db, Link(survey, phone), around)
    survey.trace(f"{phone.name} syncs: sent {report.sent}, received {report.received}, {report.problem}")
    checks.sums_agree(phone)
    checks.on_screen(survey.chronicle, phone)
    checks.lists_what_it_shows(phone)
    if report.problem is None and not report.unsent:
        checks.at_rest(survey.hub, phone)
    survey.counts["whole runs"] += 1


def _at_once(fetch: Callable[[], Any]) -> Callable[[], Any]:
    """The page ahead comes, or fails to, before the one that it follows is stored."""
    try:
        fetched = fetch()
    except NoNetwork as error:
        failure = error
    else:
        return lambda: fetched

    def fail() -> Any:
        raise failure

    return fail


def heal(survey: Survey) -> None:
    """The network works, forms are published, and most held lines are released."""
    survey.trace("everything heals")
    for number in range(1, survey.known_forms + 1):
        survey.hub.publish(form_version(number), survey.now_ms)
    for line in survey.hub.held() if survey.rng.random() < 0.6 else ():
        survey.hub.release(line, boss(survey), survey.now_ms)
    for _ in range(3):
        moved = [_rest(survey, phone) for phone in survey.phones]
        if not any(moved):
            return


def _rest(survey: Survey, phone: Phone) -> bool:
    """Exchange until nothing is left; whether anything moved."""
    moved = False
    for _ in range(REST_ROUNDS_MAX):
        request = phone.next_request(AT_EASE, survey.now_ms)
        outcome = phone.take(
            survey.hub, request, survey.hub.exchange(phone.device, request.body, survey.now_ms), survey.now_ms
        )
        if outcome is None or not outcome.complete:
            raise Fault("diverged", f"{phone.name} cannot read an answer")
        moved = moved or bool(request.count or outcome.received)
        if not outcome.more:
            checks.on_screen(survey.chronicle, phone)
            checks.sums_agree(phone)
            checks.at_rest(survey.hub, phone)
            return moved
    raise Fault("diverged", f"{phone.name} does not come to rest")
