"""``tapak enrol``: the only command that needs a network before the first save."""

import os
import platform

import click

from field_client import edge, enrolment, facts, fetching
from field_client.edge import Device, help_text, put_json
from field_client.transport import NoNetwork, Problem, Transport
from sync.wire import BadBody


@click.command(help=help_text("enrol"))
@click.argument("url")
@click.argument("code")
@click.option("--name", metavar="TEXT", default=lambda: platform.node()[:100], help=help_text("enrol.name"))
@click.option("--json", "as_json", is_flag=True, help=help_text("json"))
@click.pass_obj
def command(device: Device, url: str, code: str, name: str, as_json: bool) -> None:
    """Redeem a code, then fetch forms and areas."""
    # An enrolment link may be pasted whole: …/app/#enrol=7QF-3KM-2XA.
    address = url.partition("#")[0].rstrip("/").removesuffix("/app")
    person = enrolment.enrol(
        device.db, Transport(address), code, name=name, now_ms=edge.now_ms(), random_bytes=os.urandom
    )
    form_count, area_count = _fetch(device)
    scope = ", ".join(fetching.place_name(device.db, code, device.text) for code in person.scope)
    device.say("client.enrol.done", name=person.name, role=person.role, scope=scope)
    device.say("client.enrol.fetched", forms=form_count, areas=area_count)
    if as_json:
        put_json(
            {
                "device": facts.get(device.db, facts.ENROLLED),
                "person": person.id,
                "name": person.name,
                "role": person.role,
                "organisation": person.organisation,
                "scope": list(person.scope),
                "server": address,
                "forms": form_count,
                "areas": area_count,
            }
        )


def _fetch(device: Device) -> tuple[int, int]:
    """Enrolled it is already: what cannot be fetched now comes with the next ``sync``."""
    transport = device.transport()
    try:
        return fetching.fetch_listed_forms(device.db, transport), fetching.fetch_areas(device.db, transport)
    except (NoNetwork, Problem, BadBody) as error:
        device.say("client.enrol.not-fetched", reason=str(error))
        return 0, 0
    finally:
        transport.close()
