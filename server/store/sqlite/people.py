"""Persons, devices and enrolment codes in SQLite."""

import sqlite3
from collections.abc import Sequence

from server.store.people import DeviceRow, DeviceState, PersonRow

ADD_PERSON = """
INSERT INTO person (id, name, role, organisation, created_ms)
VALUES (:id, :name, :role, :organisation, :now_ms)
"""
ADD_AREA = "INSERT INTO person_area (person, area) VALUES (?, ?) ON CONFLICT DO NOTHING"
# One row for each of a person's areas, or one without an area.
PERSONS = """
SELECT person.id, person.name, person.role, person.organisation, person_area.area
  FROM person
  LEFT JOIN person_area ON person_area.person = person.id
 WHERE :id IS NULL OR person.id = :id
 ORDER BY person.name, person.id, person_area.area
"""
PERSONS_ON = """
SELECT person.id, person.name, person.role, person.organisation, person_area.area
  FROM device_person
  JOIN person ON person.id = device_person.person
  LEFT JOIN person_area ON person_area.person = person.id
 WHERE device_person.device = :device
 ORDER BY person.id, person_area.area
"""
DEVICE = """
SELECT id, name, revoked_ms IS NOT NULL
  FROM device
 WHERE id = :id
"""
PUBLIC_KEY = "SELECT public_key FROM device WHERE id = :id"
DEVICES = """
SELECT id, name, app, enrolled_ms, revoked_ms, last_seen_ms, clock_ahead_ms, left_json
  FROM device
 ORDER BY enrolled_ms DESC, id
"""
ON_DEVICES = """
SELECT device, person
  FROM device_person
 ORDER BY device, person
"""
SEEN = """
UPDATE device
   SET last_seen_ms = :now_ms, clock_ahead_ms = :clock_ahead_ms, app = :app, left_json = :left_json
 WHERE id = :id
"""
ISSUE = """
INSERT INTO enrolment (code_hash, person, issued_ms, expires_ms)
VALUES (:code_hash, :person, :now_ms, :expires_ms)
"""
REDEEM = """
UPDATE enrolment
   SET redeemed_ms = :now_ms, device = :device
 WHERE code_hash = :code_hash
   AND redeemed_ms IS NULL
   AND expires_ms > :now_ms
RETURNING person
"""
PUT_DEVICE = """
INSERT INTO device (id, name, public_key, app, enrolled_ms, left_json)
VALUES (:id, :name, :public_key, :app, :now_ms, '{}')
ON CONFLICT (id) DO UPDATE
   SET name = excluded.name,
       public_key = CASE excluded.public_key WHEN '' THEN device.public_key ELSE excluded.public_key END,
       app = excluded.app,
       revoked_ms = NULL
"""
LINK = "INSERT INTO device_person (device, person) VALUES (?, ?) ON CONFLICT DO NOTHING"
REVOKE = """
UPDATE device
   SET revoked_ms = coalesce(revoked_ms, :now_ms)
 WHERE id = :id
"""


class SqlitePeople:
    """``server.store.people.People`` over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def add_person(self, person: PersonRow, *, now_ms: int) -> None:
        """See People."""
        self._db.execute(
            ADD_PERSON,
            {
                "id": person.id,
                "name": person.name,
                "role": person.role,
                "organisation": person.organisation,
                "now_ms": now_ms,
            },
        )
        self._db.executemany(ADD_AREA, [(person.id, area) for area in person.areas])

    def person(self, person_id: str) -> PersonRow | None:
        """See People."""
        found = _persons(self._db.execute(PERSONS, {"id": person_id}).fetchall())
        return found[0] if found else None

    def persons(self) -> list[PersonRow]:
        """See People."""
        return _persons(self._db.execute(PERSONS, {"id": None}).fetchall())

    def persons_on(self, device_id: str) -> list[PersonRow]:
        """See People."""
        return _persons(self._db.execute(PERSONS_ON, {"device": device_id}).fetchall())

    def device(self, device_id: str) -> DeviceRow | None:
        """See People."""
        row = self._db.execute(DEVICE, {"id": device_id}).fetchone()
        return row and DeviceRow(id=row[0], name=row[1], revoked=bool(row[2]))

    def public_key(self, device_id: str) -> str:
        """See People."""
        row = self._db.execute(PUBLIC_KEY, {"id": device_id}).fetchone()
        return row[0] if row else ""

    def devices(self) -> list[DeviceState]:
        """See People."""
        persons: dict[str, list[str]] = {}
        for device, person in self._db.execute(ON_DEVICES):
            persons.setdefault(device, []).append(person)
        return [
            DeviceState(
                id=id,
                name=name,
                app=app,
                enrolled_ms=enrolled_ms,
                revoked_ms=revoked_ms,
                last_seen_ms=last_seen_ms,
                clock_ahead_ms=clock_ahead_ms,
                left_json=left_json,
                persons=tuple(persons.get(id, ())),
            )
            for id, name, app, enrolled_ms, revoked_ms, last_seen_ms, clock_ahead_ms, left_json in (
                self._db.execute(DEVICES)
            )
        ]

    def seen(
        self, device_id: str, *, now_ms: int, clock_ahead_ms: int | None, app: str, left_json: str
    ) -> None:
        """See People."""
        self._db.execute(
            SEEN,
            {
                "id": device_id,
                "now_ms": now_ms,
                "clock_ahead_ms": clock_ahead_ms,
                "app": app,
                "left_json": left_json,
            },
        )

    def issue(self, code_hash: str, person_id: str, *, now_ms: int, expires_ms: int) -> None:
        """See People."""
        self._db.execute(
            ISSUE, {"code_hash": code_hash, "person": person_id, "now_ms": now_ms, "expires_ms": expires_ms}
        )

    def redeem(self, code_hash: str, device_id: str, *, now_ms: int) -> str | None:
        """See People."""
        rows = self._db.execute(
            REDEEM, {"code_hash": code_hash, "device": device_id, "now_ms": now_ms}
        ).fetchall()
        return rows[0][0] if rows else None

    def put_device(self, device_id: str, *, name: str, public_key: str, app: str, now_ms: int) -> None:
        """See People."""
        self._db.execute(
            PUT_DEVICE,
            {"id": device_id, "name": name, "public_key": public_key, "app": app, "now_ms": now_ms},
        )

    def link(self, device_id: str, persons: Sequence[str]) -> None:
        """See People."""
        self._db.executemany(LINK, [(device_id, person) for person in persons])

    def revoke(self, device_id: str, *, now_ms: int) -> bool:
        """See People."""
        return self._db.execute(REVOKE, {"id": device_id, "now_ms": now_ms}).rowcount == 1


def _persons(rows: Sequence[tuple[str, str, str, str, str | None]]) -> list[PersonRow]:
    """One row a person from one row an area; rows of a person stand together."""
    areas: dict[tuple[str, str, str, str], list[str]] = {}
    for id, name, role, organisation, area in rows:
        areas.setdefault((id, name, role, organisation), []).extend([area] if area else [])
    return [
        PersonRow(id=id, name=name, role=role, organisation=organisation, areas=tuple(codes))
        for (id, name, role, organisation), codes in areas.items()
    ]
