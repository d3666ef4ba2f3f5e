"""The key of a device: made once, known to the server, and no one else's."""

from __future__ import annotations

import json
from base64 import b64decode

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from field_client import facts, signing
from field_client.database import open_device
from tests.field_client.world import Phone, World

MESSAGE = b"tapak-tip\nphone\n3\nid"


def key_at_the_server(world: World, phone: Phone) -> ec.EllipticCurvePublicKey:
    device = facts.get(phone.db, facts.ENROLLED)
    with world.server.store.read() as unit:
        (row,) = unit.connection.execute("SELECT public_key FROM device WHERE id = ?", [device]).fetchall()
    stated = json.loads(row[0])
    assert stated["alg"] == "ES256"
    key = load_der_public_key(b64decode(stated["spki"]))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def verify(key: ec.EllipticCurvePublicKey, signature: str, message: bytes) -> None:
    raw = b64decode(signature)
    r, s = (int.from_bytes(half, "big") for half in (raw[:32], raw[32:]))
    key.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))


def test_the_server_learns_the_key_at_enrolment_and_it_signs(world: World) -> None:
    siti = world.phone("Siti")

    signature = signing.signature(siti.db, MESSAGE)

    assert signature is not None
    assert len(b64decode(signature)) == 64
    verify(key_at_the_server(world, siti), signature, MESSAGE)
    with pytest.raises(InvalidSignature):
        verify(key_at_the_server(world, siti), signature, MESSAGE + b"x")


def test_a_second_person_keeps_the_key_of_the_device(world: World) -> None:
    siti = world.phone("Siti")
    before = key_at_the_server(world, siti).public_numbers()

    siti.joins("Budi", role="verifier", organisation="dpmd", area="62.02")

    assert key_at_the_server(world, siti).public_numbers() == before


def test_two_devices_have_two_keys(world: World) -> None:
    siti, budi = world.phone("Siti"), world.phone("Budi")

    signature = signing.signature(siti.db, MESSAGE)

    assert signature is not None
    with pytest.raises(InvalidSignature):
        verify(key_at_the_server(world, budi), signature, MESSAGE)


def test_a_device_that_never_made_a_key_signs_nothing(world: World) -> None:
    db = open_device(world.folder / "old phone")

    assert signing.signature(db, MESSAGE) is None

    db.close()
