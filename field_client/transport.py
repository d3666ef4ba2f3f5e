"""HTTP, and nothing else in this package knows it: bodies out, answers or problems back.

Time-outs count time without progress, so that a slow link is not a broken one. A body is
never repeated here; whoever calls decides when.
"""

import gzip
import zlib
from collections.abc import Mapping
from typing import Any

import msgspec
import requests
import urllib3

from field_client.settings import APP_VERSION, CONNECT_TIMEOUT_S, PROGRESS_TIMEOUT_S
from sync.wire import CONTENT_TYPE, BadBody

_TIMEOUT = (CONNECT_TIMEOUT_S, PROGRESS_TIMEOUT_S)
_CHUNK_BYTES = 16 * 1024


class NoNetwork(Exception):
    """The server was not reached, or the link broke before anything of an answer came.

    ``reached``: there is a link, but it was too slow or broke: less at once may get through.
    """

    def __init__(self, reason: str, *, reached: bool) -> None:
        super().__init__(reason)
        self.reached = reached


class Problem(Exception):
    """The server answered with a problem (RFC 9457)."""

    def __init__(
        self, status: int, code: str, detail: str, fields: dict[str, Any], retry_after_s: int | None
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.fields = fields
        self.retry_after_s = retry_after_s


class Transport:
    """One server, one device."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._session = requests.Session()
        self._session.headers["User-Agent"] = f"tapak/{APP_VERSION}"
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def exchange(self, body: bytes) -> bytes:
        """The answer to a sync body, or its beginning where the link broke.

        Raises NoNetwork, Problem; as everywhere here BadBody where no server of ours answered.
        """
        headers = {"Content-Type": CONTENT_TYPE, "Content-Encoding": "gzip", "Accept-Encoding": "gzip"}
        return self._send("POST", "/v1/sync", data=gzip.compress(body, mtime=0), headers=headers)

    def tus(
        self, method: str, path: str, *, headers: Mapping[str, str], data: bytes = b""
    ) -> Mapping[str, str]:
        """The headers of the answer to a step of an upload, names in any case.

        Raises NoNetwork, Problem.
        """
        response = self._answered(method, path, data=data, headers={**headers, "Tus-Resumable": "1.0.0"})
        with response:
            if not response.ok:
                raise _problem(response, _received(response, partial=False))
            return response.headers

    def post_json(self, path: str, value: Any) -> Any:
        """The JSON answer to a JSON body. Raises NoNetwork, Problem."""
        headers = {"Content-Type": "application/json"}
        return _json(
            self._send("POST", path, data=msgspec.json.encode(value), headers=headers, partial=False)
        )

    def get(self, path: str) -> bytes:
        """What stands at a path. Raises NoNetwork, Problem."""
        return self._send("GET", path, partial=False)

    def get_json(self, path: str) -> Any:
        """The same, read as JSON."""
        return _json(self.get(path))

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _send(
        self,
        method: str,
        path: str,
        *,
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
        partial: bool = True,
    ) -> bytes:
        response = self._answered(method, path, data=data, headers=headers)
        with response:
            body = _received(response, partial=partial and response.ok)
            if not response.ok:
                raise _problem(response, body)
            return body

    def _answered(
        self, method: str, path: str, *, data: bytes | None, headers: Mapping[str, str] | None
    ) -> requests.Response:
        try:
            return self._session.request(
                method, self.url + path, data=data, headers=headers, timeout=_TIMEOUT, stream=True
            )
        except (requests.RequestException, UnicodeError) as error:
            raise NoNetwork(_reason(error), reached=_reached(error)) from error


def _reached(error: Exception) -> bool:
    """A refused or unanswered connection is no link; a read that ends is one."""
    if isinstance(error, requests.ConnectTimeout):
        return False
    return isinstance(error, requests.ReadTimeout) or "aborted" in str(error).lower()


def _reason(error: BaseException) -> str:
    """The innermost error in few words; requests wraps it in several layers of its own names."""
    inner = getattr(error, "reason", None) or next(
        (argument for argument in error.args if isinstance(argument, BaseException)), error.__cause__
    )
    if isinstance(inner, BaseException) and inner is not error:
        return _reason(inner)
    return getattr(error, "strerror", None) or str(error).rpartition(": ")[2] or type(error).__name__


def _received(response: requests.Response, *, partial: bool) -> bytes:
    """What came; a broken link leaves the beginning, which may still say ``have``."""
    body = bytearray()
    try:
        for chunk in response.iter_content(_CHUNK_BYTES):
            body += chunk
    except (requests.RequestException, urllib3.exceptions.HTTPError, zlib.error, OSError) as error:
        if not partial or b"\n" not in body:
            raise NoNetwork(_reason(error), reached=True) from error
    return bytes(body)


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.MsgspecError as error:
        raise BadBody(f"the answer is no JSON: {error}") from error


def _problem(response: requests.Response, body: bytes) -> Problem | BadBody:
    """A problem of our server, or of a gateway before it; anything else is somebody else's page."""
    ours = response.headers.get("Content-Type", "").startswith(_PROBLEM_TYPE)
    if not ours and response.status_code not in _OF_A_GATEWAY:
        return BadBody(f"{response.status_code} {response.reason or ''}".strip())
    try:
        fields = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        fields = None
    if not isinstance(fields, dict):
        # No body comes with the answer to a HEAD, which asks for one thing that may not be there.
        fields = {"code": "not-found"} if response.status_code == 404 else {}
    return Problem(
        response.status_code,
        str(fields.get("code", "")),
        str(fields.get("detail", response.reason or "")),
        fields,
        _seconds(response.headers.get("Retry-After")),
    )


_PROBLEM_TYPE = "application/problem+json"
_OF_A_GATEWAY = frozenset({413, 429, 500, 502, 503, 504, 507})
"""What a web server before ours says in its own words; a login page comes with other statuses."""


def _seconds(text: str | None) -> int | None:
    return int(text) if text is not None and text.strip().isdecimal() else None
