"""Resumable uploads: tus 1.0.0 under ``/v1/attachments`` (https://tus.io/protocols/resumable-upload).

With the extensions creation, checksum, expiration and termination. An upload carries the
SHA-256 of its file in ``Upload-Metadata``; a file name there is ignored. Offsets count bytes
that are on disk.
"""

import hashlib
from base64 import b64decode
from collections.abc import Mapping
from email.utils import formatdate

from flask import Blueprint, Response, request
from werkzeug.exceptions import ClientDisconnected

from server.api.auth import asking_device, asking_reader
from server.api.context import context
from server.api.operations import Operation, documented
from server.hub.attachments import Progress
from server.hub.errors import HubError
from sync.attachment import is_sha256
from sync.bundle import UPLOAD_MARK

VERSION = "1.0.0"
EXTENSIONS = "creation,checksum,expiration,termination"
CHECKSUMS = ("sha1", "sha256")
CHUNK_TYPE = "application/offset+octet-stream"
_PIECE_BYTES = 64 * 1024
_COMMON = (
    "not-authenticated",
    "device-revoked",
    "unknown-device",
    "tus-version-unknown",
    "invalid-request",
    "store-unavailable",
)

blueprint = Blueprint("tus", __name__)


@blueprint.after_request
def _spoken(response: Response) -> Response:
    """Every answer says which protocol was spoken."""
    response.headers["Tus-Resumable"] = VERSION
    return response


@blueprint.route("/v1/attachments", methods=["OPTIONS"], provide_automatic_options=False)
def abilities() -> Response:
    """Say what this server can do; whoever asks."""
    settings = context().settings
    headers = {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        # Of any upload; a photo that is larger than a photo may be is refused when it begins.
        "Tus-Max-Size": str(max(settings.attachment_bytes_max, settings.bundle_bytes_max)),
        "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
    }
    return Response(status=204, headers=headers)


@blueprint.post("/v1/attachments", provide_automatic_options=False)
@documented(
    Operation(
        summary="Begin the upload of a photo or document (tus 1.0.0, creation).",
        body="Nothing. `Upload-Length`: bytes of the file. `Upload-Metadata`: `sha256` and its 64 hex "
        "digits in base64; `bundle` and `1` in base64 where the file is one of carried work, which is "
        "taken in when it is whole; other keys are ignored.",
        body_type=CHUNK_TYPE,
        answer="201. `Location`: the upload. `Upload-Offset`: bytes that the server has; all of them where "
        "the file is there already.",
        content_type="text/plain",
        problems=(*_COMMON, "body-too-large", "attachments-full", "bundle-malformed", "bundle-too-large"),
    )
)
def create() -> Response:
    """Begin an upload."""
    device = _sender()
    length = _number("Upload-Length")
    if length < 1:
        raise _wrong("Upload-Length", "An attachment has at least one byte.")
    metadata = _metadata()
    is_bundle = metadata.get(UPLOAD_MARK[0]) == UPLOAD_MARK[1]
    progress = context().uploads.begin(device, _sha256(metadata), length, is_bundle=is_bundle)
    answer = _state(progress, status=201)
    answer.headers["Location"] = f"/v1/attachments/uploads/{progress.upload.id}"
    return answer


@blueprint.route("/v1/attachments/uploads/<upload>", methods=["HEAD"])
def offset(upload: str) -> Response:
    """Say how many bytes of an upload are on disk."""
    progress = context().uploads.progress(_sender(), upload)
    answer = _state(progress, status=200)
    answer.headers["Upload-Length"] = str(progress.upload.length)
    return answer


