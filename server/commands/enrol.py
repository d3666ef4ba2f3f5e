"""``tapak-server enrol``: codes that bring a person onto a device."""

import secrets
from zoneinfo import ZoneInfo

import click

from server.commands.edge import as_json, now_ms, opened, print_json, said, talk
from server.hub.enrolment import issue as issue_code
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
    expires_at = time_text(issued.expires_ms, ZoneInfo(settings.time_zone))
    url = f"{settings.url}/app/#enrol={issued.code}"
    if json_wanted:
        print_json({"code": issued.code, "url": url, "expires_at": expires_at})
        return
    one = issued.person
    talk("server.enrol.issued", name=one.name, role=one.role, areas=" ".join(one.areas))
    click.echo(issued.code)
    talk("server.enrol.until", expires_at=expires_at, url=url)
