"""What a server states of the logs in a file, for their devices: it travels back by hand."""

import hmac
from collections.abc import Iterable
from hashlib import sha256

import msgspec

from server.hub.durable import durable_of
from server.hub.tokens import token_for
from server.store.base import Unit
from sync.bundle import Receipt, Segment, receipt_message
from sync.chain import Place


def receipts_for(unit: Unit, token_key: bytes, segments: Iterable[Segment]) -> list[Receipt]:
    """A receipt for each known device that has a line in the file which is complete here.

    ``have`` is the last such line that ends a segment, in the order of the file. The ``mac`` is
    made with the device's token, so that it can tell a receipt of ours from any other.
    """
    have: dict[str, Place] = {}
    for segment in segments:
        place = unit.log.places([segment.last]).get(segment.last)
        if place is not None and place.complete:
            have[unit.log.root_of(place.device)] = Place(place.seq, segment.last)
    receipts = [
        Receipt(device, place, durable_of(unit, place))
        for device, place in sorted(have.items())
        if unit.people.device(device) is not None
    ]
    return [msgspec.structs.replace(one, mac=_mac(token_key, one)) for one in receipts]


def _mac(token_key: bytes, receipt: Receipt) -> bytes:
    token = token_for(token_key, receipt.device)
    return hmac.digest(token.encode(), receipt_message(receipt), sha256)
