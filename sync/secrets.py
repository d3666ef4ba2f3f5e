"""Restricted answers: the line commits to a value, a secret line beside it opens it.

The chain covers commitments only, so a value can be erased or withheld and every chain
still verifies.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from sync.fold import Line, Snapshot
from sync.policies import Head, is_sealed, value_key
from sync.revision import is_name

SECRET_PREFIX = b'{"of":'
"""A line that begins so is a secret line; no revision line can."""

Opened = Mapping[tuple[str, str], Any]
"""``{(revision id, field): value}`` of the restricted answers that a reader may see."""


class SecretLine(msgspec.Struct, frozen=True, rename={"revision": "of", "texts": "x"}):
    """Opens restricted answers of one revision: ``{field: (salt, JSON text)}``."""

    revision: str
    texts: dict[str, tuple[str, str]]


_decode = msgspec.json.Decoder(SecretLine).decode
_decode_text = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def may_hold_commitment(data: bytes) -> bool:
    """Whether a line or a snapshot may hold a commitment; nearly all do not, and are not decoded for it.

    One byte first: bytes full of quotation marks are searched 20 times faster for ``#`` alone.
    """
    return b"#" in data and b'"#"' in data


def read_secret(line: bytes) -> SecretLine | None:
    """A secret line, or ``None`` where it cannot be read."""
    try:
        secret = _decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return secret if is_name(secret.revision) and all(map(is_name, secret.texts)) else None


def write_secret(revision: str, texts: Mapping[str, tuple[str, str]]) -> bytes:
    """The secret line that follows a revision."""
    return _encode(SecretLine(revision, dict(texts)))


def commitment(salt: str, text: str) -> dict[str, str]:
    """What the revision holds in place of a restricted answer's JSON ``text``."""
    digest = hashlib.sha256((salt + text).encode()).digest()
    return {"#": urlsafe_b64encode(digest[:12]).decode()}


def opens(value: Any, salt: str, text: str) -> bool:
    """Whether a secret is the one that a commitment was made from."""
    return is_sealed(value) and commitment(salt, text)["#"] == value["#"]


def seal(
    values: Mapping[str, Any], restricted: Callable[[str], bool], salt: Callable[[], str]
) -> tuple[dict[str, Any], dict[str, tuple[str, str]]]:
    """Values as the line holds them, and the secrets that open the restricted ones.

    Cleared answers are not sealed. ``salt`` gives 22 fresh random characters a call.
    """
    sealed = dict(values)
    texts: dict[str, tuple[str, str]] = {}
    for field, value in values.items():
        if value is not None and restricted(field):
            texts[field] = (salt(), _encode(value).decode())
            sealed[field] = commitment(*texts[field])
    return sealed, texts


def value_of(text: str) -> Any:
    """The value that a secret's JSON text holds, or the text itself where it is no JSON."""
    try:
        return _decode_text(text)
    except (msgspec.MsgspecError, RecursionError):
        return text


def reveal(snapshot: Snapshot, opened: Opened) -> Snapshot:
    """The snapshot as a reader with these secrets sees it; the original stays as it is."""
    return {
        id: Line(
            line.id,
            line.person,
            line.capacity,
            line.written_ms,
            line.observed_on,
            line.suspect,
            {field: opened.get((id, field), value) for field, value in line.fields.items()},
        )
        for id, line in snapshot.items()
    }


def regroup(snapshot: Snapshot, opened: Opened, fields: Iterable[str]) -> None:
    """Give the sealed heads of ``fields`` their equality groups, in place.

    Equal opened values share a number ``g``; a head whose secret is missing has none and
    counts as different. So a reader without the right finds the same conflicts.
    """
    for field in fields:
        sealed = [id for id in sorted(snapshot) if is_sealed(snapshot[id].fields.get(field))]
        groups: dict[Any, int] = {}
        for id in sealed:
            value: dict[str, Any] = {"#": snapshot[id].fields[field]["#"]}
            if len(sealed) > 1 and (id, field) in opened:
                key = value_key(Head(id, opened[id, field], "", "", 0))
                value["g"] = groups.setdefault(key, len(groups) + 1)
            snapshot[id].fields[field] = value
