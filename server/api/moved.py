"""A server whose place another one has taken: devices are sent there, with all that they bring."""

from flask import Flask, request

from server.api.context import context
from server.hub.errors import HubError

PREFIX = "/v1/"
"""What devices ask. Pages stay: an office may still want to read what was here."""


def send_on(app: Flask) -> None:
    """Answer devices ``wrong-server`` with the new address, where the setting ``moved_to`` names one.

    Nothing is taken in: a line that only this server had would be missing where all others are.
    """

    def elsewhere() -> None:
        moved_to = context().settings.moved_to
        if moved_to and request.path.startswith(PREFIX):
            raise HubError("wrong-server", url=moved_to.rstrip("/"))

    app.before_request(elsewhere)
