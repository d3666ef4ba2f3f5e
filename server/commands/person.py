"""``tapak-server person``: who works in the survey."""

import csv
import sys
from importlib import resources
from pathlib import Path

import click

from server.commands.edge import (
    as_json,
    new_person_id,
    now_ms,
    opened,
    print_json,
    print_rows,
    said,
    talk,
)
from server.hub.areas import naming
from server.hub.people import ROLES, add_person, free_id
from server.hub.roster import WrongRow, import_persons


@click.group("person", help=said("server.help.person"))
def command() -> None:
    """Persons."""


@command.command("add", help=said("server.help.person.add"))
@click.argument("name")
@click.option(
    "--role", required=True, metavar="R", help=said("server.help.person.role", roles=", ".join(ROLES))
)
@click.option("--organisation", required=True, metavar="O", help=said("server.help.person.organisation"))
@click.option(
    "--area", "areas", required=True, multiple=True, metavar="CODE", help=said("server.help.person.area")
)
@click.option("--id", "id", metavar="ID", help=said("server.help.person.id"))
@as_json
def add(
    name: str, role: str, organisation: str, areas: tuple[str, ...], id: str | None, json_wanted: bool
) -> None:
    """Store a person and print the id."""
    with opened() as server, server.store.write() as unit:
        person = add_person(
            unit,
            id=free_id(unit, id) if id else new_person_id(),
            name=name,
            role=role,
            organisation=organisation,
            areas=areas,
            organisations=organisations(),
            now_ms=now_ms(),
        )
    if json_wanted:
        print_json({"person": person.id})
    else:
        click.echo(person.id)


@command.command("list", help=said("server.help.person.list"))
@as_json
def listed(json_wanted: bool) -> None:
    """Print everybody."""
    with opened() as server, server.store.read() as unit:
        people = unit.people.persons()
        place = naming(unit, said)
        areas = [", ".join(place(code) for code in person.areas) for person in people]
    if json_wanted:
        print_json(
            [
                {
                    "person": person.id,
                    "name": person.name,
                    "role": person.role,
                    "organisation": person.organisation,
                    "areas": person.areas,
                }
                for person in people
            ]
        )
    else:
        pairs = zip(people, areas, strict=True)
        print_rows([(one.id, one.name, f"{one.role}/{one.organisation}", where) for one, where in pairs])


@command.command("import", help=said("server.help.person.import"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
def imported(file: Path, json_wanted: bool) -> None:
    """Add the persons of a CSV, all or none."""
    with opened() as server, server.store.write() as unit:
        try:
            with file.open(encoding="utf-8-sig", newline="") as lines:
                found = import_persons(
                    unit, lines, organisations=organisations(), new_id=new_person_id, now_ms=now_ms()
                )
        except UnicodeDecodeError as error:
            raise click.ClickException(said("server.error.not-utf8", file=file.name)) from error
        except WrongRow as error:
            reason = said(error.reason.key, **error.reason.values)
            raise click.ClickException(said(error.key, **error.values, reason=reason)) from error
    if json_wanted:
        print_json({"added": found.added, "known": found.known})
    else:
        talk("server.person.imported", count=len(found.added), known=found.known)


@command.command("password", help=said("server.help.person.password"))
@click.argument("person")
@click.option("--stdin", "from_stdin", is_flag=True, help=said("server.help.person.password.stdin"))
def password(person: str, from_stdin: bool) -> None:
    """Ask for a password twice, or read it, and store its hash."""
    from server.hub.passwords import Passwords
    from server.hub.sessions import set_password

    if from_stdin:
        typed = sys.stdin.readline().rstrip("\r\n")
    else:
        typed = click.prompt(
            said("server.person.password.prompt"),
            hide_input=True,
            confirmation_prompt=said("server.person.password.again"),
            err=True,
        )
    with opened() as server:
        found = set_password(server.store, Passwords(), person, typed, now_ms=now_ms())
        url = server.settings.url
    talk("server.person.password.done", name=found.name, url=url)


def organisations() -> list[str]:
    """Codes of the organisations of the programme."""
    file = resources.files("server.data").joinpath("organisations.csv")
    return [row["code"] for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines())]
