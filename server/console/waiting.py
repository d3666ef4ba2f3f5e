"""Lines that are held, and records without a village: nothing is lost, somebody has to look."""

from typing import Any

import msgspec
from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from server.console.blueprint import Refused, blueprint
from server.console.context import here, me, session, words
from server.console.naming import Names
from server.hub.console import Choice, release_held, resolve
from server.hub.overview import HELD_MAX, authors_of, held_in, orphans_in
from server.store.listing import HeldLine
from sync.area import within
from sync.revision import Revision, read

ROWS = 50


class HeldRow(msgspec.Struct, frozen=True, kw_only=True):
    """A held line in words. ``releasable``: it can be read, so it can be merged."""

    id: str
    why: str
    person: str
    place: str
    received: str
    form: str
    fields: int
    releasable: bool


@blueprint.get("/held")
def held() -> str:
    """Held lines of the scope, the newest first."""
    start = max(0, request.args.get("start", 0, type=int))
    with here().store.read() as unit:
        names = Names(unit, words())
        found = held_in(unit, session().reader.scope)
        return render_template(
            "held.html",
            rows=[_held(names, line, places) for line, places in found[start : start + ROWS]],
            count=len(found),
            start=start,
            more_at=start + ROWS if len(found) > start + ROWS else 0,
            beyond=len(found) > HELD_MAX,
            done="done" in request.args,
        )


@blueprint.post("/held/<line>")
def release(line: str) -> Response:
    """Merge a held line."""
    if not session().decides:
        raise Refused("console.error.not-yours", 403)
    with here().store.write() as unit:
        if line not in {found.id for found, _ in held_in(unit, session().reader.scope)}:
            raise Refused("console.error.not-found", 404)
        release_held(unit, here().shelf, line, person_id=me().id, now_ms=here().now_ms())
    return redirect(url_for("console.held", done=1), code=303)


@blueprint.get("/orphans")
def orphans() -> str:
    """Records without a village whose authors have an area in scope; their answers stay unseen."""
    start = max(0, request.args.get("start", 0, type=int))
    with here().store.read() as unit:
        names = Names(unit, words())
        found = orphans_in(unit, session().reader.scope)
        return render_template(
            "orphans.html",
            rows=[
                {
                    "record": row.id,
                    "form": row.form.partition("/")[0],
                    "persons": ", ".join(names.person(person) for person in authors_of(row)),
                    "changed": words().moment(row.updated_ms),
                }
                for row in found[start : start + ROWS]
            ],
            count=len(found),
            start=start,
            more_at=start + ROWS if len(found) > start + ROWS else 0,
            done="done" in request.args,
        )


@blueprint.post("/orphans/<record>")
def place(record: str) -> Response:
    """Give an orphan its village, with a reason."""
    if not session().decides:
        raise Refused("console.error.not-yours", 403)
    village = request.form.get("village", "").strip()
    if not within(village, session().reader.scope):
        raise Refused("console.error.village-outside", 409, village=village)
    with here().store.write() as unit:
        if record not in {row.id for row in orphans_in(unit, session().reader.scope)}:
            raise Refused("console.error.not-found", 404)
        resolve(
            unit,
            here().shelf,
            record,
            "_area",
            Choice(typed=village),
            reason=request.form.get("reason", ""),
            person_id=me().id,
            new_row=here().mint,
            salt=here().mint,
            now_ms=here().now_ms(),
        )
    return redirect(url_for("console.orphans", done=1), code=303)


def _held(names: Names, line: HeldLine, places: tuple[str, ...]) -> HeldRow:
    revision: Any = read(line.line)
    known = isinstance(revision, Revision)
    return HeldRow(
        id=line.id,
        why=words()(f"console.held.{line.reason}"),
        person=names.person(revision.author) if known else "",
        place=" / ".join(names.place(area) for area in places),
        received=words().moment(line.received_ms),
        form=revision.form if known else "",
        fields=len(revision.values) if known else 0,
        releasable=known and line.record is not None,
    )
