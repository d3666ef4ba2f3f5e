"""A line of the log for every request: how it went, never what stood in it."""

import logging

from flask import Flask, Response, g, request

from server.api.asked import route_and_method, seconds_until
from server.api.context import context

_log = logging.getLogger(__name__)
REQUEST_ID = "X-Request-Id"


def log_requests(app: Flask, *, each: bool) -> None:
    """Name the id of a request in answers that are our failure; with ``each``, log all requests."""
    app.after_request(_named)
    if each:
        app.after_request(_logged)


def _named(response: Response) -> Response:
    if response.status_code >= 500:
        response.headers[REQUEST_ID] = g.get("request_id", "")
    return response


def _logged(response: Response) -> Response:
    route, method = route_and_method()
    fields = {
        "request": g.get("request_id", ""),
        "route": route,
        "method": method,
        "status": response.status_code,
        "ms": round(seconds_until(context().monotonic_s()) * 1000),
        "bytes_in": request.content_length or 0,
        "bytes_out": response.content_length if response.is_streamed else response.calculate_content_length(),
        "device": g.get("device"),
    }
    level = logging.ERROR if response.status_code >= 500 else logging.INFO
    _log.log(level, "request", extra={"fields": fields})
    return response
