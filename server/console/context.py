"""What the pages need, put together by ``server/app.py``, and who asks."""

from collections.abc import Callable
from typing import cast
from zoneinfo import ZoneInfo

import msgspec
from flask import current_app, g

from server.attachments.base import AttachmentStore
from server.console.words import Words
from server.hub.enrolment import Guesses
from server.hub.forms import FormShelf
from server.hub.passwords import Passwords
from server.hub.sessions import Session
from server.settings import Settings
from server.store.base import Store
from server.store.people import PersonRow

EXTENSION = "tapak-console"


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a running server. ``now_ms`` is the wall clock, ``mint`` gives fresh tokens."""

    store: Store
    shelf: FormShelf
    settings: Settings
    attachments: AttachmentStore
    token_key: bytes
    passwords: Passwords
    failures: Guesses
    now_ms: Callable[[], int]
    mint: Callable[[], str]
    choose: Callable[..., str]

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of shown times."""
        return ZoneInfo(self.settings.time_zone)


def here() -> Context:
    """The parts of the server that answers this request."""
    return cast(Context, current_app.extensions[EXTENSION])


def session() -> Session:
    """The session of this request; views that need none never ask."""
    return cast(Session, g.console_session)


def me() -> PersonRow:
    """The person who asks."""
    return session().person


def words() -> Words:
    """The texts of this request's language."""
    return cast(Words, g.console_words)
