"""Records, their history and conflicts, within the scope of the asking device.

What lies outside it is answered like what does not exist.
"""

from zoneinfo import ZoneInfo

from flask import Blueprint, Response

from server.api.auth import asking_reader
from server.api.bodies import json_answer, query
from server.api.context import context
from server.api.operations import Operation, documented
from server.api.schemas import (
    ConflictsAnswer,
    ConflictsQuery,
    LogAnswer,
    RecordAnswer,
    RecordsAnswer,
    RecordsQuery,
)
from server.hub.errors import HubError
from server.hub.records import (
    conflicts_json,
    history_json,
    narrowed,
    record_json,
    see,
    seen_record,
    summary_json,
)

blueprint = Blueprint("records", __name__)
_READ_PROBLEMS = ("not-authenticated", "device-revoked", "unknown-device")


@blueprint.get("/v1/records")
@documented(
    Operation(
        summary="Records in scope, by id.",
        query=RecordsQuery,
        answer=RecordsAnswer,
        problems=(*_READ_PROBLEMS, "invalid-request"),
    )
)
def records() -> Response:
    """List records."""
    here = context()
    asked = query(RecordsQuery())
    limit = min(asked["limit"], here.settings.records_page_max)
    with here.store.read() as unit:
        reader = asking_reader(unit)
        prefixes = narrowed(reader.scope, asked["area"])
        rows = unit.records.page(
            form_id=asked["form"], prefixes=prefixes, after=asked["after"], limit=limit + 1
        )
        page = [summary_json(see(unit, here.shelf, row, reader)) for row in rows[:limit]]
    return json_answer({"records": page, "next": page[-1]["record"] if len(rows) > limit else None})


@blueprint.get("/v1/records/<record>")
@documented(
    Operation(
        summary="A record with every field that has a head.",
        answer=RecordAnswer,
        problems=(*_READ_PROBLEMS, "not-found"),
    )
)
def record(record: str) -> Response:
    """Give one record."""
    here = context()
    with here.store.read() as unit:
        seen = seen_record(unit, here.shelf, record, asking_reader(unit))
        if seen is None:
            raise HubError("not-found")
        zone, language = ZoneInfo(here.settings.time_zone), here.settings.language
        return json_answer(record_json(unit, seen, zone, language=language, now_ms=here.now_ms()))


@blueprint.get("/v1/records/<record>/log")
@documented(
    Operation(
        summary="Every line of a record, in order of receipt.",
        answer=LogAnswer,
        problems=(*_READ_PROBLEMS, "not-found"),
    )
)
def log(record: str) -> Response:
    """Give the history of a record."""
    here = context()
    with here.store.read() as unit:
        if seen_record(unit, here.shelf, record, asking_reader(unit)) is None:
            raise HubError("not-found")
        lines = history_json(unit, record, ZoneInfo(here.settings.time_zone))
    return json_answer({"log": lines})


@blueprint.get("/v1/conflicts")
@documented(
    Operation(
        summary="Fields in scope on which a person must decide.",
        query=ConflictsQuery,
        answer=ConflictsAnswer,
        problems=(*_READ_PROBLEMS, "invalid-request"),
    )
)
def conflicts() -> Response:
    """List conflicts."""
    here = context()
    asked = query(ConflictsQuery())
    zone = ZoneInfo(here.settings.time_zone)
    with here.store.read() as unit:
        reader = asking_reader(unit)
        rows = unit.records.in_conflict(narrowed(reader.scope, asked["area"]))
        found = list(conflicts_json(unit, here.shelf, rows, reader, zone))
    return json_answer({"conflicts": found})
