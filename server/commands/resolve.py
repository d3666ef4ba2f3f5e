"""``tapak-server resolve``: a person ends a conflict, with a reason."""

import uuid

import click

from server.commands.edge import acting_person, as_json, now_ms, opened, print_json, said, salt, talk
from server.hub.console import Choice
from server.hub.console import resolve as resolve_conflict


@click.command("resolve", help=said("server.help.resolve"))
@click.argument("record")
@click.argument("field")
@click.option("--head", metavar="ID", help=said("server.help.resolve.head"))
@click.option("--value", metavar="V", help=said("server.help.resolve.value"))
@click.option("--reason", required=True, metavar="TEXT", help=said("server.help.resolve.reason"))
@acting_person
@as_json
def command(
    record: str,
    field: str,
    head: str | None,
    value: str | None,
    reason: str,
    person: str,
    json_wanted: bool,
) -> None:
    """Write the decision as a revision of the server's own device."""
    if (head is None) == (value is None):
        raise click.UsageError(said("server.error.head-or-value"))
    with opened() as server, server.store.write() as unit:
        revision = resolve_conflict(
            unit,
            server.shelf,
            record,
            field,
            Choice(head=head, typed=value),
            reason=reason,
            person_id=person,
            new_row=lambda: str(uuid.uuid4()),
            salt=salt,
            now_ms=now_ms(),
        )
    if json_wanted:
        print_json({"record": record, "revision": revision})
    else:
        talk("server.resolve.done", record=record, field=field)
