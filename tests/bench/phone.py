"""A real device: enrolled over HTTP, with its database and its transport."""

import os
import secrets
import time
from pathlib import Path
from random import Random

from sqlite_utils import Database

from field_client import enrolment, facts, fetching
from field_client.ahead import in_background
from field_client.asking import Around
from field_client.database import open_device
from field_client.transport import Transport
from server.app import open_server
from server.hub.enrolment import issue
from server.store.people import PersonRow
from tests.bench.fielddata import REGENCY, person_id
from tests.bench.served import TOKEN_KEY

CODE_VALID_H = 24


def now_ms() -> int:
    """The wall clock."""
    return time.time_ns() // 1_000_000


AROUND = Around(clock=now_ms, random_bytes=os.urandom, sleep=time.sleep, meanwhile=in_background)


def code_for(data: Path, number: int) -> str:
    """An enrolment code of another verifier of the regency for each number."""
    random = Random(number)
    server = open_server(data)
    person = PersonRow(
        id=person_id(random), name=f"Siti {number}", role="verifier", organisation="tni", areas=(REGENCY,)
    )
    with server.store.write() as unit:
        unit.people.add_person(person, now_ms=now_ms())
        issued = issue(
            unit, TOKEN_KEY, person.id, choose=secrets.choice, now_ms=now_ms(), valid_h=CODE_VALID_H
        )
    server.close()
    return issued.code


def enrolled(home: Path, port: int, code: str) -> tuple[Database, Transport]:
    """A device that has its forms and nothing else yet."""
    db = open_device(home)
    door = Transport(f"http://127.0.0.1:{port}")
    enrolment.enrol(db, door, code, name="bench", now_ms=now_ms(), random_bytes=os.urandom)
    door.close()
    transport = Transport(f"http://127.0.0.1:{port}", facts.get(db, facts.TOKEN))
    fetching.fetch_listed_forms(db, transport)
    return db, transport
