"""A code makes a device speak for a person, once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import pytest

from server.app import web_app
from server.hub.enrolment import ALPHABET
from server.hub.tokens import device_of_token
from tests.server.conftest import Handset, House
from tests.server.hub.phones import NOW_MS, VILLAGE

CODE_INVALID = {
    "type": "/problems/enrolment-code-invalid",
    "title": "This enrolment code cannot be used",
    "status": 403,
    "detail": "It was used, has expired or was never issued. Ask a coordinator for a new one.",
    "code": "enrolment-code-invalid",
}
DAY_MS = 24 * 3_600_000


def test_a_phone_enrols_and_is_told_who_speaks_through_it(house: House) -> None:
    siti = house.person("Siti", organisation="dinas_koperasi", area="62.02.01")

    answer = house.enrols(house.code(siti), "phone-of-siti", name="HP Siti", app="1.0.0")

    assert answer.status_code == 200
    told = dict(answer.json or {})
    assert device_of_token(house.server.token_key, told.pop("token")) == "phone-of-siti"
    assert told == {
        "person": siti,
        "name": "Siti",
        "role": "verifier",
        "organisation": "dinas_koperasi",
        "scope": ["62.02.01"],
        "now": NOW_MS,
        "server": {
            "name": "Tapak",
            "url": "https://tapak.example.id",
            "key": house.server.sealing_key.public,
        },
    }


def test_a_code_has_nine_characters_that_nobody_confuses(house: House) -> None:
    code = house.code(house.person("Siti"))

    assert [len(part) for part in code.split("-")] == [3, 3, 3]
    assert set(code) - {"-"} <= set(ALPHABET)
    assert set(ALPHABET) & set("0O1IL") == set()


def test_a_code_is_read_however_it_is_typed(house: House) -> None:
    code = house.code(house.person("Siti"))

    assert house.enrols(f" {code.lower().replace('-', ' ')} ", "phone-of-siti").status_code == 200


def test_a_code_works_once(house: House) -> None:
    code = house.code(house.person("Siti"))
    house.enrols(code, "phone-of-siti")

    again = house.enrols(code, "another-phone")

    assert (again.status_code, again.json) == (403, CODE_INVALID)
    assert again.content_type == "application/problem+json"


def test_a_code_ends_after_a_day(house: House) -> None:
    code = house.code(house.person("Siti"))
    house.clock_ms += DAY_MS

    assert house.enrols(code, "phone-of-siti").json == CODE_INVALID


def test_of_fifty_phones_with_one_code_one_gets_in(house: House) -> None:
    code = house.code(house.person("Siti"))
    app = web_app(house.server, now_ms=lambda: NOW_MS)
    statuses: list[int] = []

    def try_it(number: int) -> None:
        body = {"code": code, "device": f"phone-number-{number}"}
        address = {"REMOTE_ADDR": f"10.0.0.{number}"}
        statuses.append(app.test_client().post("/v1/enrol", json=body, environ_base=address).status_code)

    threads = [threading.Thread(target=try_it, args=[number]) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [200] + [403] * 49


def test_guessing_is_slowed_down_and_noted_without_the_code(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    code = house.code(house.person("Siti"))
    with caplog.at_level(logging.WARNING):
        guesses = [house.enrols(f"GUESS{number}", "phone-of-thief").status_code for number in range(25)]
        right = house.enrols(code, "phone-of-siti")

    assert guesses == [403] * 20 + [429] * 5
    assert (right.status_code, right.headers["Retry-After"]) == (429, "60")
    assert caplog.messages == ["Too many wrong enrolment codes from 127.0.0.1: it must wait a minute."]
    house.clock_ms += 60_000
    assert house.enrols(code, "phone-of-siti").status_code == 200


def test_a_second_code_adds_a_person_to_the_phone(house: House, handset: Callable[..., Handset]) -> None:
    siti = handset("Siti", area="62.02.01")
    budi = house.person("Budi", area="62.03")

    answer = house.enrols(house.code(budi), siti.device)

    assert (answer.json or {})["token"] == siti.token
    assert (answer.json or {})["scope"] == ["62.02.01", "62.03"]


def test_what_a_phone_pushed_before_its_person_was_known_is_merged_at_once(
    house: House, handset: Callable[..., Handset]
) -> None:
    siti = handset("Siti")
    budi = house.person("Budi")
    siti.saves("r1", {"_area": VILLAGE}, author=budi)
    assert [held.why for held in siti.syncs().header.held] == ["person-not-on-device"]

    house.enrols(house.code(budi), siti.device)

    answer = siti.syncs()
    assert answer.header.held == ()
    assert [line.r for line in answer.snapshots] == ["r1"]


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"device": "phone-of-siti"}, {"code": ["Missing data for required field."]}),
        ({"code": "ABC", "device": "x"}, {"device": ["String does not match expected pattern."]}),
        ({"code": 7, "device": "phone-of-siti"}, {"code": ["Not a valid string."]}),
        (["code"], {"_schema": ["Invalid input type."]}),
    ],
)
def test_a_request_that_cannot_be_read_names_its_errors(house: House, body: object, errors: object) -> None:
    answer = house.client.post("/v1/enrol", json=body)

    assert answer.status_code == 400
    assert answer.json == {
        "type": "/problems/invalid-request",
        "title": "The request cannot be read",
        "status": 400,
        "detail": "The field 'errors' names each part that is wrong.",
        "code": "invalid-request",
        "errors": errors,
    }


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'"\\ud800"', b"[" * 60_000])
def test_a_body_that_is_no_json_is_said_to_be_none(house: House, body: bytes) -> None:
    answer = house.client.post("/v1/enrol", data=body)

    assert answer.status_code == 400
    assert (answer.json or {})["errors"] == {"body": ["Not valid JSON."]}


def test_a_large_body_is_not_read(house: House) -> None:
    answer = house.client.post("/v1/enrol", data=b" " * 70_000)

    assert (answer.status_code, (answer.json or {})["max"]) == (413, 65_536)


def test_a_revoked_phone_that_enrols_again_is_back_with_all_that_it_saved(
    house: House, handset: Callable[..., Handset]
) -> None:
    siti = handset("Siti")
    with house.server.store.write() as unit:
        unit.people.revoke(siti.device, now_ms=house.clock_ms)
    siti.saves("r1", {"_area": VILLAGE})
    assert house.sync(siti.token, siti.body()).status_code == 403

    assert house.enrols(house.code(siti.person), siti.device).status_code == 200

    answer = siti.syncs()
    assert answer.header.held == ()
    assert [line.r for line in answer.snapshots] == ["r1"]
