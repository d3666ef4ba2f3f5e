"""``tapak status``: what is stored on the device, what was sent, what the server has."""

from typing import Any

import click

from field_client import attachments, edge, facts, journal
from field_client.commands import carried
from field_client.database import read
from field_client.edge import Device, help_text, put_json
from sync.proof import Proof, write_proof
from sync.shown import time_text


@click.command(help=help_text("status"))
@click.option("--json", "as_json", is_flag=True, help=help_text("json"))
@click.option("--proof", is_flag=True, help=help_text("status.proof"))
@click.pass_obj
def command(device: Device, as_json: bool, proof: bool) -> None:
    """Say where the saves of this device are."""
    with read(device.db):
        if proof:
            click.echo(proof_text(device))
            return
        status = status_json(device)
    if as_json:
        put_json(status)
        return
    people = ", ".join(person["name"] for person in status["persons"]) or "-"
    click.echo(device.text("client.status.device", device=status["device"] or "-", persons=people))
    click.echo(device.text("client.status.server", server=status["server"] or "-"))
    click.echo(device.text("client.status.saved", count=status["saved"]))
    click.echo(device.text("client.status.sent", count=status["sent"]))
    click.echo(device.text("client.status.received", count=status["received"]))
    if status["attachments"]["left"]:
        megabytes = f"{status['attachments']['bytes_left'] / 1_000_000:.1f}"
        count = status["attachments"]["left"]
        click.echo(device.text("client.status.attachments", count=count, megabytes=megabytes))
    if status["unsent"]:
        minutes = (status["oldest_unsent_s"] or 0) // 60
        click.echo(device.text("client.status.unsent", count=status["unsent"], minutes=minutes))
    for line in carried.texts(device):
        click.echo(line)


def proof_text(device: Device) -> str:
    """What ``tapak-server verify --proof`` takes."""
    return write_proof(
        Proof(
            device=facts.get(device.db, facts.ENROLLED) or "-",
            tip=journal.tip(device.db),
            saved=journal.count(device.db),
            have=journal.place_at(device.db, journal.have_local(device.db)),
            time=time_text(edge.now_ms(), device.zone),
        )
    )


def status_json(device: Device) -> dict[str, Any]:
    """The JSON of ``status``. ``received`` is what the server stated last."""
    db = device.db
    have = journal.have_local(db)
    saved, unsent = journal.count(db), journal.count(db, after_local=have)
    handed_over = max(have, int(facts.get(db, facts.SENT_LOCAL) or 0))
    oldest_ms = journal.oldest_unsent_ms(db)
    left = attachments.left(db)
    return {
        "device": facts.get(db, facts.ENROLLED),
        "server": facts.get(db, facts.URL),
        "persons": [
            {
                "person": person.id,
                "name": person.name,
                "role": person.role,
                "organisation": person.organisation,
            }
            for person in facts.persons(db)
        ],
        "saved": saved,
        "sent": saved - journal.count(db, after_local=handed_over),
        "received": saved - unsent,
        "unsent": unsent,
        "oldest_unsent_s": None if oldest_ms is None else max(0, edge.now_ms() - oldest_ms) // 1000,
        "attachments": {"left": len(left), "bytes_left": sum(file.size_bytes for file in left)},
        **carried.json_of(device),
    }
