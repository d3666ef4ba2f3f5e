"""Who works where, on which devices, and the codes that bring a person onto one."""

import segno
from flask import render_template, request
from markupsafe import Markup

from server.console.blueprint import Refused, blueprint
from server.console.context import here, session, words
from server.console.naming import Names
from server.console.scope import area_asked, choices_of_area
from server.hub.enrolment import issue
from server.hub.overview import Device, devices_in, persons_in
from server.hub.records import narrowed
from server.store.base import Unit
from server.store.people import PersonRow

ROWS = 50


@blueprint.get("/people")
def people() -> str:
    """Persons with an area in scope, with the state of their devices."""
    area, start = area_asked(), max(0, request.args.get("start", 0, type=int))
    silent_only = "silent" in request.args
    with here().store.read() as unit:
        scope = narrowed(session().reader.scope, area)
        devices = _by_person(devices_in(unit, scope, now_ms=here().now_ms()))
        persons = [
            person
            for person in persons_in(unit, scope)
            if not silent_only or any(device.silent for device in devices.get(person.id, ()))
        ]
        return render_template(
            "people.html",
            persons=persons[start : start + ROWS],
            count=len(persons),
            start=start,
            more_at=start + ROWS if len(persons) > start + ROWS else 0,
            devices=devices,
            names=Names(unit, words()),
            area=area,
            areas=choices_of_area(unit, area),
            silent_only=silent_only,
        )


@blueprint.get("/people/<person_id>")
def person(person_id: str) -> str:
    """One person, with devices; only who may enrol the person gets the button."""
    with here().store.read() as unit:
        found = _in_scope(unit, person_id)
        scope = session().reader.scope
        devices = _by_person(devices_in(unit, scope, now_ms=here().now_ms())).get(found.id, [])
        return render_template(
            "person.html", person=found, devices=devices, names=Names(unit, words()), code=None
        )


@blueprint.post("/people/<person_id>/code")
def code(person_id: str) -> str:
    """A new enrolment code, shown this once."""
    settings = here().settings
    with here().store.write() as unit:
        found = _in_scope(unit, person_id)
        if not session().may_enrol(found):
            raise Refused("console.error.not-yours", 403)
        issued = issue(
            unit,
            here().token_key,
            found.id,
            choose=here().choose,
            now_ms=here().now_ms(),
            valid_h=settings.enrolment_code_valid_h,
        )
        url = f"{settings.url}/app/#enrol={issued.code}"
        return render_template(
            "person.html",
            person=found,
            devices=[],
            names=Names(unit, words()),
            code=issued.code,
            url=url,
            until=words().moment(issued.expires_ms),
            picture=Markup(qr_svg(url)),  # made here, from digits and letters
        )


def qr_svg(url: str) -> str:
    """A QR code as a picture inside the page, without a style of its own."""
    return segno.make(url, error="m").svg_inline(border=4, omitsize=True, svgclass="qr", lineclass=None)


def _in_scope(unit: Unit, person_id: str) -> PersonRow:
    for found in persons_in(unit, session().reader.scope):
        if found.id == person_id:
            return found
    raise Refused("console.error.not-found", 404)


def _by_person(devices: list[Device]) -> dict[str, list[Device]]:
    found: dict[str, list[Device]] = {}
    for device in devices:
        for owner in device.persons:
            found.setdefault(owner.id, []).append(device)
    return found
