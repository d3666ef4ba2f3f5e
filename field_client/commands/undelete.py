"""``tapak undelete``: bring a deleted record back."""

import os

import click

from field_client import decisions, edge
from field_client.commands.saved import told
from field_client.edge import Device, help_text


@click.command(help=help_text("undelete"))
@click.argument("record")
@click.option("--as", "person", metavar="PERSON", help=help_text("as"))
@click.option("--reason", metavar="TEXT", help=help_text("reason"))
@click.option("--json", "as_json", is_flag=True, help=help_text("json-always"))
@click.pass_obj
def command(device: Device, record: str, person: str | None, reason: str | None, as_json: bool) -> None:
    """Save the act; the result is JSON."""
    saved = decisions.undelete(
        device.db, record, person_id=person, why=reason, now_ms=edge.now_ms(), random_bytes=os.urandom
    )
    told(device, saved)
