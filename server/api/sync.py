"""``POST /v1/sync``: newline-delimited JSON both ways."""

from flask import Blueprint, Response

from server.api.auth import asking_device
from server.api.bodies import NDJSON, sync_body
from server.api.context import context
from server.api.operations import Operation, documented
from server.hub.exchange import exchange

blueprint = Blueprint("sync", __name__)

REQUEST = (
    'A header line `{"v":1,"device","app","after":[s,id],"tip":[s,id],"n","last","feeds":{regency: cursor},'
    '"limit":{"rows"},"now","left","carried":[sha256],"key"}`, then secret lines that the server '
    "wanted, then `n` raw revision lines in log order, contiguous after `after`, each followed by its "
    "secret line if it has one. `last` is "
    "the id of the last revision line. The body may be gzipped; it counts only when it arrived whole."
)
ANSWER = (
    'A header line `{"server","have":[s,id],"known","durable","fork","held":[{"id","why"}],"now","scope",'
    '"forms","wanted":{"files","secrets","lines"},"key","carried":{sha256: state}}`, one line a changed '
    'record `{"f","r","k","areas","L","X"}` or `{"f","r","gone":1}`, and the end line '
    '`{"end":{regency:{"cursor","more","reset","sum"}}}`. Without the end line only `have` and `known` count.'
)


@blueprint.post("/v1/sync")
@documented(
    Operation(
        summary="Bring the own log, and get what changed in scope. Safe to repeat.",
        body=REQUEST,
        body_type=NDJSON,
        answer=ANSWER,
        content_type=NDJSON,
        problems=(
            "not-authenticated",
            "device-revoked",
            "unknown-device",
            "body-incomplete",
            "header-malformed",
            "body-too-large",
            "line-too-large",
            "content-encoding-unknown",
            "store-unavailable",
            "storage-full",
        ),
    )
)
def sync() -> Response:
    """Take in a body and answer it."""
    here = context()
    device = asking_device()
    body = sync_body()
    answer = exchange(here.store, here.shelf, device, body, now_ms=here.now_ms(), key=here.sealing_key)
    return Response(answer, content_type=NDJSON)
