"""``tapak sync``: send what is here, fetch what changed."""

from typing import Any

import click

from field_client import edge, syncing
from field_client.commands import carried
from field_client.edge import Device, help_text, put_json
from field_client.syncing import Report


@click.command(help=help_text("sync"))
@click.option("--json", "as_json", is_flag=True, help=help_text("json"))
@click.pass_obj
def command(device: Device, as_json: bool) -> int:
    """Exchange with the server until both have everything."""
    transport = device.transport()
    try:
        report = syncing.sync(device.db, transport, device.around())
    finally:
        transport.close()
    tell(device, report)
    if as_json:
        put_json(report_json(device, report))
    if report.problem is not None:
        return report.problem.exit_code
    return edge.NEEDS_A_PERSON if report.new_conflicts or report.new_held else 0


def tell(device: Device, report: Report) -> None:
    """What a run did, in words: the good news first."""
    if report.sent or report.received or report.problem is None:
        device.say("client.sync.done", sent=report.sent, received=report.received)
    if report.unsent:
        device.say("client.sync.unsent", count=report.unsent)
    if report.attachments_sent:
        device.say("client.sync.attachments", count=report.attachments_sent)
    if report.attachments_left:
        megabytes = f"{report.attachments_left_bytes / 1_000_000:.1f}"
        device.say("client.sync.attachments-left", count=report.attachments_left, megabytes=megabytes)
    if report.attachments_damaged:
        device.say("client.sync.attachments-damaged", count=report.attachments_damaged)
    if report.carried_sent:
        device.say("client.sync.carried", count=report.carried_sent)
    if report.carried_safe:
        device.say("client.sync.carried-safe", count=report.carried_safe)
    if report.carried_left:
        device.say("client.sync.carried-left", count=report.carried_left)
    if report.carried_damaged:
        device.say("client.sync.carried-damaged", count=report.carried_damaged)
    for line in carried.never_arrived(device):
        click.echo(line, err=True)
    if report.new_held:
        device.say("client.sync.held", count=report.new_held)
    if report.new_conflicts:
        device.say("client.sync.conflicts", count=report.new_conflicts)
    if report.damaged:
        device.say("client.sync.damaged", count=report.damaged)
    if report.forked:
        device.say("client.sync.forked")
    if report.problem is not None:
        device.say(report.problem.key, **report.problem.values)


def report_json(device: Device, report: Report) -> dict[str, Any]:
    """The JSON of a run; ``problem`` only where it ended early."""
    found: dict[str, Any] = {
        "sent": report.sent,
        "received": report.received,
        "held": [{"id": id, "why": why} for id, why in report.held],
        "conflicts": report.conflicts,
        "have": report.have,
        "durable": report.durable,
        "attachments_left": report.attachments_left,
        "carried_left": report.carried_left,
    }
    if report.problem is not None:
        found["problem"] = device.text(report.problem.key, **report.problem.values)
    return found