@blueprint.patch("/v1/attachments/uploads/<upload>")
@documented(
    Operation(
        summary="Bring the next piece of an upload. `HEAD` of the same address says where it begins.",
        body="The bytes from `Upload-Offset` on; `Upload-Checksum: sha1 <base64>` or `sha256 <base64>` "
        "proves them. What arrived of a piece without a checksum when the link broke is kept.",
        body_type=CHUNK_TYPE,
        answer="204. `Upload-Offset`: bytes that are on disk. With the last piece the whole file was "
        "compared with its SHA-256.",
        content_type="text/plain",
        problems=(
            *_COMMON,
            "not-found",
            "upload-offset-wrong",
            "body-too-large",
            "content-type-wrong",
            "checksum-mismatch",
            "attachment-altered",
            "attachments-full",
            "bundle-malformed",
            "bundle-too-large",
        ),
    )
)
def append(upload: str) -> Response:
    """Take a piece in."""
    device = _sender()
    if request.mimetype != CHUNK_TYPE:
        raise HubError("content-type-wrong")
    at = _number("Upload-Offset")
    uploads = context().uploads
    uploads.progress(device, upload)
    return _state(uploads.append(device, upload, _piece(), offset=at), status=204)


@blueprint.delete("/v1/attachments/uploads/<upload>")
@documented(
    Operation(
        summary="Give an upload up (tus 1.0.0, termination).",
        answer="204. What came of it is gone.",
        content_type="text/plain",
        problems=(*_COMMON, "not-found"),
    )
)
def terminate(upload: str) -> Response:
    """End an upload."""
    context().uploads.end(_sender(), upload)
    return Response(status=204)


def _sender() -> str:
    """The known device that asks. Raises HubError."""
    with context().store.read() as unit:
        asking_reader(unit)
    if request.headers.get("Tus-Resumable") != VERSION:
        raise HubError("tus-version-unknown")
    return asking_device()


def _state(progress: Progress, *, status: int) -> Response:
    headers = {
        "Upload-Offset": str(progress.offset),
        "Upload-Expires": formatdate(progress.upload.expires_ms / 1000, usegmt=True),
        "Cache-Control": "no-store",
    }
    return Response(status=status, headers=headers)


def _piece() -> bytes:
    """What came of the body. Raises HubError where its checksum is another."""
    bytes_max = context().settings.attachment_chunk_bytes_max
    if (request.content_length or 0) > bytes_max:
        raise HubError("body-too-large", max=bytes_max)
    expected = _checksum()
    piece = bytearray()
    try:
        while len(piece) <= bytes_max and (read := request.stream.read(_PIECE_BYTES)):
            piece += read
    except ClientDisconnected:
        pass  # The link broke: what had come until then is kept, which is what the protocol is for.
    if len(piece) > bytes_max:
        raise HubError("body-too-large", max=bytes_max)
    if expected is not None and hashlib.new(expected[0], piece).digest() != expected[1]:
        raise HubError("checksum-mismatch")
    return bytes(piece)


def _checksum() -> tuple[str, bytes] | None:
    header = request.headers.get("Upload-Checksum")
    if header is None:
        return None
    algorithm, _, text = header.partition(" ")
    if algorithm not in CHECKSUMS:
        raise _wrong("Upload-Checksum", f"Known: {', '.join(CHECKSUMS)}.")
    return algorithm, _decoded(text, "Upload-Checksum")


def _metadata() -> dict[str, str]:
    """The keys of the metadata that count here; of a file's name and type nothing is read."""
    found = {}
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        key, _, value = pair.strip().partition(" ")
        if key in ("sha256", UPLOAD_MARK[0]) and key not in found:
            found[key] = _decoded(value, "Upload-Metadata").decode("latin-1")
    return found


def _sha256(metadata: Mapping[str, str]) -> str:
    sha256 = metadata.get("sha256", "").lower()
    if is_sha256(sha256):
        return sha256
    raise _wrong("Upload-Metadata", "'sha256' with 64 hex digits in base64 is missing.")


def _decoded(text: str, header: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError as error:
        raise _wrong(header, "Not valid base64.") from error


def _number(header: str) -> int:
    text = request.headers.get(header, "")
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise _wrong(header, "A whole number is missing.")
    return int(text)


def _wrong(header: str, why: str) -> HubError:
    return HubError("invalid-request", errors={header: [why]})
