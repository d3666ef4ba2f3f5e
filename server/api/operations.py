"""What the OpenAPI document says of a route, written above its view."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from marshmallow import Schema

View = TypeVar("View", bound=Callable[..., Any])
_ATTRIBUTE = "__operation__"


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One route and verb.

    ``answer``: the schema of its 200, or a text where that is not JSON of ours, then with
    ``content_type``. ``problems``: codes of the catalogue that it may end in. ``body``: a
    schema, or a text for a body that is not JSON. ``token``: whose, as ``TOKENS`` of
    ``server/api/openapi.py`` describes it.
    """

    summary: str
    answer: type[Schema] | str
    content_type: str = "application/json"
    query: type[Schema] | None = None
    body: type[Schema] | str | None = None
    body_type: str = "application/json"
    needs_token: bool = True
    token: str = "device"
    problems: tuple[str, ...] = ()


def documented(operation: Operation) -> Callable[[View], View]:
    """Attach the description to a view."""

    def attach(view: View) -> View:
        setattr(view, _ATTRIBUTE, operation)
        return view

    return attach


def operation_of(view: Callable[..., Any]) -> Operation | None:
    """What is said of a view, if anything."""
    found: Operation | None = getattr(view, _ATTRIBUTE, None)
    return found
