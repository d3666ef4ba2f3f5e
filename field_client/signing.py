"""The device's own key: it signs the end of its log in a file that others carry.

The key stands in the table ``setting``, not in a file beside the database: the device id and
its key are made in one transaction, a copy of the database is whole, and the file is owner-only
already, because it holds the token.
"""

from base64 import b64encode

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from sqlite_utils import Database

from field_client import facts
from field_client.database import write

ALGORITHM = "ES256"
_COORDINATE_BYTES = 32


def public_key(db: Database) -> dict[str, str]:
    """The public half as ``POST /v1/enrol`` takes it; the pair is made when it is first asked for."""
    with write(db):
        key = _key(db)
        if key is None:
            # Not from the caller's randomness: a key from a seeded source could be guessed.
            key = ec.generate_private_key(ec.SECP256R1())
            pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            facts.put(db, facts.SIGNING_KEY, pem.decode())
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {"alg": ALGORITHM, "spki": b64encode(spki).decode()}


def signature(db: Database, message: bytes) -> str | None:
    """The signature of a message, ``r || s`` as base64; ``None`` on a device enrolled before it had a key.

    The form is the one of JOSE and WebCrypto (RFC 7518, 3.4), so that every client writes it alike.
    """
    key = _key(db)
    if key is None:
        return None
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(SHA256())))
    return b64encode(b"".join(part.to_bytes(_COORDINATE_BYTES, "big") for part in (r, s))).decode()


def _key(db: Database) -> ec.EllipticCurvePrivateKey | None:
    pem = facts.get(db, facts.SIGNING_KEY)
    if pem is None:
        return None
    key = load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key
