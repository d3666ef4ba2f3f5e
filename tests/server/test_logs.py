"""The log says how requests went, and never what stood in them."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests

from server.logs import JsonLines, TextLines
from server.store.base import StoreError
from tests.server.conftest import Handset, House
from tests.server.hub.phones import VILLAGE
from tests.server.served import serving


@pytest.fixture
def logging_house(house: House) -> House:
    """The server with a log in JSON."""
    settings = msgspec.structs.replace(house.server.settings, log_format="json")
    return House(msgspec.structs.replace(house.server, settings=settings))


@pytest.fixture
def phone(logging_house: House, handset: Callable[..., Handset]) -> Handset:
    """Siti's phone, which speaks to the server that logs."""
    siti = handset("Siti")
    siti.house = logging_house
    return siti


def _writing(formatter: logging.Formatter) -> Iterator[io.StringIO]:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield out
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.fixture
def json_log() -> Iterator[io.StringIO]:
    yield from _writing(JsonLines())


@pytest.fixture
def text_log() -> Iterator[io.StringIO]:
    yield from _writing(TextLines())


def lines_of(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def breaks(house: House) -> None:
    def broken(word: str) -> str:
        try:
            return str(int(word))
        except ValueError as error:
            raise KeyError("Siti") from error

    house.app.add_url_rule("/broken/<word>", view_func=broken)


def test_every_request_is_a_line_with_its_pattern_and_sizes(
    logging_house: House, phone: Handset, json_log: io.StringIO
) -> None:
    phone.saves("r1", {"_area": VILLAGE, "sengketa": "tidak"})
    body = phone.body()
    answer = logging_house.sync(phone.token, body)
    logging_house.client.get("/wp-login.php?x=1")

    sync, unknown = lines_of(json_log)

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", sync.pop("time"))
    assert re.fullmatch(r"[0-9a-f]{16}", sync.pop("request"))
    assert sync.pop("ms") >= 0
    assert sync == {
        "level": "info",
        "logger": "server.api.logged",
        "message": "request",
        "route": "/v1/sync",
        "method": "POST",
        "status": 200,
        "bytes_in": len(body),
        "bytes_out": len(answer.data),
        "device": phone.device,
    }
    assert (unknown["route"], unknown["method"], unknown["status"]) == ("other", "other", 404)
    assert unknown["device"] is None


def test_a_token_of_another_server_names_no_device(logging_house: House, json_log: io.StringIO) -> None:
    logging_house.sync("rahasia-warga", b"")

    (line,) = lines_of(json_log)
    assert (line["status"], line["device"]) == (401, None)
    assert "rahasia" not in json_log.getvalue()


def test_nothing_of_a_request_is_in_the_log(
    logging_house: House, phone: Handset, json_log: io.StringIO
) -> None:
    phone.saves("r1", {"_area": VILLAGE, "catatan": "rahasia-warga", "sengketa": "tidak"})
    phone.sends(phone.body())
    code = logging_house.code(phone.person)
    assert logging_house.enrols(code, "second-phone", name="HP Siti").status_code == 200
    logging_house.get(f"/v1/records?area={VILLAGE}", phone.token)
    logging_house.get("/v1/records/r1?q=rahasia-warga", phone.token)
    logging_house.client.post("/console/login", data={"person": phone.person, "password": "rahasia"})

    log = json_log.getvalue()

    assert len(lines_of(json_log)) == 5
    for secret in ("Siti", phone.person, phone.token, VILLAGE, "rahasia", "r1", code):
        assert secret not in log


def test_a_mistake_of_ours_is_found_by_the_id_of_its_answer(
    logging_house: House, json_log: io.StringIO
) -> None:
    breaks(logging_house)

    answer = logging_house.client.get("/broken/rahasia-warga")

    mistake, line = lines_of(json_log)
    assert mistake["request"] == line["request"] == answer.headers["X-Request-Id"]
    assert mistake["exception"] == ["KeyError", "ValueError"]
    assert re.search(r"test_logs\.py:\d+ broken$", mistake["places"][-1])
    assert (line["level"], line["route"], line["status"]) == ("error", "/broken/{word}", 500)
    assert "rahasia" not in json_log.getvalue()
    assert "Siti" not in json_log.getvalue()


def test_a_log_for_a_person_has_the_id_and_no_value_either(house: House, text_log: io.StringIO) -> None:
    breaks(house)

    answer = house.client.get("/broken/rahasia-warga")

    log = text_log.getvalue()
    request_id = answer.headers["X-Request-Id"]
    assert f"ERROR server.api.failures: Unforeseen KeyError (request {request_id})\n" in log
    assert "rahasia" not in log
    assert "Siti" not in log
    assert "X-Request-Id" not in house.client.get("/healthz").headers


def test_a_store_that_fails_is_found_by_the_id_as_well(house: House, text_log: io.StringIO) -> None:
    def broken() -> str:
        raise StoreError("database is locked")

    house.app.add_url_rule("/broken", view_func=broken)
    answer = house.client.get("/broken")

    request_id = answer.headers["X-Request-Id"]
    assert f"The store failed (request {request_id}): database is locked\n" in text_log.getvalue()


def test_of_other_libraries_only_the_pattern_is_written(json_log: io.StringIO) -> None:
    logging.getLogger("waitress").warning("Exception while serving %s", "/v1/records/r1")

    (line,) = lines_of(json_log)
    assert line["message"] == "Exception while serving %s"


def test_serve_writes_json_where_the_setting_says_so(tmp_path: Path) -> None:
    settings = {"TAPAK_LOG_FORMAT": "json", "TAPAK_BACKUP_EVERY_H": "0"}
    with serving(tmp_path / "data", **settings) as (process, url):
        assert requests.get(f"{url}/healthz?token=rahasia", timeout=10).ok
        process.terminate()
        _, talk = process.communicate(timeout=20)

    lines = [json.loads(line) for line in talk.splitlines() if line.startswith("{")]
    assert [(line["route"], line["status"]) for line in lines if line["message"] == "request"] == [
        ("/healthz", 200)
    ]
    assert "rahasia" not in talk
