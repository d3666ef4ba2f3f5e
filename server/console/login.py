"""Logging in and out."""

from flask import g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from server.console.blueprint import SESSION_COOKIE, blueprint, over_tls
from server.console.context import here, words
from server.hub.errors import UsageError
from server.hub.sessions import AGE_MAX_MS, TOO_MANY, log_in, log_out


@blueprint.get("/login")
def login() -> str | Response:
    """The form; who is logged in already goes on."""
    if g.console_session is not None:
        return redirect(url_for("console.overview"))
    return render_template("login.html", typed="", message="")


@blueprint.post("/login")
def enter() -> Response:
    """Start a session, always under a new token, and end the one that was."""
    typed = request.form.get("name", "")
    try:
        token = log_in(
            here().store,
            here().passwords,
            here().failures,
            typed,
            request.form.get("password", ""),
            now_ms=here().now_ms(),
            mint=here().mint,
        )
    except UsageError as error:
        page = render_template("login.html", typed=typed, message=words()(error.key))
        return make_response(page, 429 if error.key == TOO_MANY else 403)
    before = request.cookies.get(SESSION_COOKIE)
    if before:
        log_out(here().store, before)
    answer = redirect(url_for("console.overview"), code=303)
    answer.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=AGE_MAX_MS // 1000,
        httponly=True,
        samesite="Lax",
        secure=over_tls(),
        path="/",
    )
    return answer


@blueprint.post("/logout")
def leave() -> Response:
    """End the session here, and forget it in the browser."""
    log_out(here().store, request.cookies.get(SESSION_COOKIE, ""))
    answer = redirect(url_for("console.login"), code=303)
    answer.delete_cookie(SESSION_COOKIE, path="/")
    return answer
