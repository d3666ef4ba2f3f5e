"""What views need, put together by ``server/app.py``."""

from collections.abc import Callable
from typing import cast

import msgspec
from flask import current_app

from server.api.requests import Requests
from server.attachments.base import AttachmentStore
from server.hub.attachments import Uploads
from server.hub.bundles import Bundles
from server.hub.enrolment import Guesses
from server.hub.figures import FigureCache
from server.hub.forms import FormShelf
from server.hub.sealing import SealingKey
from server.settings import Settings
from server.store.base import Store

EXTENSION = "tapak"


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a running server. ``now_ms`` is the wall clock, ``monotonic_s`` one that measures.

    ``store_bytes``: of the database file, ``None`` where the database is none.
    """

    store: Store
    shelf: FormShelf
    settings: Settings
    token_key: bytes
    guesses: Guesses
    attachments: AttachmentStore
    uploads: Uploads
    bundles: Bundles
    sealing_key: SealingKey
    now_ms: Callable[[], int]
    monotonic_s: Callable[[], float]
    new_request_id: Callable[[], str]
    requests: Requests
    figures: FigureCache
    store_bytes: Callable[[], int | None]
    version: str


def context() -> Context:
    """The parts of the server that answers this request."""
    return cast(Context, current_app.extensions[EXTENSION])
