"""Photos and documents that a record in scope names."""

from flask import Response

from server.console.blueprint import Refused, blueprint
from server.console.context import here, session
from server.hub.attachments import Found, attachment_for, small_picture
from server.hub.errors import HubError

_NO_DEVICE = ""
_SAFE = {
    # Whatever the bytes are, a browser runs nothing of them.
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-cache",
}


@blueprint.get("/photos/<sha256>/small")
def small(sha256: str) -> Response:
    """A small picture, made here."""
    _found(sha256).file.close()
    try:
        picture = small_picture(here().attachments, sha256)
    except HubError as error:
        raise Refused("console.error.not-found", 404) from error
    return Response(picture, headers=_SAFE, content_type="image/jpeg")


@blueprint.get("/photos/<sha256>")
def photo(sha256: str) -> Response:
    """The file as it came, to be saved and not shown."""
    found = _found(sha256)
    headers = {**_SAFE, "Content-Disposition": f'attachment; filename="{found.row.sha256}"'}
    return Response(found.file, headers=headers, content_type="application/octet-stream")


def _found(sha256: str) -> Found:
    try:
        with here().store.read() as unit:
            return attachment_for(
                unit, here().attachments, sha256, device=_NO_DEVICE, reader=session().reader
            )
    except HubError as error:
        raise Refused("console.error.not-found", 404) from error
