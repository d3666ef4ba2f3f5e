"""Facts that a device keeps about itself, and what the server last stated."""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import msgspec
from sqlite_utils import Database

from sync.bundle import key_id
from sync.chain import START, Place

RandomBytes = Callable[[int], bytes]
"""Gives so many random bytes: ``os.urandom`` at the edge, a seeded one in a simulation."""

ENROLLED = "device"
"""The device id that the token names."""

LOG_DEVICE = "log_device"
"""The device id that the next save carries; another than the enrolled one after a fork."""

BRANCHED_FROM = "branched_from"
TOKEN = "token"
SIGNING_KEY = "signing_key"
"""The private key of this device, PEM; see field_client/signing.py."""

URL = "url"
SERVER_NAME = "server_name"
SERVER = "server"
SERVER_KEY = "server_key"
"""The public key of the server, to which restricted answers in a carried file are sealed."""

HAVE = "have"
"""The last own line that the server *stated* to have. A hint where to begin, never truth."""

SENT_LOCAL = "sent_local"
EXPORTED_LOCAL = "exported_local"
"""Local row of the last line that went into a file since the server last spoke; 0 or absent: none."""

DURABLE = "durable"
CLOCK_OFFSET_MS = "clock_offset_ms"
CLOCK_CHECKED_MS = "clock_checked_ms"
SCOPE = "scope"
AREAS_SCOPE = "areas_scope"
AREAS_STATED = "areas_stated"
AREAS_HERE = "areas_here"
"""Marks of the area list and boundaries: what the server last stated, and what was fetched."""

FORMS_WANTED = "forms_wanted"
SECRETS_WANTED = "secrets_wanted"
LINES_WANTED = "lines_wanted"
RECEIPT = "receipt"
"""What a file told that the server has of the own log; proof for people, never where to begin."""

OLD_PHONES = "old_phones"
"""What is known of the logs of phones whose work was taken over here; see field_client/old_phones.py."""

TOLD = "told"
PACE = "pace"
CHUNKS = "chunks"


class Person(msgspec.Struct, frozen=True):
    """A person enrolled on this device."""

    id: str
    name: str
    role: str
    organisation: str
    scope: tuple[str, ...]

    @property
    def capacity(self) -> str:
        """As what the person saves, ``verifier/tni``."""
        return f"{self.role}/{self.organisation}"


def get(db: Database, name: str) -> str | None:
    """A fact as text, or ``None`` where it is not known."""
    row = db.conn.execute(GET, {"name": name}).fetchone()
    return None if row is None else str(row[0])


GET = "SELECT value FROM setting WHERE name = :name"


def put(db: Database, name: str, value: str) -> None:
    """Keep a fact. Inside the caller's transaction."""
    db.conn.execute(PUT, {"name": name, "value": value})


PUT = """
INSERT INTO setting (name, value)
VALUES (:name, :value)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""


def get_json(db: Database, name: str, default: Any) -> Any:
    """A fact that is kept as JSON, or ``default``."""
    text = get(db, name)
    return default if text is None else msgspec.json.decode(text)


def put_json(db: Database, name: str, value: Any) -> None:
    """Keep a fact as JSON."""
    put(db, name, msgspec.json.encode(value).decode())


def get_place(db: Database, name: str) -> Place:
    """A place in the own log, or the start."""
    text = get(db, name)
    return START if text is None else msgspec.json.decode(text, type=Place)


def persons(db: Database) -> list[Person]:
    """Everybody who is enrolled here, by id."""
    rows = db.conn.execute(PERSONS).fetchall()
    return [
        Person(id, name, role, org, tuple(msgspec.json.decode(scope))) for id, name, role, org, scope in rows
    ]


PERSONS = """
SELECT person, name, role, organisation, scope
  FROM identity
 ORDER BY person
"""


def scope(db: Database) -> tuple[str, ...]:
    """The areas of this device: as last stated, else those of its persons."""
    stated = get_json(db, SCOPE, None)
    if stated is not None:
        return tuple(stated)
    return tuple(sorted({area for person in persons(db) for area in person.scope}))


def server_key(db: Database) -> bytes:
    """The public key of the server, DER; empty where it is not known or no base64."""
    try:
        return b64decode(get(db, SERVER_KEY) or "")
    except ValueError:
        return b""


def server_key_name(db: Database) -> str:
    """What the server calls that key; empty where it is not known."""
    spki = server_key(db)
    return key_id(spki) if spki else ""


def fresh_device_id(random_bytes: RandomBytes) -> str:
    """A new device id: 12 random bytes."""
    return urlsafe_b64encode(random_bytes(12)).decode()


def fresh_salt(random_bytes: RandomBytes) -> str:
    """22 random characters, 128 bits, that hide a restricted answer behind its commitment."""
    return urlsafe_b64encode(random_bytes(16)).decode().rstrip("=")
