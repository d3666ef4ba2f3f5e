"""Rules of merging and of the exchange, each broken on purpose: the histories must notice every one.

A mutant replaces attributes of modules of the product while it runs, and says which events
its histories have more of. It never touches the checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import msgspec

from tests.simulation import breakages, history

Moods = Mapping[str, float]


class Mutant(msgspec.Struct, frozen=True):
    """A broken rule. ``attributes``: ``module:attribute`` -> what takes its place."""

    attributes: Mapping[str, Any]
    moods: Moods = {}


class Noticed(msgspec.Struct, frozen=True):
    """After how many histories a breakage was noticed, and how."""

    histories: int
    how: str


FORKS: Moods = {"clone": 8}
RESTORES: Moods = {"restore": 4, "back_up": 3}
SCOPES: Moods = {"new_scope": 5, "move": 4}
HELD: Moods = {"new_scope": 4, "form_by_hand": 4, "move": 3, "release": 0.3}
OUTRUN: Moods = {"outrun": 40, "full_run": 0.2}
COURIERS: Moods = {"hand_over": 6, "deliver": 6}
OPEN_FORMS: Moods = {"open_draft": 3, "save_draft": 3}

MUTANTS: dict[str, Mutant] = {
    "base not restricted to written fields": Mutant(
        {"server.hub.merging:absorb": breakages.absorb_killing_whole_lines}
    ),
    "base names all heads": Mutant({"sync.base:superseded": breakages.every_head}),
    "no awaited": Mutant({"server.store.sqlite.records:SqliteRecords.put_awaited": breakages.nothing}, FORKS),
    "plain-number cursor": Mutant(
        {"server.store.sqlite.feeds:SqliteFeeds.knows": breakages.always}, RESTORES
    ),
    "cursor without scope tag": Mutant({"server.hub.pages:scope_tag": breakages.one_tag}, SCOPES),
    "bare gone": Mutant({"server.hub.pages:_lines": breakages.bare_gone}, SCOPES),
    "global acknowledgement": Mutant({"field_client.records:upto_of": breakages.global_upto}),
    "overlay without the kills of contained own revisions": Mutant(
        {"field_client.records:overlay": breakages.overlay_of_loose_saves}, HELD
    ),
    "held told once": Mutant(
        {"server.store.sqlite.log:SqliteLog.held_ids": breakages.HeldOnce.held_ids}, HELD
    ),
    "upto not set at a feed's end": Mutant(
        {"field_client.feeds:FINISH": breakages.FINISH_WITHOUT_UPTO}, OUTRUN
    ),
    "after merely known": Mutant({"server.hub.exchange:have_of": breakages.have_known}, RESTORES),
    "have as the highest number": Mutant(
        {
            "server.hub.exchange:have_of": breakages.have_highest,
            "field_client.exchange:state_have": breakages.state_have_by_number,
        },
        FORKS,
    ),
    "remembered have": Mutant(
        {"field_client.exchange:state_have": breakages.state_have_remembered}, RESTORES
    ),
    "(device, seq) as identity": Mutant(
        {"server.store.sqlite.log:SqliteLog.append": breakages.append_by_number}, FORKS
    ),
    "second chain after a fork": Mutant({"field_client.journal:next_place": breakages.second_chain}, FORKS),
    "no generation sweep": Mutant({"field_client.feeds:_sweep": breakages.no_sweep}, SCOPES),
    "a carried line waits although its device came": Mutant(
        {"server.hub.exchange:vouch": breakages.nothing}, COURIERS
    ),
    "base widened while the form is open": Mutant(
        {"field_client.capture:opening_of": breakages.opening_of_now}, OPEN_FORMS
    ),
}


@contextmanager
def broken(name: str | None) -> Iterator[None]:
    """The product with one rule broken; whole again afterwards."""
    replaced: list[tuple[Any, str, Any]] = []
    breakages.HeldOnce.told.clear()
    try:
        for path, instead in (MUTANTS[name].attributes if name else {}).items():
            module, _, attribute = path.partition(":")
            *owners, last = attribute.split(".")
            owner = import_module(module)
            for step in owners:
                owner = getattr(owner, step)
            replaced.append((owner, last, getattr(owner, last)))
            setattr(owner, last, instead)
        yield
    finally:
        for owner, last, before in replaced:
            setattr(owner, last, before)


def histories_until_noticed(name: str, first_seed: int, histories_max: int) -> Noticed | None:
    """Run histories under a breakage until one raises; ``None`` where none does."""
    silent: Callable[[str], None] = lambda line: None  # noqa: E731
    with broken(name):
        for number in range(histories_max):
            try:
                history.run(first_seed + number, trace=silent, moods=MUTANTS[name].moods)
            except Exception as error:
                return Noticed(number + 1, f"{type(error).__name__} {error}"[:160])
    return None
