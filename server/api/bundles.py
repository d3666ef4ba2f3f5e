"""``POST /v1/bundles``: a small file of carried work, in one body. Large ones come as uploads."""

from flask import Blueprint, Response, request

from server.api.auth import asking_device, asking_reader
from server.api.bodies import json_answer, whole_body
from server.api.context import context
from server.api.operations import Operation, documented
from server.api.schemas import BundleAnswer
from server.hub.bundle_report import report_json
from server.hub.errors import HubError

BUNDLE_TYPE = "application/vnd.tapak"

blueprint = Blueprint("bundles", __name__)


@blueprint.post("/v1/bundles")
@documented(
    Operation(
        summary="Take in a file of saved work that this device carried for others. Safe to repeat.",
        body="A `.tapak` file, as long as a body of `POST /v1/sync` may be. A longer one comes as an upload "
        "under `/v1/attachments` with `bundle` in its metadata.",
        body_type=BUNDLE_TYPE,
        answer=BundleAnswer,
        problems=(
            "not-authenticated",
            "device-revoked",
            "unknown-device",
            "body-too-large",
            "body-incomplete",
            "content-type-wrong",
            "bundle-malformed",
            "bundle-too-large",
            "attachments-full",
            "store-unavailable",
        ),
    )
)
def take_in() -> Response:
    """Take a file in and say what became of it."""
    here = context()
    with here.store.read() as unit:
        asking_reader(unit)
    if request.mimetype != BUNDLE_TYPE:
        raise HubError("content-type-wrong")
    file = whole_body(here.settings.sync_raw_bytes_max)
    return json_answer(report_json(here.bundles.deposit([file], device=asking_device())))
