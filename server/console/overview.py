"""The first page: how the survey stands, and what waits."""

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from server.console.blueprint import Refused, blueprint
from server.console.context import here, session, words
from server.console.naming import Names
from server.console.scope import area_asked, forms_here, judged, kept_up
from server.hub.overview import overview as overview_of
from server.hub.readiness import STATES, readiness_in
from server.hub.records import narrowed


@blueprint.get("/")
def overview() -> str:
    """Counts of the scope, or of an area in it, and of the areas one level below."""
    behind, due = kept_up(), judged()
    area = area_asked()
    today = words().iso(here().now_ms())[:10]
    with here().store.read() as unit:
        names = Names(unit, words())
        found = overview_of(unit, session().reader, area, now_ms=here().now_ms(), today=today)
        scope = session().reader.scope
        return render_template(
            "overview.html",
            found=found,
            names=names,
            area=area,
            ended=[said for said in [names.ended(area, today=today) if area else None] if said],
            above=_above(area, scope),
            scope=scope,
            forms=forms_here(unit),
            now=words().moment(here().now_ms()),
            behind=behind,
            due=due,
            topics=readiness_in(unit, narrowed(scope, area), counted=found.villages.counted),
            states=STATES,
        )


@blueprint.get("/<path:anything>")
def nothing(anything: str) -> Response:
    """Addresses below the console that are none."""
    if not anything:
        return redirect(url_for("console.overview"))
    raise Refused("console.error.not-found", 404)


def _above(area: str | None, scope: tuple[str, ...]) -> list[str]:
    """The areas around this one that lie in the scope, widest first."""
    parts = (area or "").split(".")
    codes = [".".join(parts[:length]) for length in range(1, len(parts))]
    return [code for code in codes if any(code == p or code.startswith(p + ".") for p in scope)]
