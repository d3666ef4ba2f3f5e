"""``tapak resolve``: decide a field on which people disagree."""

import os

import click

from field_client import decisions, edge
from field_client.commands.saved import told
from field_client.edge import Device, help_text
from field_client.errors import wrong_usage


@click.command(help=help_text("resolve"))
@click.argument("record")
@click.argument("field")
@click.option("--head", metavar="ID", help=help_text("resolve.head"))
@click.option("--value", metavar="TEXT", help=help_text("resolve.value"))
@click.option("--reason", metavar="TEXT", required=True, help=help_text("resolve.reason"))
@click.option("--as", "person", metavar="PERSON", help=help_text("as"))
@click.option("--json", "as_json", is_flag=True, help=help_text("json-always"))
@click.pass_obj
def command(
    device: Device,
    record: str,
    field: str,
    head: str | None,
    value: str | None,
    reason: str,
    person: str | None,
    as_json: bool,
) -> None:
    """Save the decision; the result is JSON."""
    if (head is None) == (value is None):
        raise wrong_usage("client.resolve.head-or-value")
    saved = decisions.resolve(
        device.db,
        record,
        field,
        head=head,
        typed=value,
        why=reason,
        person_id=person,
        now_ms=edge.now_ms(),
        random_bytes=os.urandom,
    )
    told(device, saved)
