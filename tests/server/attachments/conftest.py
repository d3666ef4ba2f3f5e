"""A phone that uploads, piece by piece, over HTTP."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.server.attachments.pictures import sha256
from tests.server.conftest import Handset, House
from tests.server.conftest import handset as handset
from tests.server.conftest import house as house
from tests.server.hub.phones import VILLAGE

PATCH_TYPE = "application/offset+octet-stream"


@dataclass
class Sender:
    """Speaks tus for one phone."""

    house: House
    phone: Handset

    def asks(self, verb: str, path: str, data: bytes = b"", **headers: str) -> TestResponse:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Authorization": f"Bearer {self.phone.token}", "Tus-Resumable": "1.0.0", **sent}
        return self.house.client.open(path, method=verb, data=data, headers=sent)

    def begins(self, data: bytes, **headers: str) -> TestResponse:
        name = b64encode(sha256(data).encode()).decode()
        asked = {
            "Upload_Length": str(len(data)),
            "Upload_Metadata": f"filename Li4vLi4vZXZpbA==,sha256 {name}",
        }
        return self.asks("POST", "/v1/attachments", **{**asked, **headers})

    def sends(self, url: str, piece: bytes, *, offset: int, **headers: str) -> TestResponse:
        asked = {"Upload_Offset": str(offset), "Content_Type": PATCH_TYPE}
        return self.asks("PATCH", url, piece, **{**asked, **headers})

    def brings(self, data: bytes, *, piece_bytes: int = 100_000) -> str:
        """A whole upload; its SHA-256."""
        began = self.begins(data)
        assert began.status_code == 201, began.text
        offset = int(began.headers["Upload-Offset"])
        while offset < len(data):
            answer = self.sends(began.headers["Location"], data[offset : offset + piece_bytes], offset=offset)
            assert answer.status_code == 204, answer.text
            offset = int(answer.headers["Upload-Offset"])
        return sha256(data)

    def names(self, data: bytes, *, record: str = "r1", field: str = "foto", **options: Any) -> str:
        """A line that names the file."""
        values = {
            "_area": VILLAGE,
            f"{field}/{sha256(data)}": {"bytes": len(data), "type": "image/jpeg"},
        }
        return self.phone.saves(record, values, **options)

    def gets(self, path: str) -> TestResponse:
        return self.house.get(path, self.phone.token)


def checksum(piece: bytes, algorithm: str = "sha1") -> str:
    return f"{algorithm} {b64encode(hashlib.new(algorithm, piece).digest()).decode()}"


@pytest.fixture
def sender(house: House, handset: Callable[..., Handset]) -> Callable[..., Sender]:
    """``sender("Siti", role=…)``."""
    return lambda name, **options: Sender(house, handset(name, **options))
