"""Bodies: read whole and within their limits or not at all; answers gzipped where wanted."""

import gzip
import zlib
from collections.abc import Mapping
from typing import Any

import msgspec
from flask import Response, request
from marshmallow import Schema, ValidationError

from server.api.context import context
from server.hub.errors import HubError

NDJSON = "application/x-ndjson"

ANSWER_BYTES_MIN = 1024
"""Answers below this size are not worth compressing."""

# zlib: 16 + 15 = gzip wrapper with the largest window.
_GZIP = 31


def sync_body() -> bytes:
    """The inflated body of ``POST /v1/sync``.

    Raises HubError ``body-incomplete`` where the connection or the gzip stream ended early,
    ``body-too-large`` with the limit that was passed.
    """
    settings = context().settings
    raw = whole_body(settings.sync_raw_bytes_max)
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return raw
    if encoding != "gzip":
        raise HubError("content-encoding-unknown")
    return inflated(raw, settings.sync_inflated_bytes_max)


def inflated(raw: bytes, bytes_max: int) -> bytes:
    """What a gzip stream holds, if that is at most ``bytes_max``.

    The size is judged before the end of the stream is: a bomb is cut, not called incomplete.
    """
    inflater = zlib.decompressobj(_GZIP)
    try:
        body = inflater.decompress(raw, bytes_max + 1)
    except zlib.error as error:
        raise HubError("body-incomplete") from error
    if len(body) > bytes_max:
        raise HubError("body-too-large", max=bytes_max)
    if not inflater.eof or inflater.unused_data:
        raise HubError("body-incomplete")
    return body


def json_body(schema: Schema) -> dict[str, Any]:
    """The JSON body as its schema reads it. Raises HubError ``invalid-request``."""
    raw = whole_body(context().settings.json_bytes_max)
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise HubError("invalid-request", errors={"body": ["Not valid JSON."]}) from error
    return loaded(schema, value)


def query(schema: Schema) -> dict[str, Any]:
    """The query parameters as their schema reads them. Raises HubError ``invalid-request``."""
    return loaded(schema, request.args.to_dict())


def loaded(schema: Schema, value: Any) -> dict[str, Any]:
    """A value as its schema reads it. Raises HubError ``invalid-request``, which names each error."""
    try:
        found: dict[str, Any] = schema.load(value)
    except ValidationError as error:
        raise HubError("invalid-request", errors=error.messages) from error
    return found


def json_answer(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON."""
    return Response(
        msgspec.json.encode(value), status=status, content_type="application/json", headers=headers
    )


def finish(response: Response) -> Response:
    """The answer as it leaves: kept by no cache unless its view says so, gzipped where that saves."""
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if response.direct_passthrough or response.is_streamed or response.headers.get("Content-Encoding"):
        return response
    response.vary.add("Accept-Encoding")
    data = response.get_data()
    if len(data) >= ANSWER_BYTES_MIN and request.accept_encodings["gzip"] > 0:
        response.set_data(gzip.compress(data, context().settings.answer_gzip_level, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response


def whole_body(bytes_max: int) -> bytes:
    """The bytes as they arrived: all that the request announced, and not more than allowed."""
    announced = request.content_length
    if announced is not None and announced > bytes_max:
        raise HubError("body-too-large", max=bytes_max)
    raw = request.stream.read(bytes_max + 1)
    if len(raw) > bytes_max:
        raise HubError("body-too-large", max=bytes_max)
    if announced is not None and len(raw) != announced:
        raise HubError("body-incomplete")
    return raw
