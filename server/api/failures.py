"""Whatever goes wrong ends as a problem of the catalogue: no traceback, no path, no page of HTML."""

import logging
from typing import Any

from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException

from server import logs, problems
from server.api.context import context
from server.hub.errors import HubError
from server.store.base import StoreError, StoreFull

_log = logging.getLogger(__name__)
_BY_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "body-too-large"}
_WAIT = frozenset({"slow-down", "storage-full", "attachments-full", "store-unavailable"})


def handle_failures(app: Flask) -> None:
    """Register what becomes of every exception that a view lets through."""
    app.register_error_handler(HubError, _known)
    app.register_error_handler(StoreError, _store)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unknown)


def _known(error: HubError) -> Response:
    retry_after_s = context().settings.retry_after_s if error.code in _WAIT else None
    return problems.response(error.code, error.details, retry_after_s=retry_after_s)


def _store(error: StoreError) -> Response:
    logs.store_failed(_log, error, g.get("request_id", ""))
    return _known(HubError("storage-full" if isinstance(error, StoreFull) else "store-unavailable"))


def _http(error: HTTPException) -> Response:
    """What Flask itself refuses, in our words."""
    if error.code is not None and error.code < 400 and error.response is not None:
        return Response(status=error.code)
    code = _BY_STATUS.get(
        error.code or 500, "invalid-request" if (error.code or 500) < 500 else "internal-error"
    )
    details: dict[str, Any] = {}
    if code == "invalid-request":
        details = {"errors": {"request": ["Not readable."]}}
    elif code == "body-too-large":
        details = {"max": context().settings.json_bytes_max}
    answer = problems.response(code, details)
    valid_methods = getattr(error, "valid_methods", None)
    if valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(valid_methods))
    return answer


def _unknown(error: Exception) -> Response:
    logs.unforeseen(_log, error, g.get("request_id", ""))
    return problems.response("internal-error")
