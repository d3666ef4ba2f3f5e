"""What may be said of a request to whoever runs the server: its route, not what stands in it."""

from flask import g, request

from server.api.openapi import path_of

NO_ROUTE = "other"
"""Label of what no route answers: addresses that strangers make up are not remembered."""


def route_and_method() -> tuple[str, str]:
    """The pattern and the verb of this request, both of a closed set."""
    rule = request.url_rule
    return (path_of(rule), request.method) if rule is not None else (NO_ROUTE, NO_ROUTE)


def began(at_s: float, request_id: str) -> None:
    """Note when this request began, and under which id the log speaks of it."""
    g.began_s = at_s
    g.request_id = request_id


def seconds_until(at_s: float) -> float:
    """How long this request has taken."""
    began_s: float = g.get("began_s", at_s)
    return max(0.0, at_s - began_s)
