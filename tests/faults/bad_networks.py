"""Networks that lie: login pages, gateways without a server, swallowed answers, bodies that come days later.

Each time: the user is told in words, nothing is lost, and the next sync finishes the work.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from field_client import facts
from tests.faults.office import Office
from tests.faults.phone import Phone
from tests.faults.proxy import BAD_GATEWAY, NOT_FOUND, PORTAL_PAGE, Proxy, page, portal_redirect
from tests.faults.stage import Stage

PHOTO_BYTES = 90_000
SAFE = "safe on the device"
LOGIN = "may ask for a login"
LIES: tuple[tuple[str, bytes | None, str], ...] = (
    ("a login page", PORTAL_PAGE, LOGIN),
    ("a redirect to a login page", None, LOGIN),
    ("a gateway without a server", BAD_GATEWAY, SAFE),
    ("a gateway that waited too long", page("504 Gateway Timeout"), SAFE),
    ("a page that is not found", NOT_FOUND, LOGIN),
    ("a page that is forbidden", page("403 Forbidden"), LOGIN),
    ("a proxy that wants a password", page("401 Unauthorized"), LOGIN),
    ("a network that wants a login", page("511 Network Authentication Required"), LOGIN),
)
PLACES = (("the exchange", b"POST /v1/sync"), ("the photo", b"/v1/attachments"))


def stories(stage: Stage) -> str:
    """Every lie at every place of a sync; then swallowed answers; then old bodies."""
    told = 0
    with Office(stage.fresh("office")) as office, Proxy(office.url) as link, Proxy(office.url) as login:
        login.answers_instead = lambda head: PORTAL_PAGE
        phone = Phone(stage.fresh("phone"), stage.rng)
        phone.enrols(office, link.url, "Siti")
        record = phone.saves("parcel")
        phone.syncs()
        stories = [(lie, place) for lie in LIES for place in PLACES]
        for (what, lie, words), (place, only) in stories[:2] + _some(stage, stories[2:]):
            where = f"{what} at {place}"
            photo = stage.rng.randbytes(PHOTO_BYTES)
            phone.attaches(record, photo)
            phone.saves(where)
            link.answers_instead = _lying(portal_redirect(login.url) if lie is None else lie, only)
            ran = phone.runs("sync", "--json")
            link.answers_instead = lambda head: None
            stage.tell(f"{where}: exit {ran.code}, {ran.err.splitlines()[-1:]}")
            stage.expect(ran.code == 1, f"{where}: exit {ran.code}, {ran.err}")
            stage.expect("Traceback" not in ran.err, f"{where}: {ran.err}")
            stage.expect(words in ran.err, f"{where}: told only {ran.err!r}")
            _finishes(stage, office, phone, photo, where)
            told += 1
        enrolled = _enrolment_behind_a_login_page(stage, office, link)
        _swallowed(stage, office, phone, link)
        late = _late(stage, office, phone, link)
    return (
        f"{told} lies told in words, {enrolled} enrolments behind a login page, swallowed answers, "
        f"{late} late bodies: 0 lost, the next sync finished each time"
    )


def _some(stage: Stage, stories: list[Any]) -> list[Any]:
    return stage.rng.sample(stories, 2) if stage.short else stories


def _lying(answer: bytes, only: bytes) -> Callable[[bytes], bytes | None]:
    return lambda head: answer if only in head else None


def _finishes(stage: Stage, office: Office, phone: Phone, photo: bytes, where: str) -> None:
    report = phone.syncs()
    stage.expect(report.problem is None, f"after {where}: {report.problem}")
    stage.expect((report.unsent, report.attachments_left) == (0, 0), f"after {where}: something is left")
    stage.expect(phone.acknowledged <= office.lines().keys(), f"after {where}: lines are lost")
    stage.expect(office.has_file(sha256(photo).hexdigest()), f"after {where}: the photo is lost")


def _enrolment_behind_a_login_page(stage: Stage, office: Office, link: Proxy) -> int:
    """The code is redeemed, then a login page comes instead of the forms, or of the areas."""
    for number, only in enumerate((b"GET /v1/forms", b"GET /v1/areas")):
        phone = Phone(stage.fresh("phone"), stage.rng)
        code = office.code(f"Ani{number}")
        link.answers_instead = _lying(PORTAL_PAGE, only)
        ran = phone.runs("enrol", link.url, code, "--json")
        link.answers_instead = lambda head: None
        stage.tell(f"enrolment, a login page for {only.decode()}: exit {ran.code}, {ran.err!r}")
        stage.expect(ran.code == 0 and "Traceback" not in ran.err, f"enrolment: {ran.code} {ran.err}")
        stage.expect(phone.syncs().problem is None, "the first sync after the login page")
        phone.saves("works")
    return 2


def _swallowed(stage: Stage, office: Office, phone: Phone, link: Proxy) -> None:
    """The server stores, and the phone hears nothing of it."""
    photo = stage.rng.randbytes(PHOTO_BYTES)
    phone.attaches(phone.saves("swallowed"), photo)
    link.swallow = True
    report = phone.syncs()
    link.swallow = False
    stage.tell(f"{link.swallowed} answers were swallowed: {report.problem and report.problem.key}")
    stage.expect(report.problem is not None, "a sync without an answer ended well")
    stage.expect(not phone.lost(), "a swallowed answer lost a line")
    _finishes(stage, office, phone, photo, "swallowed answers")


def _late(stage: Stage, office: Office, phone: Phone, link: Proxy) -> int:
    """The network delivers whole requests once more, after everything has gone on."""
    link.recording = True
    for number in range(stage.count(long=40, short=4)):
        phone.saves(f"late {number}")
        stage.expect(phone.syncs().problem is None, "a sync")
    link.recording = False
    bodies = [bytes(body) for body in link.connections if b"POST /v1/sync" in body]
    before = office.content()
    for body in bodies:
        with socket.create_connection(("127.0.0.1", office.port)) as again:
            again.settimeout(30)
            again.sendall(body)
            again.recv(4096)
    stage.tell(f"{len(bodies)} old bodies came again")
    stage.expect(office.content() == before, "an old body changed something")
    report = phone.syncs()
    with phone.opened() as db:
        branched = facts.get(db, facts.BRANCHED_FROM)
    stage.expect(report.problem is None and not branched, "an old body made the phone branch")
    stage.expect(office.findings() == [], f"verify: {office.findings()}")
    return len(bodies)
