"""Every problem that the server can answer with (RFC 9457), each with a stable code.

``docs/reference/problems.md`` is written from this table.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from flask import Response

CONTENT_TYPE = "application/problem+json"


class Problem(msgspec.Struct, frozen=True):
    """An entry of the catalogue. ``detail`` makes the text from named details."""

    code: str
    status: int
    title: str
    detail: Callable[[Mapping[str, Any]], str]


def _says(text: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda details: text.format_map(details)


_ALL = (
    Problem(
        "not-authenticated",
        401,
        "No valid device token",
        _says("Send the token of an enrolled device: 'Authorization: Bearer <token>'. Enrol again if lost."),
    ),
    Problem(
        "device-revoked",
        403,
        "This device was revoked",
        _says(
            "What it sent is stored and held. Keep its log and ask a coordinator for a new enrolment code."
        ),
    ),
    Problem(
        "unknown-device",
        403,
        "This device is not known here",
        _says("What it sent is stored and held until an admin confirms the device or it enrols again."),
    ),
    Problem(
        "enrolment-code-invalid",
        403,
        "This enrolment code cannot be used",
        _says("It was used, has expired or was never issued. Ask a coordinator for a new one."),
    ),
    Problem(
        "not-found",
        404,
        "Not found",
        _says("There is nothing at this address, or not for this device."),
    ),
    Problem("method-not-allowed", 405, "Not possible here", _says("This address does not take this method.")),
    Problem(
        "body-incomplete",
        400,
        "The body did not arrive as it was sent",
        _says("Nothing of it was stored. Check the own log, declare damaged lines by stubs, send again."),
    ),
    Problem(
        "header-malformed",
        400,
        "The first line is no sync header",
        _says("Nothing of the body was stored: {reason}."),
    ),
    Problem(
        "invalid-request",
        400,
        "The request cannot be read",
        _says("The field 'errors' names each part that is wrong."),
    ),
    Problem(
        "body-too-large",
        413,
        "The body is too large",
        _says("Bodies may have {max} bytes here. Send less at once."),
    ),
    Problem(
        "bundle-malformed",
        400,
        "This is no file of carried work",
        _says("Its first line is none of ours: {reason}. Nothing of it was taken in; keep the file."),
    ),
    Problem(
        "bundle-too-large",
        413,
        "The file of carried work is too large",
        _says("More than {max} bytes or lines come out of it. Nothing of it was taken in; keep the file."),
    ),
    Problem("line-too-large", 413, "A line is too large", _says("A line may have {max} bytes here.")),
    Problem(
        "upload-offset-wrong",
        409,
        "The piece does not begin where the upload ends",
        _says("The field 'offset' says how many bytes the server has. Go on from there."),
    ),
    Problem(
        "tus-version-unknown",
        412,
        "The upload protocol is not known here",
        _says("Send 'Tus-Resumable: 1.0.0'."),
    ),
    Problem(
        "content-type-wrong",
        415,
        "The content type does not belong here",
        _says(
            "Send a piece of an upload as 'application/offset+octet-stream', "
            "a file of carried work as 'application/vnd.tapak'."
        ),
    ),
    Problem(
        "checksum-mismatch",
        460,
        "The piece did not arrive as it was sent",
        _says("Nothing of it was kept. Send it again."),
    ),
    Problem(
        "attachment-altered",
        460,
        "The file is not the one that was announced",
        _says("Its bytes do not give the SHA-256 of its name. Nothing of it was kept. Begin again."),
    ),
    Problem(
        "content-encoding-unknown",
        415,
        "The content encoding is not known here",
        _says("Send the body as it is, or with 'Content-Encoding: gzip'."),
    ),
    Problem("wrong-server", 421, "Another server is in charge", _says("Send the same request to {url}.")),
    Problem(
        "protocol-too-old",
        426,
        "The app is too old to receive",
        _says("What it sent is stored. Update the app to receive again."),
    ),
    Problem(
        "slow-down", 429, "Too many attempts", _says("Wait for the time in 'Retry-After', then try again.")
    ),
    Problem(
        "internal-error",
        500,
        "The server made a mistake",
        _says("The operator finds it in the log. Try again later; nothing on the device is lost."),
    ),
    Problem(
        "store-unavailable",
        503,
        "The server cannot store now",
        _says("Nothing of this request was kept. Try again after the time in 'Retry-After'."),
    ),
    Problem(
        "storage-full",
        507,
        "The server has no room left",
        _says("Nothing of this request was kept. Try again after the time in 'Retry-After'."),
    ),
    Problem(
        "attachments-full",
        507,
        "The server has no room left for photos",
        _says(
            "Text is still taken; what is left of the disk is kept for it. Keep the file and try "
            "again after the time in 'Retry-After'."
        ),
    ),
)

PROBLEMS = {problem.code: problem for problem in _ALL}


def body_of(code: str, details: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON of a problem; details stand beside the standard members."""
    problem = PROBLEMS[code]
    standard = {
        "type": f"/problems/{code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail(details),
        "code": code,
    }
    return {**details, **standard}


def response(
    code: str, details: Mapping[str, Any] | None = None, *, retry_after_s: int | None = None
) -> Response:
    """The answer to a request that ends in a problem."""
    answer = Response(
        msgspec.json.encode(body_of(code, details or {})),
        status=PROBLEMS[code].status,
        content_type=CONTENT_TYPE,
    )
    if retry_after_s is not None:
        answer.headers["Retry-After"] = str(retry_after_s)
    if PROBLEMS[code].status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer
