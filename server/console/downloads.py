"""The records of an area as a file."""

from collections.abc import Iterator
from itertools import chain

from flask import Response, render_template, request

from server.console.blueprint import Refused, blueprint
from server.console.context import Context, here, session, words
from server.console.scope import choices_of_area, forms_here, judged, kept_up
from server.exports.formats import FORMATS
from server.exports.xlsx import ROWS_MAX, TooManyRows
from server.hub.export import Asked, table
from server.hub.readiness_table import READINESS, readiness_table
from sync.area import is_area, within
from sync.shown import time_text

MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
}


@blueprint.get("/downloads")
def downloads() -> str:
    """What can be had."""
    with here().store.read() as unit:
        return render_template(
            "downloads.html",
            forms=forms_here(unit),
            areas=choices_of_area(unit, None),
            formats=[name for name in FORMATS if name in MEDIA],
            scope=session().reader.scope,
            readiness=READINESS,
        )


@blueprint.get("/downloads/records")
def file() -> Response:
    """A form's records inside an area of the scope; restricted answers closed."""
    form_id, kind = request.args.get("form", ""), request.args.get("format", "csv")
    scope = session().reader.scope
    area = request.args.get("area") or (scope[0] if len(scope) == 1 else "")
    with here().store.read() as unit:
        known = form_id == READINESS or here().shelf.current(unit, form_id) is not None
    # An area that is wider than the scope would bring what lies outside it.
    if not known or kind not in MEDIA or not is_area(area) or not within(area, scope):
        raise Refused("console.error.not-found", 404)
    asked = Asked(area=area, labels=words().language if "labels" in request.args else "")
    if form_id == READINESS:
        if FORMATS[kind].geometry:
            raise Refused("server.error.readiness-format", 400)
        kept_up()
        judged()
    day = time_text(here().now_ms(), here().zone)[:10]
    return Response(
        _begun(_pieces(here(), form_id, asked, kind)),
        content_type=MEDIA[kind],
        headers={"Content-Disposition": f'attachment; filename="{form_id}-{area}-{day}.{kind}"'},
    )


def _begun(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces, the first one made already: what cannot be made is a page that says so."""
    try:
        return chain([next(pieces, b"")], pieces)
    except TooManyRows as error:
        raise Refused("server.error.too-many-rows", 409, most=ROWS_MAX - 1) from error


def _pieces(parts: Context, form_id: str, asked: Asked, kind: str) -> Iterator[bytes]:
    """The file as it is made, all of one moment, while it is sent."""
    into = FORMATS[kind]
    with parts.store.read() as unit:
        now_ms = parts.now_ms()
        if form_id == READINESS:
            found = readiness_table(unit, asked.area, labels=asked.labels, zone=parts.zone, now_ms=now_ms)
        else:
            found = table(unit, parts.shelf, form_id, asked, into, zone=parts.zone, now_ms=now_ms)
        yield from into.write(found)
