"""Enrolling: a code makes this device speak for a person. After that no network is needed, ever."""

from typing import Any, Protocol

import msgspec
from sqlite_utils import Database

from field_client import facts, signing
from field_client.database import write
from field_client.errors import CommandProblem
from field_client.facts import Person, RandomBytes
from field_client.settings import APP_VERSION
from field_client.transport import NoNetwork, Problem
from sync.wire import BadBody


class Door(Protocol):
    """What enrolling needs of a transport."""

    url: str

    def post_json(self, path: str, value: Any) -> Any: ...


class _Server(msgspec.Struct, frozen=True):
    name: str
    url: str
    key: str = ""


class _Answer(msgspec.Struct, frozen=True):
    token: str
    person: str
    name: str
    role: str
    organisation: str
    scope: tuple[str, ...]
    now: int
    server: _Server


def enrol(
    db: Database, transport: Door, code: str, *, name: str, now_ms: int, random_bytes: RandomBytes
) -> Person:
    """Redeem a code; the person who may save here from now on.

    The device makes its own id and signing key, once; a second code adds a person. Raises CommandProblem.
    """
    device = device_id(db, random_bytes)
    body = {
        "code": code,
        "device": device,
        "name": name,
        "public_key": signing.public_key(db),
        "app": APP_VERSION,
    }
    try:
        answer = msgspec.convert(transport.post_json("/v1/enrol", body), _Answer)
    except NoNetwork as error:
        raise CommandProblem("client.enrol.no-network", url=transport.url, reason=str(error)) from error
    except (msgspec.ValidationError, BadBody) as error:
        raise CommandProblem("client.sync.not-tapak", url=transport.url, reason=str(error)) from error
    except Problem as problem:
        raise _refused(problem, transport.url) from problem
    person = Person(answer.person, answer.name, answer.role, answer.organisation, answer.scope)
    with write(db):
        _keep(db, person)
        facts.put(db, facts.TOKEN, answer.token)
        # The address that worked here, not the public one that the server names: on a
        # training room's network the two differ.
        facts.put(db, facts.URL, transport.url)
        facts.put(db, facts.SERVER_NAME, answer.server.name)
        facts.put(db, facts.SERVER_KEY, answer.server.key)
        facts.put(db, facts.CLOCK_OFFSET_MS, str(answer.now - now_ms))
        facts.put(db, facts.CLOCK_CHECKED_MS, str(now_ms))
    return person


def device_id(db: Database, random_bytes: RandomBytes) -> str:
    """The id of this device, made when it is first asked for."""
    with write(db):
        known = facts.get(db, facts.ENROLLED)
        if known is None:
            known = facts.fresh_device_id(random_bytes)
            facts.put(db, facts.ENROLLED, known)
            facts.put(db, facts.LOG_DEVICE, known)
        return known


def _keep(db: Database, person: Person) -> None:
    values = msgspec.structs.asdict(person) | {"scope": msgspec.json.encode(person.scope).decode()}
    db.conn.execute(PUT_PERSON, values)


PUT_PERSON = """
INSERT INTO identity (person, name, role, organisation, scope)
VALUES (:id, :name, :role, :organisation, :scope)
    ON CONFLICT (person) DO UPDATE
   SET name = excluded.name, role = excluded.role,
       organisation = excluded.organisation, scope = excluded.scope
"""


def _refused(problem: Problem, url: str) -> CommandProblem:
    keys = {"enrolment-code-invalid": "client.enrol.code-invalid", "slow-down": "client.enrol.slow-down"}
    key = keys.get(problem.code, "client.sync.problem")
    return CommandProblem(key, url=url, status=problem.status, code=problem.code, detail=problem.detail)
