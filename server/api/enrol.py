"""``POST /v1/enrol``: a code becomes a device token."""

import logging

import msgspec
from flask import Blueprint, Response, request

from server.api.bodies import json_answer, json_body
from server.api.context import context
from server.api.operations import Operation, documented
from server.api.schemas import EnrolAnswer, EnrolRequest
from server.hub.enrolment import Newcomer, redeem
from server.hub.errors import HubError

blueprint = Blueprint("enrol", __name__)
_log = logging.getLogger(__name__)


@blueprint.post("/v1/enrol")
@documented(
    Operation(
        summary="Redeem an enrolment code. A second code on one device adds a person.",
        body=EnrolRequest,
        answer=EnrolAnswer,
        needs_token=False,
        problems=("enrolment-code-invalid", "invalid-request", "body-too-large", "slow-down"),
    )
)
def enrol() -> Response:
    """Make a device known and give it its token."""
    here = context()
    now_ms = here.now_ms()
    address = request.remote_addr or ""
    if here.guesses.exhausted(address, now_ms=now_ms):
        raise HubError("slow-down")
    asked = json_body(EnrolRequest())
    newcomer = Newcomer(
        device=asked["device"],
        name=asked["name"],
        public_key=msgspec.json.encode(asked["public_key"]).decode() if asked["public_key"] else "",
        app=asked["app"],
    )
    try:
        with here.store.write() as unit:
            enrolled = redeem(unit, here.shelf, here.token_key, asked["code"], newcomer, now_ms=now_ms)
    except HubError:
        if here.guesses.failed(address, now_ms=now_ms):
            _log.warning("Too many wrong enrolment codes from %s: it must wait a minute.", address)
        raise
    person = enrolled.person
    return json_answer(
        {
            "token": enrolled.token,
            "person": person.id,
            "name": person.name,
            "role": person.role,
            "organisation": person.organisation,
            "scope": enrolled.scope,
            "now": now_ms,
            "server": {
                "name": here.settings.name,
                "url": here.settings.url,
                "key": here.sealing_key.public,
            },
        }
    )
