"""``tapak-server person``: who works in the survey."""

import csv
from importlib import resources

import click

from server.commands.edge import as_json, new_person_id, now_ms, opened, print_json, print_rows, said
from server.hub.people import ROLES, add_person


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
@as_json
def add(name: str, role: str, organisation: str, areas: tuple[str, ...], json_wanted: bool) -> None:
    """Store a person and print the id."""
    with opened() as server, server.store.write() as unit:
        person = add_person(
            unit,
            id=new_person_id(),
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
        print_rows([(one.id, one.name, f"{one.role}/{one.organisation}", one.areas) for one in people])


def organisations() -> list[str]:
    """Codes of the organisations of the programme."""
    file = resources.files("server.data").joinpath("organisations.csv")
    return [row["code"] for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines())]
