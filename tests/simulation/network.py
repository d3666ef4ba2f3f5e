"""The exchange between a phone and the server, over a network that fails."""

from __future__ import annotations

from field_client.exchange import Budget, Outcome
from tests.simulation import checks
from tests.simulation.acts import save
from tests.simulation.chronicle import Fault
from tests.simulation.forms import form_version
from tests.simulation.mishaps import boss
from tests.simulation.phone import Phone
from tests.simulation.survey import Survey

REST_ROUNDS_MAX = 60
"""Exchanges after which a device must have nothing left to send or to fetch."""

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
        fate = survey.rng.choices(*zip(*FATES.items(), strict=True))[0]
        outcome = _exchanged(survey, phone, fate)
        survey.trace(
            f"{phone.name} exchanges: {fate} -> {outcome and (outcome.have, outcome.received, outcome.held)}"
        )
        checks.sums_agree(phone)
        if outcome is None or not outcome.more:
            break
    checks.on_screen(survey.chronicle, phone)


def _exchanged(survey: Survey, phone: Phone, fate: str) -> Outcome | None:
    budget = Budget(survey.rng.choice((1, 100, 32_000)), survey.rng.choice((1, 2, 5, 500)))
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
        request = phone.next_request(Budget(32_000, 500), survey.now_ms)
        outcome = phone.take(
            survey.hub, request, survey.hub.exchange(phone.device, request.body, survey.now_ms), survey.now_ms
        )
        checks.sums_agree(phone)
        if outcome is None or not outcome.complete:
            raise Fault("diverged", f"{phone.name} cannot read an answer")
        moved = moved or bool(request.count or outcome.received)
        if not outcome.more:
            checks.on_screen(survey.chronicle, phone)
            return moved
    raise Fault("diverged", f"{phone.name} does not come to rest")
