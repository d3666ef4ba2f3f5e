"""Whatever goes wrong ends as a problem of the catalogue."""

from __future__ import annotations

import sqlite3

import pytest

from server.problems import PROBLEMS, body_of
from server.store.base import StoreError, StoreFull
from tests.server.conftest import House


def test_an_unknown_address_is_a_problem_and_no_page(house: House) -> None:
    answer = house.client.get("/v2/records")

    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert (answer.json or {})["code"] == "not-found"


def test_a_wrong_verb_names_the_right_ones(house: House) -> None:
    answer = house.client.delete("/v1/sync")

    assert (answer.status_code, (answer.json or {})["code"]) == (405, "method-not-allowed")
    assert answer.headers["Allow"] == "OPTIONS, POST"


def test_a_mistake_of_ours_shows_nothing_of_itself(house: House) -> None:
    def broken() -> str:
        raise RuntimeError("/srv/tapak/secrets/token.key")

    house.client.application.add_url_rule("/broken", view_func=broken)

    answer = house.client.get("/broken")

    assert answer.status_code == 500
    assert answer.json == {
        "type": "/problems/internal-error",
        "title": "The server made a mistake",
        "status": 500,
        "detail": "The operator finds it in the log. Try again later; nothing on the device is lost.",
        "code": "internal-error",
    }


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(StoreFull("disk"), 507, "storage-full"), (StoreError("locked"), 503, "store-unavailable")],
)
def test_a_store_that_cannot_store_asks_for_patience(
    house: House, error: StoreError, status: int, code: str
) -> None:
    def broken() -> str:
        raise error

    house.client.application.add_url_rule("/broken", view_func=broken)

    answer = house.client.get("/broken")

    assert (answer.status_code, (answer.json or {})["code"]) == (status, code)
    assert answer.headers["Retry-After"] == "60"


def test_readyz_takes_the_write_lock_and_healthz_does_not(house: House) -> None:
    assert house.client.get("/healthz").json == {"status": "ok"}
    assert house.client.get("/readyz").json == {"status": "ready", "warnings": []}

    house.server.store.close()
    path = house.server.folder.database
    sqlite3.connect(path).close()
    path.write_bytes(b"this is no database" * 100)

    assert house.client.get("/healthz").status_code == 200
    assert (house.client.get("/readyz").json or {})["code"] == "store-unavailable"


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_problem_can_be_told(code: str) -> None:
    told = body_of(code, {"max": 1, "reason": "r", "url": "https://tapak.example.id"})

    assert told["type"] == f"/problems/{code}"
    assert told["detail"].endswith(".")
    assert "{" not in told["detail"]
