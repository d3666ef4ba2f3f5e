"""``tapak conflicts``: everything that waits for a person to decide."""

from typing import Any

import click

from field_client import records
from field_client.database import read
from field_client.edge import Device, help_text, put_json, table
from sync.shown import heads_json


@click.command(help=help_text("conflicts"))
@click.option("--json", "as_json", is_flag=True, help=help_text("json"))
@click.pass_obj
def command(device: Device, as_json: bool) -> None:
    """List conflicts by record and field, each with its heads."""
    found = _conflicts(device)
    if as_json:
        put_json(found)
        return
    rows = [
        [
            conflict["record"],
            conflict["field"],
            head["id"],
            str(head["value"]),
            head["person"],
            head["saved_at"],
        ]
        for conflict in found
        for head in conflict["heads"]
    ]
    names = ("record", "field", "head", "value", "person", "saved-at")
    columns = [device.text(f"client.conflicts.column.{name}") for name in names]
    table(device.text("client.conflicts.title", count=len(found)), columns, rows)


def _conflicts(device: Device) -> list[dict[str, Any]]:
    found = []
    with read(device.db):
        for record in sorted({record for record, _ in records.open_conflicts(device.db)}):
            entry = records.load(device.db, record)
            if entry is None:
                continue
            seen = entry.view()
            for name in seen.conflicts:
                heads = heads_json(name, seen.fields[name], zone=device.zone, opened=entry.opened)
                form_id = entry.form_key.partition("/")[0]
                found.append({"record": record, "form": form_id, "field": name, "heads": heads})
    return found
