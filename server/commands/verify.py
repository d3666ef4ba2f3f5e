"""``tapak-server verify``: the truth is checked against itself, the caches against the truth."""

from itertools import chain

import click

from server.commands.edge import NEEDS_A_PERSON, as_json, end_with, opened, print_json, said, talk
from server.hub.attachment_care import verify_attachments
from server.hub.backup import refresh
from server.hub.proofs import judge
from server.hub.verify import verify
from server.texts import catalogue
from sync.proof import read_proof


@click.command("verify", help=said("server.help.verify"))
@click.option("--proof", "text", metavar="TEXT", help=said("server.help.verify.proof"))
@as_json
def command(text: str | None, json_wanted: bool) -> None:
    """Print every finding; exit code 3 where there is one."""
    if text is not None:
        _verify_proof(text, json_wanted)
        return
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


def _verify_proof(text: str, json_wanted: bool) -> None:
    """Say whether a device's saves are here and in a backup; exit code 3 where they are not."""
    proof = read_proof(text)
    if proof is None:
        raise click.ClickException(said("server.error.no-proof"))
    with opened() as server:
        refresh(server.store, server.files)
        with server.store.read() as unit:
            verdict = judge(unit, proof)
    values = {"device": proof.device, "count": proof.saved, "backup": verdict.backup or "-"}
    if json_wanted:
        print_json({"device": proof.device, "arrived": verdict.arrived, "backup": verdict.backup})
    elif not verdict.arrived:
        click.echo(said("server.proof.incomplete" if verdict.known else "server.proof.missing", **values))
    elif verdict.backup is None:
        click.echo(said("server.proof.arrived", **values))
    else:
        click.echo(said("server.proof.safe", **values))
    if verdict.backup is None:
        end_with(NEEDS_A_PERSON)


def _meaning(code: str) -> str:
    """The text of a finding, its code where the catalogue has none."""
    key = f"verify.{code}"
    return said(key) if key in catalogue("id") else code
