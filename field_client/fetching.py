"""What a device fetches to work without a network: form versions and areas."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import msgspec
from sqlite_utils import Database

from field_client import facts, forms
from field_client.database import write
from sync import area
from sync.polygons import box_of
from sync.wire import BadBody

_Kind = TypeVar("_Kind")


class Source(Protocol):
    """What fetching needs of a transport."""

    def get(self, path: str) -> bytes: ...


class _Area(msgspec.Struct, frozen=True):
    code: str
    name: str
    level: str
    parent: str
    valid_to: str | None = None
    aliases: tuple[str, ...] = ()


class _Boundary(msgspec.Struct, frozen=True):
    village: str
    shape: list[list[list[tuple[float, float]]]]


class _ListedForm(msgspec.Struct, frozen=True):
    id: str
    version: str
    current: bool


class _FormList(msgspec.Struct, frozen=True):
    forms: tuple[_ListedForm, ...]


def fetch_listed_forms(db: Database, source: Source) -> int:
    """Fetch the current version of every form; how many are here now."""
    listed = _decoded(source.get("/v1/forms"), _FormList).forms
    fetch_forms(db, source, tuple((form.id, form.version) for form in listed if form.current))
    return len(forms.current_versions(db))


def fetch_forms(db: Database, source: Source, wanted: tuple[tuple[str, str], ...]) -> None:
    """Fetch these versions; each is followed from now on."""
    for form_id, version in wanted:
        if not forms.has(db, form_id, version):
            body = source.get(f"/v1/forms/{form_id}/{version}.json")
            with _said_to_be_ours(), write(db):
                forms.put(db, body)


def fetch_areas(db: Database, source: Source) -> int:
    """Replace the areas by those of the device's scope; how many there are."""
    scope = facts.scope(db)
    body = source.get("/v1/areas")
    rows = [_decoded(line, _Area) for line in body.splitlines() if line]
    with write(db):
        db.conn.execute(FORGET_AREAS)
        db.conn.executemany(PUT_AREA, [_area(row) for row in rows])
        facts.put_json(db, facts.AREAS_SCOPE, list(scope))
        facts.put(db, facts.AREAS_HERE, facts.get(db, facts.AREAS_STATED) or "")
    return len(rows)


def _decoded(body: bytes, kind: type[_Kind]) -> _Kind:
    with _said_to_be_ours():
        return msgspec.json.decode(body, type=kind)


@contextmanager
def _said_to_be_ours() -> Iterator[None]:
    """What cannot be read continues as BadBody: a login page came instead, and nothing is replaced."""
    try:
        yield
    except (msgspec.MsgspecError, ValueError) as error:
        raise BadBody(str(error)) from error


def _area(row: _Area) -> dict[str, str | None]:
    return {**msgspec.structs.asdict(row), "aliases": msgspec.json.encode(row.aliases).decode()}


def fetch_boundaries(db: Database, source: Source) -> int:
    """Replace the boundaries by those of the device's scope; of how many villages there are some.

    Fetched before the areas, whose mark says that both are here.
    """
    body = source.get("/v1/areas/boundaries")
    rows = [_boundary(_decoded(line, _Boundary)) for line in body.splitlines() if line]
    with write(db):
        db.conn.execute(FORGET_BOUNDARIES)
        db.conn.executemany(PUT_BOUNDARY, rows)
    return len(rows)


def _boundary(line: _Boundary) -> dict[str, Any]:
    shape = msgspec.json.encode(line.shape).decode()
    return {"village": line.village, "shape": shape, **box_of(line.shape)._asdict()}


FORGET_BOUNDARIES = "DELETE FROM boundary"

PUT_BOUNDARY = """
INSERT INTO boundary (village, west, south, east, north, shape)
VALUES (:village, :west, :south, :east, :north, :shape)
"""


FORGET_AREAS = "DELETE FROM area"

PUT_AREA = """
INSERT INTO area (code, name, level, parent, valid_to, aliases)
VALUES (:code, :name, :level, :parent, :valid_to, :aliases)
    ON CONFLICT (code) DO UPDATE
   SET name = excluded.name, level = excluded.level, parent = excluded.parent,
       valid_to = excluded.valid_to, aliases = excluded.aliases
"""


def place_name(db: Database, code: str, say: Callable[..., str]) -> str:
    """What people call an area, ``Sumber Makmur (Kec. Parenggean)``; its code where it is not known here."""
    return area.place_name(code, lambda code: area_name(db, code), say)


def area_name(db: Database, code: str) -> str | None:
    """The name of an area, if it is known here."""
    row = db.conn.execute(AREA_NAME, {"code": code}).fetchone()
    return None if row is None else str(row[0])


AREA_NAME = "SELECT name FROM area WHERE code = :code"
