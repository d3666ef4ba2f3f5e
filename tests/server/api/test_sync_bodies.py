"""A sync body counts only when it arrived whole, and only within its limits."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import msgspec
import pytest

from server.hub.tokens import token_for
from server.settings import Settings
from sync.wire import read_answer
from tests.server.conftest import Handset, House
from tests.server.hub.phones import VILLAGE

Handsets = Callable[..., Handset]
GZIP = {"Content-Encoding": "gzip"}


@pytest.fixture
def small(house: House) -> House:
    """A server with small limits, so that a test need not send megabytes."""
    limits = msgspec.structs.replace(
        house.server.settings, sync_raw_bytes_max=5_000, sync_inflated_bytes_max=20_000
    )
    return House(msgspec.structs.replace(house.server, settings=limits))


def stored(house: House, record: str) -> bool:
    with house.server.store.read() as unit:
        return unit.records.get(record) is not None


def test_a_body_may_come_plain_or_gzipped_and_its_answer_is_gzipped_where_wanted(
    house: House, handset: Handsets
) -> None:
    siti = handset("Siti")
    siti.saves("r1", {"_area": VILLAGE, "catatan": "tanah " * 400})

    plain = house.sync(siti.token, siti.body())
    packed = house.sync(siti.token, gzip.compress(siti.body()), **GZIP, **{"Accept-Encoding": "gzip"})

    assert plain.content_type == "application/x-ndjson"
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert read_answer(plain.data).header.have == siti.tip


@pytest.mark.parametrize("cut", [1, 8, 20])
def test_a_gzip_stream_that_ends_early_stores_nothing(house: House, handset: Handsets, cut: int) -> None:
    siti = handset("Siti")
    siti.saves("r1", {"_area": VILLAGE})

    answer = house.sync(siti.token, gzip.compress(siti.body())[:-cut], **GZIP)

    assert (answer.status_code, answer.json) == (
        400,
        {
            "type": "/problems/body-incomplete",
            "title": "The body did not arrive as it was sent",
            "status": 400,
            "detail": "Nothing of it was stored. Check the own log, declare damaged lines by stubs, "
            "send again.",
            "code": "body-incomplete",
        },
    )
    assert not stored(house, "r1")


def test_a_body_shorter_than_it_announced_stores_nothing(house: House, handset: Handsets) -> None:
    siti = handset("Siti")
    siti.saves("r1", {"_area": VILLAGE})
    body = siti.body()

    answer = house.client.post(
        "/v1/sync",
        data=body,
        headers={"Authorization": f"Bearer {siti.token}"},
        environ_overrides={"CONTENT_LENGTH": str(len(body) + 1)},
    )

    assert (answer.status_code, (answer.json or {})["code"]) == (400, "body-incomplete")
    assert not stored(house, "r1")


def test_bytes_behind_the_gzip_stream_are_not_the_author_s(house: House, handset: Handsets) -> None:
    siti = handset("Siti")

    answer = house.sync(siti.token, gzip.compress(siti.body()) + b"x", **GZIP)

    assert (answer.json or {})["code"] == "body-incomplete"


def test_a_too_large_body_is_told_the_limit(small: House, handset: Handsets) -> None:
    siti = handset("Siti")

    answer = small.sync(siti.token, b"x" * 5_001)

    assert (answer.status_code, (answer.json or {})["code"], (answer.json or {})["max"]) == (
        413,
        "body-too-large",
        5_000,
    )


@pytest.mark.parametrize("cut", [0, 4])
def test_a_bomb_is_cut_and_called_too_large_even_where_it_is_truncated(
    small: House, handset: Handsets, cut: int
) -> None:
    siti = handset("Siti")
    bomb = gzip.compress(b"0" * 1_000_000)
    assert len(bomb) < 5_000

    answer = small.sync(siti.token, bomb[: len(bomb) - cut], **GZIP)

    assert (answer.status_code, (answer.json or {})["max"]) == (413, 20_000)


def test_an_unknown_encoding_is_named(house: House, handset: Handsets) -> None:
    answer = house.sync(handset("Siti").token, b"x", **{"Content-Encoding": "br"})

    assert (answer.status_code, (answer.json or {})["code"]) == (415, "content-encoding-unknown")


@pytest.mark.parametrize("token", [None, "", "phone-of-siti", "phone-of-siti.AAAA", "élan.x"])
def test_without_a_token_of_this_server_nothing_is_read(house: House, token: str | None) -> None:
    answer = house.sync(token, b"{}")

    assert (answer.status_code, (answer.json or {})["code"]) == (401, "not-authenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_revoked_phone_s_saves_are_kept_and_it_gets_nothing(house: House, handset: Handsets) -> None:
    siti = handset("Siti")
    with house.server.store.write() as unit:
        unit.people.revoke(siti.device, now_ms=house.clock_ms)
    siti.saves("r1", {"_area": VILLAGE})

    answer = house.sync(siti.token, siti.body())

    assert answer.status_code == 403
    assert (answer.json or {})["code"] == "device-revoked"
    assert (answer.json or {})["have"] == [1, siti.tip.id]
    with house.server.store.read() as unit:
        assert [row.held for row in unit.log.held()] == ["device-revoked"]


def test_a_phone_that_enrolled_after_the_last_backup_is_recognised(house: House) -> None:
    token = token_for(house.server.token_key, "phone-from-tomorrow")
    header = b'{"v":1,"device":"phone-from-tomorrow"}\n'

    answer = house.sync(token, header)

    assert (answer.status_code, (answer.json or {})["code"]) == (403, "unknown-device")


def test_the_limits_are_those_that_the_protocol_names() -> None:
    assert (Settings().sync_raw_bytes_max, Settings().sync_inflated_bytes_max) == (8 * 2**20, 32 * 2**20)
