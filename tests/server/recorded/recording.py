"""A recording: one line of JSON for each request and what it was answered, in their order."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

FOLDER = Path(__file__).parent
NOT_KEPT = {"HTTP_HOST", "HTTP_CONNECTION"}
KEPT_OF_ANSWERS = ("content-type", "location", "upload-offset", "upload-length", "tus-resumable")


class Exchange(msgspec.Struct, frozen=True):
    """A request, and the answer that its client understood.

    ``before``: what the office did since the last one, as ``do`` in ``setting.py`` takes it.
    """

    now_ms: int
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int
    answer_headers: dict[str, str]
    answer: bytes
    before: list[tuple[str, str]] = []


def write(path: Path, exchanges: Iterable[Exchange]) -> None:
    path.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in exchanges))


def read(path: Path) -> list[Exchange]:
    return [msgspec.json.decode(line, type=Exchange) for line in path.read_bytes().splitlines()]


def recordings() -> list[Path]:
    return sorted(FOLDER.glob("*.ndjson"))


class Recorder:
    """WSGI around WSGI: notes what goes in and comes out."""

    def __init__(self, app: Callable[..., Iterable[bytes]], now_ms: Callable[[], int]) -> None:
        self.app, self.now_ms = app, now_ms
        self.exchanges: list[Exchange] = []
        self.before: list[tuple[str, str]] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        told: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            told[:] = [int(status[:3]), {name.lower(): value for name, value in headers}]
            return start_response(status, headers, *rest)

        chunks = self.app(environ, start)
        answer = b"".join(chunks)
        if hasattr(chunks, "close"):
            chunks.close()
        status, headers = told
        query = f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""
        self.exchanges.append(
            Exchange(
                now_ms=self.now_ms(),
                method=environ["REQUEST_METHOD"],
                path=environ["PATH_INFO"] + query,
                headers=_headers(environ),
                body=body,
                status=status,
                answer_headers={name: headers[name] for name in KEPT_OF_ANSWERS if name in headers},
                answer=plain(answer, headers.get("content-encoding", "")),
                before=self.before,
            )
        )
        self.before = []
        return [answer]


def plain(answer: bytes, encoding: str) -> bytes:
    """A body without its packing."""
    return gzip.decompress(answer) if encoding == "gzip" and answer else answer


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    kept = {
        name.removeprefix("HTTP_").replace("_", "-").title(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") and name not in NOT_KEPT
    }
    content_type = environ.get("CONTENT_TYPE")
    return {**kept, "Content-Type": content_type} if content_type else kept


def meaning(exchange: Exchange) -> dict[str, Any]:
    """What a client takes from an answer; keys that it may find are there as ``keys``."""
    answer = exchange.answer
    if exchange.path == "/v1/sync" and exchange.status == 200:
        return _of_sync([json.loads(line) for line in answer.splitlines()])
    if exchange.answer_headers.get("content-type") in ("application/json", "application/problem+json"):
        value = json.loads(answer)
        told = {name: value[name] for name in ("person", "scope", "code", "have") if name in value}
        return {"told": told, "keys": sorted(_keys(value))}
    told = {name: value for name, value in exchange.answer_headers.items() if name != "location"}
    return {"told": told, "has_location": "location" in exchange.answer_headers, "keys": []}


def _of_sync(lines: list[dict[str, Any]]) -> dict[str, Any]:
    header, *rows, end = lines
    return {
        "have": header["have"],
        "durable": header.get("durable"),
        "fork": header.get("fork", False),
        "held": sorted((one["id"], one["why"]) for one in header.get("held", [])),
        "wanted": header.get("wanted", {}),
        "carried": header.get("carried", {}),
        "records": sorted((row["f"], row["r"], bool(row.get("gone"))) for row in rows),
        "heads": sorted((row["r"], head[0], head[6]) for row in rows for head in row.get("L", [])),
        "opened": sorted((row["r"], sorted(row.get("X", {}))) for row in rows),
        "more": {feed: told.get("more", False) for feed, told in end["end"].items()},
        "keys": sorted({f"header.{key}" for key in header} | {f"row.{key}" for row in rows for key in row}),
    }


def _keys(value: Any, path: str = "") -> set[str]:
    """Every key of a JSON value by its path; the members of an array share one."""
    if isinstance(value, dict):
        own = {f"{path}.{key}" for key in value}
        return own.union(*(_keys(member, f"{path}.{key}") for key, member in value.items()))
    if isinstance(value, list):
        return set().union(*(_keys(member, f"{path}[]") for member in value))
    return set()
