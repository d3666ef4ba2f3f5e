"""``tapak-server enrol``: codes that bring a person onto a device."""

import os
import secrets
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from server.commands.edge import as_json, language, now_ms, opened, print_json, said, talk
from server.hub.areas import naming
from server.hub.enrolment import issue as issue_code
from server.hub.overview import persons_in
from server.hub.people import ROLES
from sync.shown import time_text


@click.group("enrol", help=said("server.help.enrol"))
def command() -> None:
    """Enrolment codes."""


@command.command("issue", help=said("server.help.enrol.issue"))
@click.argument("person")
@as_json
def issue(person: str, json_wanted: bool) -> None:
    """Make a code and show it, once."""
    with opened() as server, server.store.write() as unit:
        issued = issue_code(
            unit,
            server.token_key,
            person,
            choose=secrets.choice,
            now_ms=now_ms(),
            valid_h=server.settings.enrolment_code_valid_h,
        )
        settings = server.settings
        place = naming(unit, said)
        areas = [place(code) for code in issued.person.areas]
    expires_at = time_text(issued.expires_ms, ZoneInfo(settings.time_zone))
    url = f"{settings.url}/app/#enrol={issued.code}"
    if json_wanted:
        print_json({"code": issued.code, "url": url, "expires_at": expires_at})
        return
    one = issued.person
    talk("server.enrol.issued", name=one.name, role=one.role, areas=", ".join(areas))
    click.echo(issued.code)
    talk("server.enrol.until", expires_at=expires_at, url=url)


@command.command("sheet", help=said("server.help.enrol.sheet"))
@click.option("--area", required=True, metavar="CODE", help=said("server.help.option.area"))
@click.option(
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help=said("server.help.enrol.sheet.output"),
)
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice(ROLES),
    metavar="R",
    default=("verifier",),
    help=said("server.help.enrol.sheet.role"),
)
def sheet(area: str, output: Path, roles: tuple[str, ...]) -> None:
    """Make a code for each person and write the cards to print."""
    from server.console.naming import Names
    from server.console.sheet import Card, sheet_html
    from server.console.words import Words

    with opened() as server:
        settings = server.settings
        words = Words(language(), ZoneInfo(settings.time_zone))
        cards = []
        with server.store.write() as unit:
            names = Names(unit, words)
            for person in persons_in(unit, [area]):
                if person.role not in roles:
                    continue
                issued = issue_code(
                    unit,
                    server.token_key,
                    person.id,
                    choose=secrets.choice,
                    now_ms=now_ms(),
                    valid_h=settings.enrolment_code_valid_h,
                )
                cards.append(
                    Card(
                        name=person.name,
                        work=f"{names.role(person.role)}, {names.organisation(person.organisation)}",
                        areas=", ".join(names.place(code) for code in person.areas),
                        code=issued.code,
                        url=f"{settings.url}/app/#enrol={issued.code}",
                        until=words.moment(issued.expires_ms),
                    )
                )
        if not cards:
            raise click.ClickException(said("server.enrol.sheet.none", area=area))
        # Whoever reads the file can enrol as these persons, so nobody else may.
        descriptor = os.open(output, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        output.chmod(0o600)
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123  # pathlib opens no descriptors
            file.write(sheet_html(cards, words, settings=settings))
    talk("server.enrol.sheet.done", count=len(cards), output=output, until=cards[0].until)
