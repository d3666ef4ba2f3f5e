"""What a device says it has saved, as a text that fits a message: ``tapak status --proof``.

Whoever receives it asks the server: ``tapak-server verify --proof TEXT``.
"""

import msgspec

from sync.chain import Place

PROOF_CHARACTERS_MAX = 300

_MARK = "tapak-proof/1"
_NAMES = ("device", "tip", "saved", "have", "time")


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """A device's word: its last line, how many it saved, what the server stated last, and when."""

    device: str
    tip: Place
    saved: int
    have: Place
    time: str


def write_proof(proof: Proof) -> str:
    """The text, one line, at most 300 characters."""
    values = (proof.device, _place_text(proof.tip), proof.saved, _place_text(proof.have), proof.time)
    return " ".join([_MARK, *(f"{name}={value}" for name, value in zip(_NAMES, values, strict=True))])


def read_proof(text: str) -> Proof | None:
    """The proof in a text, however its spaces were changed; ``None`` where there is none."""
    mark, _, rest = text.strip().partition(" ")
    pairs = dict(part.partition("=")[::2] for part in rest.split())
    if mark != _MARK or not pairs.keys() >= set(_NAMES):
        return None
    tip, have = _place_of(pairs["tip"]), _place_of(pairs["have"])
    if tip is None or have is None or not pairs["saved"].isdecimal():
        return None
    return Proof(device=pairs["device"], tip=tip, saved=int(pairs["saved"]), have=have, time=pairs["time"])


def _place_text(place: Place) -> str:
    return f"{place.seq},{place.id}"


def _place_of(text: str) -> Place | None:
    seq, comma, id = text.partition(",")
    return Place(int(seq), id) if comma and seq.isdecimal() else None
