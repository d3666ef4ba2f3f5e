"""All pages together, as part of an application."""

from flask import Flask, redirect
from werkzeug.wrappers import Response

from server.console import conflicts, downloads, login, overview, people, photos, records, waiting
from server.console.blueprint import blueprint
from server.console.context import EXTENSION, Context

PAGES = (login, overview, records, conflicts, people, waiting, photos, downloads)
"""The modules whose import puts their pages into the blueprint."""


def add_console(app: Flask, context: Context) -> None:
    """Serve the pages below ``/console/``; the bare address leads there."""
    app.extensions[EXTENSION] = context
    app.register_blueprint(blueprint)
    app.add_url_rule("/", "start", _start)


def _start() -> Response:
    return redirect("/console/")
