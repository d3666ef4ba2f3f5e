"""Which area, which forms: what several pages ask of the address and offer to choose."""

from flask import request

from server.console.context import here, session, words
from server.console.fields import label_of
from server.console.naming import Names
from server.hub.listing import catch_up
from server.hub.readiness import judge
from server.hub.records import narrowed
from server.store.base import Unit
from sync.area import is_area, within
from sync.shown import time_text

VILLAGES_AT_ONCE, RECORDS_AT_ONCE = 5, 50
"""What a page may compute of readiness before it is shown; where more is due, a job is at it."""


def kept_up() -> int:
    """Bring the list up to date, a little at a time; how many changes it does not hold yet."""
    return catch_up(here().store, here().shelf)


def judged() -> int:
    """Compute the readiness of a few villages, if only a few are due; how many still are."""
    with here().store.read() as unit:
        due = unit.listing.due_count(today=today())
    if due > VILLAGES_AT_ONCE:
        return due
    return judge(
        here().store,
        here().shelf,
        today=today(),
        villages_max=VILLAGES_AT_ONCE,
        records_enough=RECORDS_AT_ONCE,
    )


def today() -> str:
    """The local date."""
    return time_text(here().now_ms(), here().zone)[:10]


def area_asked() -> str | None:
    """The area in the address, if it is one and meets the scope."""
    area = request.args.get("area") or request.form.get("area") or None
    if area is None or not is_area(area) or not narrowed(session().reader.scope, area):
        return None
    return area


def choices_of_area(unit: Unit, area: str | None) -> list[tuple[str, str]]:
    """(code, name) to choose from, by code: what lies in the scope, as deep as is useful now.

    All regencies; the districts of the chosen regency, and the villages of the chosen district.
    """
    scope = session().reader.scope
    names = Names(unit, words())
    parts = (area or (scope[0] if len(scope) == 1 else "")).split(".")
    regency, district = ".".join(parts[:2]), ".".join(parts[:3])
    inside = {0: "", 1: "", 2: regency, 3: district if len(parts) > 2 else "-"}
    return [
        (row.code, names.place(row.code))
        for row in unit.catalogue.areas(scope)
        if within(row.code, [inside[row.code.count(".")]]) or not inside[row.code.count(".")]
    ]


def forms_here(unit: Unit) -> dict[str, str]:
    """``{form id: title}`` of the published forms."""
    forms = {id: here().shelf.current(unit, id) for id in unit.catalogue.current_forms()}
    return {id: label_of(form.titles, words().language) or id for id, form in forms.items() if form}
