"""The OpenAPI document, from the routes that are there and what stands above their views."""

import re
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Blueprint, Flask, Response, current_app
from marshmallow import Schema
from werkzeug.routing import Rule

from server.api.bodies import json_answer
from server.api.operations import Operation, documented, operation_of
from server.api.schemas import ProblemAnswer
from server.problems import CONTENT_TYPE, PROBLEMS

blueprint = Blueprint("openapi", __name__)
TOKENS = {
    "device": "The token of an enrolled device.",
    "metrics": "The setting `metrics_token`.",
}
"""Tokens that a route may need."""

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@blueprint.get("/v1/openapi.json")
@documented(Operation(summary="This document.", answer="An OpenAPI 3.1 document.", needs_token=False))
def openapi() -> Response:
    """Give the document."""
    return json_answer(document_of(current_app))


def document_of(app: Flask) -> dict[str, Any]:
    """The document of every route of ``app`` that describes itself."""
    spec = APISpec(
        title="Tapak",
        version="1.0.0",
        openapi_version="3.1.0",
        info={"description": "Offline-first field survey: what devices and programs ask of a server."},
        plugins=[MarshmallowPlugin()],
    )
    for name, about in TOKENS.items():
        spec.components.security_scheme(name, {"type": "http", "scheme": "bearer", "description": about})
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        operation = operation_of(app.view_functions[rule.endpoint])
        if operation is not None:
            verbs = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
            described = {verb.lower(): _described(rule, operation) for verb in verbs}
            spec.path(path=path_of(rule), operations=described)
    document: dict[str, Any] = spec.to_dict()
    return document


def path_of(rule: Rule) -> str:
    """``/v1/records/{record}`` of a route."""
    return _PARAMETER.sub(r"{\1}", rule.rule)


def _described(rule: Rule, operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": rule.endpoint.replace(".", "_"),
        "parameters": _parameters(rule, operation),
        "responses": {"200": _answer(operation), **_problems(operation)},
        "security": [{operation.token: []}] if operation.needs_token else [],
    }
    if operation.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {operation.body_type: {"schema": _schema(operation.body)}},
        }
    return described


def _parameters(rule: Rule, operation: Operation) -> list[Any]:
    in_path = [
        {"in": "path", "name": name, "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(rule.rule)
    ]
    return [*in_path, *([{"in": "query", "schema": operation.query}] if operation.query else [])]


def _answer(operation: Operation) -> dict[str, Any]:
    text = operation.answer if isinstance(operation.answer, str) else "Done."
    return {"description": text, "content": {operation.content_type: {"schema": _schema(operation.answer)}}}


def _problems(operation: Operation) -> dict[str, Any]:
    codes: dict[int, list[str]] = {}
    for code in operation.problems:
        codes.setdefault(PROBLEMS[code].status, []).append(code)
    return {
        str(status): {
            "description": ", ".join(f"`{code}`" for code in sorted(names)),
            "content": {CONTENT_TYPE: {"schema": ProblemAnswer}},
        }
        for status, names in sorted(codes.items())
    }


def _schema(shape: type[Schema] | str) -> Any:
    """A schema, or for a body that is not JSON of ours a described text."""
    return {"type": "string", "description": shape} if isinstance(shape, str) else shape
