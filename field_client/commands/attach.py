"""``tapak attach``: keep a photo or document with an entry."""

import os
from pathlib import Path

import click

from field_client import attachments, edge
from field_client.commands.saved import told
from field_client.edge import Device, help_text


@click.command(help=help_text("attach"))
@click.argument("record")
@click.argument("field")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--as", "person", metavar="PERSON", help=help_text("as"))
@click.option("--json", "as_json", is_flag=True, help=help_text("json-always"))
@click.pass_obj
def command(device: Device, record: str, field: str, file: Path, person: str | None, as_json: bool) -> None:
    """Keep a copy of the file and save that the entry names it; the result is JSON."""
    saved = attachments.attach(
        device.db,
        device.attachments,
        record,
        field,
        file,
        person_id=person,
        now_ms=edge.now_ms(),
        random_bytes=os.urandom,
    )
    told(device, saved)
