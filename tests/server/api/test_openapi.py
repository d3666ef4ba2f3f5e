"""One document says all that the server answers."""

from __future__ import annotations

from openapi_spec_validator import validate

from server.api.openapi import path_of
from tests.server.conftest import House


def test_every_route_and_verb_is_in_the_document(house: House) -> None:
    document = house.client.get("/v1/openapi.json").json or {}
    routes = {
        (path_of(rule), verb.lower())
        for rule in house.client.application.url_map.iter_rules()
        for verb in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint != "start" and not rule.endpoint.startswith("console.")  # pages, no API
    }

    described = {(path, verb) for path, verbs in document["paths"].items() for verb in verbs}

    assert described == routes


def test_the_document_is_valid(house: House) -> None:
    validate(house.client.get("/v1/openapi.json").json)


def test_every_route_but_enrolment_and_health_needs_a_token(house: House) -> None:
    document = house.client.get("/v1/openapi.json").json or {}

    open_paths = {
        path
        for path, verbs in document["paths"].items()
        if all(not one["security"] for one in verbs.values())
    }

    assert open_paths == {"/v1/enrol", "/healthz", "/readyz", "/v1/openapi.json"}
