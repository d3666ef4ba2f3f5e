"""Forms and areas: what a device fetches to work without a network."""

from collections.abc import Iterable, Iterator
from itertools import chain
from zoneinfo import ZoneInfo

import msgspec
from flask import Blueprint, Response

from server.api.auth import asking_reader
from server.api.bodies import NDJSON, json_answer, query
from server.api.context import context
from server.api.operations import Operation, documented
from server.api.schemas import AreasQuery, BoundariesQuery, FormsAnswer
from server.exports.csv import csv_bytes
from server.hub.areas import BETWEEN_ALIASES, COLUMNS, OPTIONAL_COLUMNS, areas_for
from server.hub.errors import HubError
from server.store.catalogue import AreaRow
from sync.shown import time_text

blueprint = Blueprint("catalogue", __name__)
_READ_PROBLEMS = ("not-authenticated", "device-revoked", "unknown-device")


@blueprint.get("/v1/forms")
@documented(Operation(summary="Every published form version.", answer=FormsAnswer, problems=_READ_PROBLEMS))
def forms() -> Response:
    """List published forms."""
    here = context()
    zone = ZoneInfo(here.settings.time_zone)
    with here.store.read() as unit:
        asking_reader(unit)
        rows = unit.catalogue.forms()
    return json_answer(
        {
            "forms": [
                {
                    "id": row.id,
                    "version": row.version,
                    "title": row.title,
                    "published_at": time_text(row.published_ms, zone),
                    "current": row.current,
                }
                for row in rows
            ]
        }
    )


@blueprint.get("/v1/forms/<form_id>/<version>.json")
@documented(
    Operation(
        summary="A compiled form. It never changes.",
        answer="The form as both sides compile and read it.",
        problems=(*_READ_PROBLEMS, "not-found"),
    )
)
def form(form_id: str, version: str) -> Response:
    """Give one version of a form."""
    with context().store.read() as unit:
        asking_reader(unit)
        body = unit.catalogue.form(form_id, version)
    if body is None:
        raise HubError("not-found")
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}
    return Response(body, content_type="application/json", headers=headers)


@blueprint.get("/v1/areas")
@documented(
    Operation(
        summary="Areas of the device's scope and those above them, or all inside `prefix`.",
        query=AreasQuery,
        answer=(
            "One `{code, name, level, parent}` a line, with `valid_from`, `valid_to`, `successor`, `aliases` "
            "where an area has them; with `format=csv` a CSV with these columns, which `area load` reads."
        ),
        content_type=NDJSON,
        problems=(*_READ_PROBLEMS, "invalid-request"),
    )
)
def areas() -> Response:
    """List areas."""
    asked = query(AreasQuery())
    with context().store.read() as unit:
        reader = asking_reader(unit)
        rows = areas_for(unit, [asked["prefix"]] if asked["prefix"] else reader.scope)
        if asked["format"] == "csv":
            data = b"".join(csv_bytes((*COLUMNS, *OPTIONAL_COLUMNS), _cells(rows)))
            return Response(data, content_type="text/csv; charset=utf-8")
        return Response(b"".join(chain.from_iterable(_lines(rows))), content_type=NDJSON)


@blueprint.get("/v1/areas/boundaries")
@documented(
    Operation(
        summary="Simplified boundaries of the villages of the device's scope, or of all inside `prefix`.",
        query=BoundariesQuery,
        answer=(
            "One `{village, shape}` a line; `shape` is a list of polygons, each a list of closed rings of "
            "`[longitude, latitude]`, and lies within 33 m of the boundary that was loaded."
        ),
        content_type=NDJSON,
        problems=(*_READ_PROBLEMS, "invalid-request"),
    )
)
def boundaries() -> Response:
    """List boundaries."""
    asked = query(BoundariesQuery())
    with context().store.read() as unit:
        reader = asking_reader(unit)
        prefixes = [asked["prefix"]] if asked["prefix"] else list(reader.scope)
        lines = [
            b'{"village":"%b","shape":%b}\n' % (village.encode(), shape.encode())
            for village, shape in unit.boundaries.simplified(prefixes)
        ]
    return Response(b"".join(lines), content_type=NDJSON)


def _cells(rows: Iterable[AreaRow]) -> Iterator[tuple[str | None, ...]]:
    for row in rows:
        validity = (row.valid_from, row.valid_to, row.successor)
        yield row.code, row.name, row.level, row.parent, *validity, BETWEEN_ALIASES.join(row.aliases)


def _lines(rows: Iterable[AreaRow]) -> Iterator[tuple[bytes, bytes]]:
    return ((msgspec.json.encode(row), b"\n") for row in rows)
