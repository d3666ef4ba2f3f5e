"""The list of records, and one record with everything that is known of it."""

from collections.abc import Iterable

import msgspec
from flask import render_template, request

from server.console.blueprint import Refused, blueprint
from server.console.context import here, session, words
from server.console.deciding import decision_on, title_in
from server.console.drawing import Drawing, drawing_of
from server.console.fields import Reading
from server.console.naming import Names
from server.console.scope import area_asked, choices_of_area, forms_here, kept_up
from server.hub.records import Seen, flags_json, see, seen_record
from server.hub.search import Asked, search
from server.store.base import LogRow, Unit
from server.store.listing import Listed
from sync.revision import Revision, read
from sync.shown import time_text

ROWS = 50
HISTORY_ROWS = 20
SHA256_CHARACTERS = 64
NEAR_MAX = 150
"""Records of the same village that are looked at for the map."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A record in the list, in words."""

    record: str
    form: str
    title: str
    place: str
    changed: str
    changed_iso: str
    conflicts: int
    deleted: bool


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the history. ``fields``: (label, value) of what it wrote."""

    id: str
    received: str
    held: str
    person: str = ""
    organisation: str = ""
    saved: str = ""
    observed: str = ""
    why: str = ""
    fields: tuple[tuple[str, str], ...] = ()


@blueprint.get("/records")
def records() -> str:
    """Fifty records that answer the question."""
    behind = kept_up()
    asked = asked_for()
    with here().store.read() as unit:
        names = Names(unit, words())
        found = search(unit, session().reader, asked, rows_max=ROWS)
        forms = forms_here(unit)
        return render_template(
            "records.html",
            asked=asked,
            rows=[_row(names, forms, listed) for listed in found.rows],
            after=f"{found.after[0]}.{found.after[1]}" if found.after else "",
            forms=forms,
            areas=choices_of_area(unit, asked.area),
            area_name=names.place(asked.area) if asked.area else "",
            ended=_ended(names, [asked.area] if asked.area else []),
            behind=behind,
        )


@blueprint.get("/records/<record>")
def record(record: str) -> str:
    """One record; outside the scope there is none."""
    with here().store.read() as unit:
        seen = seen_record(unit, here().shelf, record, session().reader)
        if seen is None:
            raise Refused("console.error.not-found", 404)
        names = Names(unit, words())
        history = unit.log.history(record)
        start = max(0, request.args.get("older", 0, type=int))
        return render_template(
            "record.html",
            seen=seen,
            title=title_in(seen, words()),
            place=[(area, names.place(area)) for area in seen.view.areas],
            ended=_ended(names, seen.view.areas),
            sections=Reading(seen, names, words(), received=_received(unit, seen)).sections(),
            decisions=[decision_on(seen, name, names, words()) for name in seen.view.conflicts],
            flags=_flags(unit, seen, names),
            drawing=_drawing(unit, seen),
            history=[_past(seen, names, row) for row in history[::-1][start : start + HISTORY_ROWS]],
            older=start + HISTORY_ROWS if len(history) > start + HISTORY_ROWS else 0,
            lines=len(history),
            done="done" in request.args,
        )


def asked_for() -> Asked:
    """The question in the address; what cannot be read is not asked."""
    updated, _, id = request.args.get("after", "").partition(".")
    return Asked(
        area=area_asked(),
        form_id=request.args.get("form") or None,
        text=request.args.get("q", "").strip(),
        in_conflict="conflict" in request.args,
        deleted="deleted" in request.args,
        after=(int(updated), id) if updated.isascii() and updated.isdigit() and len(updated) < 17 else None,
    )


def _row(names: Names, forms: dict[str, str], listed: Listed) -> Row:
    return Row(
        record=listed.record,
        form=forms.get(listed.form_id, listed.form_id),
        title=listed.title,
        place=names.place(listed.village),
        changed=words().moment(listed.updated_ms),
        changed_iso=words().iso(listed.updated_ms),
        conflicts=listed.conflicts,
        deleted=listed.deleted,
    )


def _ended(names: Names, areas: Iterable[str]) -> list[tuple[str, str, str]]:
    """What is said of those that are no longer in force."""
    today = time_text(here().now_ms(), here().zone)[:10]
    return [said for area in areas if (said := names.ended(area, today=today))]


def _flags(unit: Unit, seen: Seen, names: Names) -> list[tuple[str, str]]:
    """(label, message) of what the form and the boundaries say about the values."""
    reading = Reading(seen, names, words())
    today = time_text(here().now_ms(), here().zone)[:10]
    found = flags_json(unit, seen, words().language, today=today)
    return [(reading.label(flag["field"].replace(".", "/")), flag["message"]) for flag in found]


def _received(unit: Unit, seen: Seen) -> set[str]:
    """Files that the record names and that are here."""
    named = {name.rpartition("/")[2] for name in seen.view.fields if "/" in name}
    return {each for each in named if len(each) == SHA256_CHARACTERS and unit.attachments.get(each)}


def _drawing(unit: Unit, seen: Seen) -> Drawing | None:
    """The record on a map of its own, with those of the same villages around it."""
    ids = unit.listing.of_villages(seen.view.areas, limit=NEAR_MAX)
    rows = unit.records.load(id for id in ids if id != seen.row.id).values()
    near = [see(unit, here().shelf, row, None) for row in rows if row.form.partition("/")[0] == form_of(seen)]
    return drawing_of(seen, near)


def form_of(seen: Seen) -> str:
    """The form's id."""
    return seen.row.form.partition("/")[0]


def _past(seen: Seen, names: Names, row: LogRow) -> Past:
    outcome = read(row.line)
    received, held = words().moment(row.received_ms), words()(f"console.held.{row.held}") if row.held else ""
    if not isinstance(outcome, Revision):
        return Past(id=row.id, received=received, held=held)
    reading = Reading(seen, names, words())
    return Past(
        id=row.id,
        person=names.person(outcome.author),
        organisation=names.organisation(outcome.organisation),
        saved=words().moment(outcome.written_ms),
        received=received,
        observed=words().day(outcome.observed),
        held=held,
        why=outcome.why or "",
        fields=tuple(
            (reading.label(name), reading.value(name, value)) for name, value in outcome.values.items()
        ),
    )
