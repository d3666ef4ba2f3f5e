"""One history: people and mishaps at random until enough was written, then everything heals."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping

import msgspec

from tests.simulation import acts, checks, couriers, mishaps, network
from tests.simulation.phone import Phone
from tests.simulation.survey import HOUR_MS, Survey

SAVES_MIN = 30
CONTESTED_MIN = 5
SAVES_MAX = 120

EVENTS: dict[Callable[[Survey, Phone], None], float] = {
    acts.save: 14,
    acts.open_draft: 4,
    acts.save_draft: 4,
    acts.delete: 0.5,
    acts.undelete: 0.4,
    acts.move: 1,
    acts.resolve: 1,
    acts.verify: 0.4,
    network.exchange: 14,
    network.full_run: 2,
    network.outrun: 0.3,
    network.two_at_once: 0.4,
    mishaps.replay: 1,
    mishaps.clone: 0.25,
    mishaps.set_clock: 0.7,
    mishaps.part: 0.7,
    mishaps.new_scope: 0.7,
    mishaps.back_up: 0.7,
    mishaps.restore: 0.35,
    mishaps.publish: 0.3,
    mishaps.form_by_hand: 0.2,
    mishaps.release: 0.7,
    mishaps.console: 1,
    couriers.hand_over: 0.6,
    couriers.deliver: 1.2,
}
"""Weights; each history multiplies those of the mishaps by moods of its own,
as it does those of the fates of an exchange."""

ALWAYS = (acts.save, network.exchange)
MOODS = (0, 0.3, 1, 1, 3)


class Told(msgspec.Struct, frozen=True):
    """What a history had in it."""

    saves: int
    contested: int
    faults: Counter[str]


def run(seed: int, *, trace: Callable[[str], None], moods: Mapping[str, float] | None = None) -> Told:
    """The history of a seed. ``moods``: events that it has more of. Raises Fault."""
    rng = random.Random(seed)
    survey = Survey(rng, trace)
    weights = [
        weight * (1 if event in ALWAYS else rng.choice(MOODS)) * (moods or {}).get(event.__name__, 1)
        for event, weight in EVENTS.items()
    ]
    survey.fates = {
        fate: weight * (1 if fate == "ok" else rng.choice(MOODS)) * (moods or {}).get(fate, 1)
        for fate, weight in network.FATES.items()
    }
    while True:
        _until(survey, weights)
        network.heal(survey)
        contested = checks.at_the_end(survey.hub)
        if contested >= CONTESTED_MIN or survey.counts["saves"] >= SAVES_MAX:
            return Told(survey.counts["saves"], contested, survey.counts)


def _until(survey: Survey, weights: list[float]) -> None:
    goal = max(SAVES_MIN, survey.counts["saves"] + 10)
    while survey.counts["saves"] < goal:
        survey.now_ms += survey.rng.randrange(1000, 6 * HOUR_MS)
        (event,) = survey.rng.choices(list(EVENTS), weights)
        event(survey, survey.rng.choice(survey.phones))
