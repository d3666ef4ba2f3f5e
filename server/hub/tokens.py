"""Device tokens: a device id and the server's signature of it.

A token is not stored anywhere, so a device that enrolled after the last backup is still
recognised by a restored server: its key is in the backup, its row is not.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode


def token_for(key: bytes, device_id: str) -> str:
    """The token of a device; the same one for the same key and device."""
    return f"{device_id}.{_signature(key, device_id)}"


def device_of_token(key: bytes, token: str) -> str | None:
    """The device that a token speaks for, or ``None`` where this server did not sign it."""
    device_id, dot, signature = token.rpartition(".")
    if not dot or not device_id:
        return None
    expected = _signature(key, device_id)
    return device_id if hmac.compare_digest(expected.encode(), signature.encode()) else None


def _signature(key: bytes, device_id: str) -> str:
    digest = hmac.digest(key, device_id.encode("utf-8", "surrogatepass"), hashlib.sha256)
    return urlsafe_b64encode(digest).decode().rstrip("=")
