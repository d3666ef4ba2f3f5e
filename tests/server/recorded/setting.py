"""The server that requests are recorded at and replayed at: the same key, people and form, always."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from server.app import Server, initialise, open_server, web_app
from server.folder import Folder, write_private
from server.forms import compile_form
from server.hub.areas import load_areas
from server.hub.enrolment import issue
from server.hub.people import add_person
from server.hub.publishing import publish
from tests.server.conftest import AREAS, ORGANISATIONS, QUICK

VILLAGE = "62.02.01.2004"
FORM = b"""
| survey |
| | type | name | label | merge | class |
| | text | sebutan | Sebutan | latest | |
| | text | status | Status | | |
| | geopoint | titik | Titik | tolerance:30m | |
| | select_multiple unit | unit_ada | Unit | union | |
| | text | nik | NIK | latest | restricted |
| | image | foto | Foto | union | |

| choices |
| | list_name | name | label |
| | unit | sembako | Sembako |
| | unit | apotek | Apotek |

| settings |
| | form_id | version | form_title |
| | kebun | 1 | Kebun |
"""
"""Never changed: an old client's lines name this version."""

PEOPLE = {"Siti": ("verifier", "tni"), "Budi": ("verifier", "dpmd"), "Wati": ("coordinator", "dpmd")}


def opened(data: Path) -> Server:
    """A new server with people, an area list and the form."""
    data.mkdir()
    (data / "secrets").mkdir()
    write_private(Folder(data).sealing_key, sealing_key())
    initialise(data, url=None, practice=False, token_key=b"k" * 32, device_id="console")
    server = open_server(data, environ={})
    with server.store.write() as unit:
        load_areas(unit, AREAS.splitlines(), version="areas", now_ms=0, zone=UTC)
        publish(unit, server.shelf, compile_form(FORM, name="kebun.md"), now_ms=0)
        for name, (role, organisation) in PEOPLE.items():
            add_person(
                unit,
                id=person_id(name),
                name=name,
                role=role,
                organisation=organisation,
                areas=["62.02"],
                organisations=ORGANISATIONS,
                now_ms=0,
            )
    return server


def sealing_key() -> bytes:
    """The key that what is sealed in a recorded file opens with: no secret, and the same always."""
    return ec.derive_private_key(20_261_124, ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def person_id(name: str) -> str:
    return f"p{name.lower():a<10}"


CODES = {"Siti": "23456789A", "Budi": "BCDEFGH23", "Wati": "JKMNPQR45"}


def do(server: Server, deed: tuple[str, str], *, now_ms: int) -> None:
    """``("issue", name)``: the person's code of ``CODES``; ``("revoke", device)``."""
    what, whom = deed
    with server.store.write() as unit:
        if what == "issue":
            left = iter(CODES[whom])
            issue(
                unit,
                server.token_key,
                person_id(whom),
                choose=lambda _: next(left),
                now_ms=now_ms,
                valid_h=24,
            )
        else:
            assert unit.people.revoke(whom, now_ms=now_ms)


def application(server: Server, now_ms: Callable[[], int]):  # type: ignore[no-untyped-def]  # of Flask
    return web_app(server, now_ms=now_ms, passwords=QUICK)
