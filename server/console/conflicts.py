"""What people disagree on: side by side, and decided with a reason."""

from collections.abc import Iterator

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from server.console.blueprint import Refused, blueprint
from server.console.context import here, me, session, words
from server.console.deciding import Decision, chosen, decision_on
from server.console.naming import Names
from server.console.paging import page_of
from server.console.scope import area_asked, choices_of_area, forms_here
from server.hub.console import resolve
from server.hub.errors import UsageError
from server.hub.overview import waiting_in
from server.hub.records import narrowed, see, seen_record
from server.store.base import Unit
from server.store.listing import Waiting

DECISIONS = 30
"""Decisions on one page: each is a form of its own, and a page stays small."""


@blueprint.get("/conflicts")
def conflicts() -> str:
    """The queue, each field with all that stands in it."""
    area, form_id = area_asked(), request.args.get("form") or None
    start = request.args.get("start", 0, type=int)
    with here().store.read() as unit:
        names = Names(unit, words())
        waiting = [
            one
            for one in waiting_in(unit, narrowed(session().reader.scope, area))
            if form_id in (None, one.form_id)
        ]
        fields = [(one, field) for one in waiting for field in one.fields]
        page = page_of(len(fields), start, size=DECISIONS)
        found = fields[page.here.start : page.here.last] if page.here else []
        return render_template(
            "conflicts.html",
            decisions=list(_decisions(unit, names, found)),
            page=page,
            records=len(waiting),
            area=area,
            form_id=form_id,
            areas=choices_of_area(unit, area),
            forms=forms_here(unit),
            done="done" in request.args,
        )


@blueprint.post("/records/<record>/decide")
def decide(record: str) -> Response | tuple[str, int]:
    """Write a decision; where that is not possible, the field as it is now, with what was typed."""
    if not session().decides:
        raise Refused("console.error.not-yours", 403)
    name = request.form.get("field", "")
    try:
        with here().store.write() as unit:
            seen = seen_record(unit, here().shelf, record, session().reader)
            if seen is None:
                raise Refused("console.error.not-found", 404)
            field, choice = chosen(seen.form, name, request.form)
            resolve(
                unit,
                here().shelf,
                record,
                field,
                choice,
                reason=request.form.get("reason", ""),
                person_id=me().id,
                new_row=here().mint,
                salt=here().mint,
                now_ms=here().now_ms(),
                on_screen=request.form.get("seen", ""),
            )
    except UsageError as error:
        return _again(record, name, words()(error.key, **error.values)), 409
    if request.form.get("back") == "conflicts":
        area, form_id = area_asked(), request.form.get("form") or None
        start = request.form.get("start", 0, type=int) or None
        return redirect(url_for("console.conflicts", area=area, form=form_id, start=start, done=1), code=303)
    return redirect(url_for("console.record", record=record, done=1), code=303)


@blueprint.get("/records/<record>/decide")
def deciding(record: str) -> str:
    """The decision on one field, in conflict or not."""
    return _again(record, request.args.get("field", ""), "")


def _again(record: str, name: str, message: str) -> str:
    with here().store.read() as unit:
        seen = seen_record(unit, here().shelf, record, session().reader)
        if seen is None or name not in seen.view.fields:
            raise Refused("console.error.not-found", 404)
        return render_template(
            "decide.html",
            decision=decision_on(seen, name, Names(unit, words()), words()),
            message=message,
            reason=request.form.get("reason", ""),
        )


def _decisions(unit: Unit, names: Names, fields: list[tuple[Waiting, str]]) -> Iterator[Decision]:
    rows = unit.records.load({one.record for one, _ in fields})
    seen = {id: see(unit, here().shelf, row, session().reader) for id, row in rows.items()}
    for one, field in fields:
        if field in seen[one.record].view.conflicts:
            yield decision_on(seen[one.record], field, names, words())
