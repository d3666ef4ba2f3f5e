"""``tapak-server verify``: the truth is checked against itself, the caches against the truth."""

import click

from server.commands.edge import NEEDS_A_PERSON, as_json, end_with, opened, print_json, said, talk
from server.hub.verify import verify
from server.texts import catalogue
from server.hub.attachment_care import verify_attachments
from server.hub.backup import refresh
from server.hub.proofs import judge


@click.command("verify", help=said("server.help.verify"))
@as_json
def command(json_wanted: bool) -> None:
    """Print every finding; exit code 3 where there is one."""
    found = []
    with opened() as server:
        for finding in chain(
            verify(server.store, server.shelf), verify_attachments(server.store, server.attachments)
        ):
            found.append({"code": finding.code, "subject": finding.subject})
            if not json_wanted:
                click.echo(f"{finding.subject}: {_meaning(finding.code)}")
    if json_wanted:
        print_json(found)
    if found:
        talk("server.verify.found", count=len(found))
        end_with(NEEDS_A_PERSON)
    talk("server.verify.clean")


def _meaning(code: str) -> str:
    """The text of a finding, its code where the catalogue has none."""
    key = f"verify.{code}"
    return said(key) if key in catalogue("id") else code
