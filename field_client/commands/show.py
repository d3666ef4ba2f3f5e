"""``tapak show``: one record, with every head, and what this device did to it."""

from typing import Any

import click
import msgspec

from field_client import attachments, journal, records
from field_client.database import read
from field_client.edge import Device, help_text, put_json, table
from field_client.errors import CommandProblem
from field_client.fetching import place_name
from field_client.flags import flags, flags_json, today
from field_client.records import Entry
from sync.shown import fields_json, time_text


@click.command(help=help_text("show"))
@click.argument("record")
@click.option("--history", is_flag=True, help=help_text("show.history"))
@click.option("--json", "as_json", is_flag=True, help=help_text("json"))
@click.pass_obj
def command(device: Device, record: str, history: bool, as_json: bool) -> None:
    """Show a record as this device sees it."""
    with read(device.db):
        entry = records.load(device.db, record)
        if entry is None:
            raise CommandProblem("client.record-unknown", record=record)
        shown = shown_json(device, entry)
        places = [place_name(device.db, village, device.text) for village in shown["areas"]]
        if history:
            shown["history"] = history_json(device, entry)
    if as_json:
        put_json(shown)
    else:
        _print(device, shown, places)


def shown_json(device: Device, entry: Entry) -> dict[str, Any]:
    """The JSON of ``show``: ``fields`` as the server gives them for the same revisions."""
    seen = entry.view()
    found = flags(device.db, entry, today=today(device), language=device.language)
    form_id, _, version = entry.form_key.partition("/")
    return {
        "record": entry.record,
        "form": form_id,
        "form_version": version,
        "areas": list(seen.areas),
        "deleted": seen.deleted,
        "unsent": entry.unsent,
        "outside": entry.outside,
        "ids": list(seen.ids),
        "fields": fields_json(seen, zone=device.zone, opened=entry.opened),
        "flags": flags_json(device, found),
        "attachments": {
            question: {"known": one.received, "named": one.named, "elsewhere": one.elsewhere}
            for question, one in attachments.known(device.db, entry.seen).items()
        },
        "held": [
            {"id": id, "why": why} for id, why in sorted(records.held_ids(device.db, entry.record).items())
        ],
    }


def history_json(device: Device, entry: Entry) -> list[dict[str, Any]]:
    """The own saves of a record, oldest first: this device keeps its own whole log."""
    have = journal.have_local(device.db)
    held = records.held_ids(device.db, entry.record)
    return [
        {
            "revision": line.id,
            "seq": line.seq,
            "person": revision.author,
            "organisation": revision.organisation,
            "form": revision.form,
            "saved_at": time_text(revision.written_ms, device.zone),
            "observed_on": revision.observed_on,
            "why": revision.why,
            "state": "held" if line.id in held else "received" if line.local <= have else "stored",
            "fields": {
                field: entry.opened.get((line.id, field), value) for field, value in revision.values.items()
            },
        }
        for line, revision in journal.revisions_of(device.db, entry.record)
    ]


def _print(device: Device, shown: dict[str, Any], places: list[str]) -> None:
    click.echo(device.text("client.show.head", record=shown["record"], form=shown["form"]))
    click.echo(device.text("client.show.areas", areas=", ".join(places) or "-"))
    for state in ("deleted", "outside"):
        if shown[state]:
            click.echo(device.text(f"client.show.{state}"))
    if shown["unsent"]:
        click.echo(device.text("client.show.unsent", count=shown["unsent"]))
    rows = [
        [
            name,
            _value(device, field["shown"]),
            device.text("client.show.conflict") if field["conflict"] else "",
        ]
        for name, field in shown["fields"].items()
    ]
    columns = [device.text(f"client.show.column.{name}") for name in ("field", "value", "state")]
    table("", columns, rows)
    for question, one in shown["attachments"].items():
        click.echo(_attachments(device, question, one))
    for flag in shown["flags"]:
        click.echo(f"{flag['field']}: {flag['message']}")
    for save in shown.get("history", ()):
        click.echo(f"{save['saved_at']}  {save['revision']}  {save['person']}  {', '.join(save['fields'])}")


def _attachments(device: Device, question: str, one: dict[str, int]) -> str:
    """``foto 3/12``: with the server, of those that this device answers for."""
    text = f"{question} {one['known']}/{one['named']}"
    if one["elsewhere"]:
        text += " " + device.text("client.show.elsewhere", count=one["elsewhere"])
    return text


def _value(device: Device, value: Any) -> str:
    if value is None:
        return device.text("form.cleared")
    if isinstance(value, dict) and value.get("$") in ("unknown", "na"):
        return device.text("form.unknown" if value["$"] == "unknown" else "form.not-applicable")
    if isinstance(value, dict) and "#" in value:
        return device.text("form.class.restricted")
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
