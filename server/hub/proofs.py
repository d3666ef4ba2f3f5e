"""Whether what a device says it has saved is here, and safe."""

import msgspec

from server.hub.durable import durable_of
from server.store.base import Unit
from sync.proof import Proof


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """``arrived``: the tip and every line before it are here. ``backup``: the newest that has them."""

    arrived: bool
    known: bool
    backup: str | None
    received_ms: int | None


def judge(unit: Unit, proof: Proof) -> Verdict:
    """Compare by id, never by number: a log has branches, a number has not."""
    place = unit.log.places([proof.tip.id]).get(proof.tip.id)
    if place is None or not place.complete:
        return Verdict(arrived=False, known=place is not None, backup=None, received_ms=None)
    holding = (
        path
        for path in unit.backups.offered()
        if durable_of(unit, proof.tip, offered=[path]).id == proof.tip.id
    )
    received = unit.log.received_ms([proof.tip.id])
    return Verdict(
        arrived=True, known=True, backup=next(holding, None), received_ms=received.get(proof.tip.id)
    )
