"""Restricted answers and photos in a file that others carry: sealed to the server's key, opened by it alone.

How an envelope is made stands in sync/bundle.py; WebCrypto can make the same.
"""

import os

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from sync.bundle import Envelope, Sealed, key_id, sealed_part, sealing_info

_AES_KEY_BYTES = 32
_IV_BYTES = 12


class ServerKey:
    """The public key of a server. Raises ValueError for bytes that are no P-256 key."""

    def __init__(self, spki: bytes) -> None:
        try:
            key = load_der_public_key(spki)
        except UnsupportedAlgorithm as error:
            raise ValueError(str(error)) from error
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise ValueError("the server's key is not on P-256")
        self._key = key
        self.id = key_id(spki)

    def sealed(self, revision: str, secret: bytes) -> Sealed:
        """A secret line of a revision, for the server's eyes."""
        return Sealed(self.id, revision, self._envelope(revision, secret))

    def sealed_part(self, sha256: str, piece: bytes) -> bytes:
        """A piece of a photo or document, likewise."""
        return sealed_part(self._envelope(sha256, piece))

    def _envelope(self, of: str, data: bytes) -> Envelope:
        """Key pair and nonce are fresh, from the operating system: a seeded source would open them all."""
        info = sealing_info(self.id, of)
        ephemeral = ec.generate_private_key(ec.SECP256R1())
        shared = ephemeral.exchange(ec.ECDH(), self._key)
        aes_key = HKDF(algorithm=SHA256(), length=_AES_KEY_BYTES, salt=None, info=info).derive(shared)
        iv = os.urandom(_IV_BYTES)
        point = ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return Envelope(point, iv, AESGCM(aes_key).encrypt(iv, data, info))
