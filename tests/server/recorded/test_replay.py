"""A server understands every client that was released: what it once answered, it answers still."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from field_client.settings import APP_VERSION
from tests.server.recorded.recording import (
    KEPT_OF_ANSWERS,
    Exchange,
    meaning,
    plain,
    read,
    recordings,
)
from tests.server.recorded.setting import application, do, opened


class Replay:
    """Sends a recording again; the addresses of uploads are today's."""

    def __init__(self, folder: Path) -> None:
        self.now_ms = 0
        self.server = opened(folder)
        self.client = application(self.server, lambda: self.now_ms).test_client()
        self.moved: dict[str, str] = {}

    def sends(self, exchange: Exchange) -> Exchange:
        """The same request, and what it is answered now."""
        self.now_ms = exchange.now_ms
        for deed in exchange.before:
            do(self.server, deed, now_ms=self.now_ms)
        answer = self.client.open(
            self.moved.get(exchange.path, exchange.path),
            method=exchange.method,
            headers=exchange.headers,
            data=exchange.body,
        )
        headers = {name.lower(): value for name, value in answer.headers.items()}
        if "location" in exchange.answer_headers and "location" in headers:
            self.moved[_path(exchange.answer_headers["location"])] = _path(headers["location"])
        return msgspec.structs.replace(
            exchange,
            status=answer.status_code,
            answer_headers={name: headers[name] for name in KEPT_OF_ANSWERS if name in headers},
            answer=plain(answer.data, headers.get("content-encoding", "")),
        )


def _path(address: str) -> str:
    return "/" + address.split("//")[-1].partition("/")[2] if "//" in address else address


@pytest.mark.parametrize("recording", recordings(), ids=lambda path: path.stem)
def test_what_a_released_client_sends_is_answered_as_it_was(recording: Path, tmp_path: Path) -> None:
    replay = Replay(tmp_path / "server")
    for number, exchange in enumerate(read(recording), start=1):
        where = f"{recording.name}, line {number}: {exchange.method} {exchange.path}"
        again = replay.sends(exchange)
        assert again.status == exchange.status, (where, again.answer)
        then, now = meaning(exchange), meaning(again)
        gone = set(then.pop("keys")) - set(now.pop("keys"))
        assert not gone, (where, gone)
        assert now == then, where
    replay.server.close()


@pytest.mark.parametrize("recording", recordings(), ids=lambda path: path.stem)
def test_a_recording_has_every_kind_of_request(recording: Path) -> None:
    exchanges = read(recording)
    asked = {(one.method, "/".join(one.path.split("/")[:3])) for one in exchanges}
    synced = [meaning(one) for one in exchanges if one.path == "/v1/sync" and one.status == 200]

    assert asked >= {
        ("POST", "/v1/enrol"),
        ("POST", "/v1/sync"),
        ("POST", "/v1/attachments"),
        ("PATCH", "/v1/attachments"),
        ("GET", "/v1/forms"),
        ("GET", "/v1/areas"),
    }
    assert [meaning(one)["told"]["code"] for one in exchanges if one.status == 403] == ["device-revoked"]
    assert any("header.carried" in one["keys"] for one in synced)
    assert any(one["fork"] for one in synced)
    assert any(one["held"] for one in synced)
    assert any(one["wanted"]["files"] for one in synced)
    assert any(opened for one in synced for _, opened in one["opened"])


def test_this_version_is_recorded() -> None:
    assert f"{APP_VERSION}.ndjson" in {path.name for path in recordings()}, (
        "python -m tests.server.recorded records what this version sends"
    )
