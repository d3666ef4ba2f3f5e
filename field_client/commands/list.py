"""``tapak list``: the records of this device."""

import click

from field_client import records
from field_client.database import read
from field_client.edge import Device, help_text, put_json, table
from field_client.fetching import place_name
from sync.area import within


@click.command(help=help_text("list"))
@click.option("--form", "form_id", metavar="FORM", help=help_text("list.form"))
@click.option("--area", metavar="CODE", help=help_text("list.area"))
@click.option("--json", "as_json", is_flag=True, help=help_text("json"))
@click.pass_obj
def command(device: Device, form_id: str | None, area: str | None, as_json: bool) -> None:
    """List records, sorted by id."""
    with read(device.db):
        found = [
            listed
            for listed in records.listed(device.db)
            if form_id in (None, listed.form_key.partition("/")[0])
            and (area is None or any(within(village, [area]) for village in listed.summary.areas))
        ]
        if as_json:
            put_json([_json(listed) for listed in found])
            return
        rows = [
            [
                listed.record,
                listed.form_key.partition("/")[0],
                ", ".join(place_name(device.db, village, device.text) for village in listed.summary.areas),
                device.text("client.list.deleted") if listed.summary.deleted else "",
                str(len(listed.summary.conflicts) or ""),
                str(listed.unsent or ""),
            ]
            for listed in found
        ]
    names = ("record", "form", "area", "state", "conflicts", "unsent")
    columns = [device.text(f"client.list.column.{name}") for name in names]
    table(device.text("client.list.title", count=len(rows)), columns, rows)


def _json(listed: records.Listed) -> dict[str, object]:
    return {
        "record": listed.record,
        "form": listed.form_key.partition("/")[0],
        "areas": list(listed.summary.areas),
        "deleted": listed.summary.deleted,
        "conflicts": len(listed.summary.conflicts),
        "unsent": listed.unsent,
    }
