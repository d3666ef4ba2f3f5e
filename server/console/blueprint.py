"""The blueprint of all pages: who may enter, in which language, and what every answer carries."""

import logging
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from server import logs
from server.console.context import here, session, words
from server.console.words import Words
from server.hub.errors import HubError, UsageError
from server.hub.sessions import is_of_session, session_of
from server.store.base import StoreError
from server.texts import LANGUAGES

SESSION_COOKIE = "tapak_session"
LANGUAGE_COOKIE = "tapak_language"
LANGUAGE_MAX_AGE_S = 365 * 86_400
WITHOUT_SESSION = frozenset({"console.login", "console.enter", "console.static"})

POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}

blueprint = Blueprint(
    "console",
    __name__,
    url_prefix="/console",
    template_folder="templates",
    static_folder="static",
    static_url_path="/static",
)
_log = logging.getLogger(__name__)


@blueprint.before_request
def admit() -> AnyResponse | None:
    """Find the session; without one only the login is open. A form must be of this session."""
    g.console_words = Words(_language(), here().zone)
    g.console_session = None
    if request.endpoint == "console.static":
        return None
    if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "none") not in (
        "same-origin",
        "none",
    ):
        raise Refused("console.error.foreign-form", 403)
    token = request.cookies.get(SESSION_COOKIE, "")
    g.console_session = session_of(here().store, token, now_ms=here().now_ms()) if token else None
    if request.endpoint in WITHOUT_SESSION:
        return None
    if g.console_session is None:
        return redirect(url_for("console.login"))
    if request.method == "POST" and not is_of_session(session(), request.form.get("csrf", "")):
        raise Refused("console.error.foreign-form", 403)
    return None


@blueprint.after_request
def protect(response: Response) -> Response:
    """Headers of every page; the language that was asked for is remembered."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    asked = request.args.get("lang")
    if asked in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE,
            asked,
            max_age=LANGUAGE_MAX_AGE_S,
            samesite="Lax",
            httponly=True,
            secure=over_tls(),
        )
    return response


@blueprint.context_processor
def common() -> dict[str, Any]:
    """What every template may use."""
    return {
        "t": words(),
        "language": words().language,
        "session": g.console_session,
        "settings": here().settings,
        "csrf": _csrf_field,
        "other_language": _here_in_the_other_language(),
    }


class Refused(Exception):
    """A page that cannot be given; the text says why and what to do."""

    def __init__(self, key: str, status: int, **values: Any) -> None:
        super().__init__(key)
        self.key, self.status, self.values = key, status, values


@blueprint.errorhandler(Refused)
def refused(error: Refused) -> tuple[str, int]:
    """Say why."""
    return render_template("failure.html", message=words()(error.key, **error.values)), error.status


@blueprint.errorhandler(UsageError)
def usage(error: UsageError) -> tuple[str, int]:
    """What cannot be done, in the words of the command line."""
    return render_template("failure.html", message=words()(error.key, **error.values)), 409


@blueprint.errorhandler(StoreError)
def store(error: StoreError) -> tuple[str, int]:
    """Nothing of the request was kept."""
    logs.store_failed(_log, error, g.get("request_id", ""))
    return render_template("failure.html", message=words()("console.error.store")), 503


@blueprint.errorhandler(HubError)
@blueprint.errorhandler(HTTPException)
def http(error: Exception) -> tuple[str, int]:
    """A page that is not there, or not for this person."""
    status = error.code if isinstance(error, HTTPException) and isinstance(error.code, int) else 404
    key = "console.error.not-found" if status == 404 else "console.error.not-readable"
    return render_template("failure.html", message=words()(key)), status


@blueprint.errorhandler(Exception)
def unforeseen(error: Exception) -> tuple[str, int]:
    """The operator finds it in the log."""
    logs.unforeseen(_log, error, g.get("request_id", ""))
    return render_template("failure.html", message=words()("console.error.unforeseen")), 500


def over_tls() -> bool:
    """Whether cookies must never travel in the open."""
    return here().settings.url.startswith("https://") or request.is_secure


def _csrf_field() -> Markup:
    """The hidden field that makes a form one of this session."""
    return Markup('<input type="hidden" name="csrf" value="{}">').format(session().csrf)


def _language() -> str:
    for asked in (request.args.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if asked in LANGUAGES:
            return str(asked)
    return here().settings.language


def _here_in_the_other_language() -> str:
    """The address of this page with the other language; of the overview for what cannot be asked twice."""
    other = "id" if words().language == "en" else "en"
    if request.method != "GET":
        return url_for("console.overview", lang=other)
    return f"{request.path}?{urlencode({**request.args, 'lang': other})}"
