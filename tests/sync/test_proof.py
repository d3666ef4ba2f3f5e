"""A device's word about its saves survives any message, and nothing else is taken for one."""

import pytest

from sync.chain import START, Place
from sync.proof import PROOF_CHARACTERS_MAX, Proof, read_proof, write_proof

PROOF = Proof(
    device="k3Vd0fGq9Zt1xQ2b",
    tip=Place(118, "Q2x0c9fK1mZp7RtB"),
    saved=120,
    have=START,
    time="2026-11-24T18:30:00+07:00",
)
TEXT = (
    "tapak-proof/1 device=k3Vd0fGq9Zt1xQ2b tip=118,Q2x0c9fK1mZp7RtB saved=120 have=0, "
    "time=2026-11-24T18:30:00+07:00"
)


def test_a_proof_is_one_short_line():
    assert write_proof(PROOF) == TEXT
    longest = Proof(
        device="d" * 16, tip=Place(2**53, "i" * 16), saved=2**53, have=Place(2**53, "i" * 16), time=PROOF.time
    )
    assert len(write_proof(longest)) <= PROOF_CHARACTERS_MAX


def test_a_proof_survives_what_a_message_does_to_spaces():
    assert read_proof(TEXT) == PROOF
    wrapped = TEXT.replace(" tip", "\n  tip")
    assert read_proof(f"  {wrapped}\n") == PROOF


@pytest.mark.parametrize(
    "text",
    [
        "",
        "selesai 118",
        TEXT.replace("tapak-proof/1", "tapak-proof/2"),
        TEXT.replace("saved=120 ", ""),
        TEXT.replace("saved=120", "saved=many"),
        TEXT.replace("tip=118,", "tip=118"),
        TEXT.replace("have=0,", "have=x,"),
    ],
)
def test_what_is_no_proof_is_none(text: str):
    assert read_proof(text) is None
