"""Broken, hostile and absurd bodies: never a 5xx, never a trace, and the server is well afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.hub.verify import verify
from sync.chain import revision_id
from tests.server.conftest import Handset, House
from tests.server.hub.phones import VILLAGE

HEADER: dict[str, Any] = {"v": 1, "device": "phone-of-siti"}
LINE = {
    "d": "phone-of-siti",
    "s": 1,
    "r": "r1",
    "k": "lahan/2026112301",
    "a": "psitiaaaaaa",
    "o": "verifier/tni",
    "t": 1,
    "v": {"_area": VILLAGE},
}
HEADERS = [
    b"",
    b"\n\n\n",
    b"null",
    b"[]",
    b'"x"',
    b"{",
    b"\xff\xfe",
    b'{"v":1}',
    b'{"v":2,"device":"d"}',
    b'{"v":1e400,"device":"d"}',
    b"[" * 100_000,
    *(
        json.dumps(HEADER | more).encode()
        for more in (
            {"now": -(2**63)},
            {"now": 2**63 - 1},
            {"now": 2**64},
            {"after": [2**63, "x"]},
            {"after": [-1, ""], "tip": [2**63 - 1, "\u0000"]},
            {"after": [0, "x" * 10_000]},
            {"n": -5},
            {"n": 2**62, "last": "x"},
            {"limit": {"rows": -(2**63)}},
            {"limit": {"rows": 2**63 - 1}},
            {"limit": {}},
            {"feeds": {"62.02": "not a cursor", "": "", "62.02' OR 1=1 --": "x", "\U0001f600": "\u0000"}},
            {"feeds": {f"{number}": "x" for number in range(5_000)}},
            {"left": {"revisions": 2**63 - 1, "x" * 1_000: -1}},
            {"app": "x" * 100_000},
            {"device": ""},
            {"device": "another-phone"},
            {"free_mb": -1},
        )
    ),
]
LINES = [
    b"x",
    b"{}",
    b"\x00",
    b"\xed\xa0\x80",
    b"{" * 5_000,
    b'{"of":',
    b'{"of":"x","x":{"nik":["s","t"]}}',
    b'{"of":"x","x":{"nik":"t"}}',
    b'{"d":"phone-of-siti","s":1,"p":"","omitted":"x","size":1,"sha256":"y","why":"z"}',
    *(
        json.dumps(LINE | more).encode()
        for more in (
            {"t": 2**53 - 1},
            {"t": -1},
            {"s": 2**53},
            {"s": 7},
            {"r": "\u0001\u2028"},
            {"r": "'; DROP TABLE revision; --"},
            {"r": "x" * 10_000},
            {"k": "lahan/" + "9" * 1_000},
            {"k": "////"},
            {"a": ""},
            {"w": "9999-99-99"},
            {"b": ["x"] * 5_000},
            {"bf": {"_area": []}},
            {"was": "phone-of-siti"},
            {"why": "x" * 100_000},
            {"v": {}},
            {"v": {"_area": "62.02.01.9999"}},
            {"v": {"_area": [VILLAGE]}},
            {"v": {"_area": VILLAGE, "_deleted": {"x": 1}, "_verified": 7, "_same_as/": True}},
            {"v": {"_area": VILLAGE, "titik": {"lat": 1e308, "lon": "x"}, "ukuran": [1], "foto_utama/x": 1}},
            {"v": {"_area": VILLAGE, "nik_pengurus": {"#": 7}, "catatan": {"$": {"$": 1}}}},
            {"v": {"_area": VILLAGE, "\u0000": None, "=cmd": "=cmd", "a/b/c/d/e": True}},
            {"v": {f"f{number}": number for number in range(3_000)}},
        )
    ),
]


@pytest.mark.parametrize("header", HEADERS, ids=range(len(HEADERS)))
def test_an_absurd_header_is_answered_calmly(
    house: House, handset: Callable[..., Handset], header: bytes
) -> None:
    answer = house.sync(handset("Siti").token, header + b"\n")

    assert answer.status_code < 500, answer.text
    assert_is_well(house)


@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
def test_an_absurd_line_is_kept_and_breaks_nothing(
    house: House, handset: Callable[..., Handset], line: bytes
) -> None:
    token = handset("Siti").token
    secret = line.startswith(b'{"of":')
    id = json.loads(line)["omitted"] if b'"omitted"' in line else revision_id("", line)
    header = HEADER if secret else HEADER | {"n": 1, "last": id}

    answer = house.sync(token, json.dumps(header).encode() + b"\n" + line + b"\n")

    assert answer.status_code == 200, answer.text
    with house.server.store.read() as unit:
        assert secret or unit.log.get(id) is not None
    for path in ("/v1/records", "/v1/conflicts", "/v1/records/r1", "/v1/records/r1/log"):
        assert house.get(path, token).status_code in (200, 404)
    assert_is_well(house)


@pytest.mark.parametrize("seq", [-(2**63), -1, 2**53, 2**63 - 1, 2**64])
def test_a_line_after_an_absurd_number_is_answered_calmly(
    house: House, handset: Callable[..., Handset], seq: int
) -> None:
    line = json.dumps(LINE).encode()
    header = HEADER | {"after": [seq, "x"], "n": 1, "last": revision_id("x", line)}

    answer = house.sync(handset("Siti").token, json.dumps(header).encode() + b"\n" + line + b"\n")

    assert answer.status_code < 500, answer.text
    assert house.client.get("/readyz").status_code == 200


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300), encoding=st.sampled_from(["", "gzip"]))
def test_random_bytes_are_never_a_mistake_of_ours(house: House, body: bytes, encoding: str) -> None:
    from server.hub.tokens import token_for

    token = token_for(house.server.token_key, "phone-of-siti")

    assert house.sync(token, body, **{"Content-Encoding": encoding}).status_code < 500
    assert house.client.post("/v1/enrol", data=body).status_code in (400, 403, 429)


def assert_is_well(house: House) -> None:
    assert house.client.get("/readyz").status_code == 200
    assert list(verify(house.server.store, house.server.shelf)) == []
