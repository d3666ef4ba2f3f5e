"""The server's key pair for restricted answers that travel in a file, and signatures of devices.

How an envelope is made and what a device signs stands in sync/bundle.py.
"""

from base64 import b64decode, b64encode

import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
)

from sync.bundle import (
    Attachment,
    Envelope,
    Sealed,
    Tip,
    envelope_in,
    key_id,
    sealing_info,
    tip_message,
)
from sync.chain import Place
from sync.secrets import SecretLine, read_secret

_ALGORITHM = "ES256"
_AES_KEY_BYTES = 32
_COORDINATE_BYTES = 32


class _PublicKey(msgspec.Struct):
    alg: str
    spki: str


_decode_key = msgspec.json.Decoder(_PublicKey).decode


class SealingKey:
    """Opens what was sealed to its public half. Raises ValueError for a PEM that is no P-256 key."""

    def __init__(self, pem: bytes) -> None:
        key = load_pem_private_key(pem, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise ValueError("the key is not on P-256")
        self._key = key
        spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.id = key_id(spki)
        self.public = b64encode(spki).decode()

    def opened(self, sealed: Sealed) -> SecretLine | None:
        """The secret line of a revision, or ``None``: for another key, altered, or of another revision."""
        line = self._opened(sealed.key, sealed.revision, sealed.envelope)
        secret = None if line is None else read_secret(line)
        return secret if secret is not None and secret.revision == sealed.revision else None

    def opened_part(self, attachment: Attachment, part: bytes) -> bytes | None:
        """What a part of a sealed photo or document holds, or ``None`` likewise."""
        return self._opened(attachment.key, attachment.sha256, envelope_in(part))

    def _opened(self, key_name: str, of: str, envelope: Envelope) -> bytes | None:
        try:
            info = sealing_info(key_name, of)
            point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), envelope.epk)
            shared = self._key.exchange(ec.ECDH(), point)
            key = HKDF(algorithm=SHA256(), length=_AES_KEY_BYTES, salt=None, info=info).derive(shared)
            return AESGCM(key).decrypt(envelope.iv, envelope.ct, info)
        except (ValueError, InvalidTag):
            return None


def new_key() -> bytes:
    """A fresh key pair, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def is_signed(tip: Tip, public_key: str) -> bool:
    """Whether the holder of a device's key signed this tip.

    ``public_key``: JSON ``{"alg","spki"}``, as the device enrolled with it; empty where it had none.
    """
    if tip.algorithm != _ALGORITHM or len(tip.signature) != 2 * _COORDINATE_BYTES:
        return False
    r, s = tip.signature[:_COORDINATE_BYTES], tip.signature[_COORDINATE_BYTES:]
    signature = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
    try:
        said = _decode_key(public_key)
        key = load_der_public_key(b64decode(said.spki, validate=True))
        if said.alg != _ALGORITHM or not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        message = tip_message(tip.device, Place(tip.seq, tip.id))
        key.verify(signature, message, ec.ECDSA(SHA256()))
    except (msgspec.MsgspecError, ValueError, UnsupportedAlgorithm, InvalidSignature):
        return False
    return True
