"""Photos and documents, for whoever may see what names them.

A browser never shows one from here: it is saved as a file, under its SHA-256, with a type
that its own bytes prove.
"""

from flask import Blueprint, Response, request
from werkzeug.wsgi import wrap_file

from server.api.auth import asking_device, asking_reader
from server.api.context import context
from server.api.operations import Operation, documented
from server.hub.attachments import Found, attachment_for, small_picture

_PROBLEMS = ("not-authenticated", "device-revoked", "unknown-device", "not-found")
_SAFE = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    # The same bytes for ever; but who may see them can change.
    "Cache-Control": "private, no-cache",
}

blueprint = Blueprint("attachments", __name__)


@blueprint.get("/v1/attachments/<sha256>")
@documented(
    Operation(
        summary="A photo or document that a merged record in scope, or a line of one's own, names.",
        answer="The bytes as they came.",
        content_type="application/octet-stream",
        problems=_PROBLEMS,
    )
)
def attachment(sha256: str) -> Response:
    """Give a file."""
    found = _found(sha256)
    headers = {
        **_SAFE,
        "Content-Disposition": f'attachment; filename="{found.row.sha256}"',
        "Content-Length": str(found.row.bytes),
        "ETag": f'"{found.row.sha256}"',
    }
    return Response(
        wrap_file(request.environ, found.file),
        headers=headers,
        content_type=found.row.type,
        direct_passthrough=True,
    )


@blueprint.get("/v1/attachments/<sha256>/thumbnail")
@documented(
    Operation(
        summary="A small JPEG of a photo, made when first asked for.",
        answer="At most 320 pixels a side.",
        content_type="image/jpeg",
        problems=(*_PROBLEMS, "attachments-full"),
    )
)
def thumbnail(sha256: str) -> Response:
    """Give a small picture; what is no picture has none."""
    found = _found(sha256)
    found.file.close()
    picture = small_picture(context().attachments, found.row.sha256)
    return Response(picture, headers=_SAFE, content_type="image/jpeg")


def _found(sha256: str) -> Found:
    here = context()
    with here.store.read() as unit:
        reader = asking_reader(unit)
        return attachment_for(unit, here.attachments, sha256, device=asking_device(), reader=reader)
