"""Texts, numbers and times as one language writes them."""

from datetime import datetime, tzinfo
from typing import Any

import msgspec

from server.texts import text
from sync.shown import time_text

_ZONES_IN_INDONESIA = {"+07:00": "WIB", "+08:00": "WITA", "+09:00": "WIT"}


class Words(msgspec.Struct, frozen=True):
    """One language in one time zone. Call it with a text's key."""

    language: str
    zone: tzinfo

    def __call__(self, key: str, **values: Any) -> str:
        """The text of a key; numbers among the values are written as the language writes them."""
        shown = {
            name: self.number(value) if isinstance(value, int | float) else value
            for name, value in values.items()
        }
        return text(key, self.language, **shown)

    def number(self, value: float) -> str:
        """``1.250`` in Indonesian, ``1,250`` in English."""
        written = f"{value:,}"
        return written if self.language == "en" else written.translate(str.maketrans(",.", ".,"))

    def moment(self, written_ms: int | None) -> str:
        """``24/11/2026 17.05 WIB``, or that there is none."""
        if written_ms is None:
            return self("console.never")
        moment = datetime.fromisoformat(time_text(written_ms, self.zone))
        offset = moment.isoformat()[-6:]
        if self.language == "en":
            return f"{moment:%Y-%m-%d %H:%M} {offset}"
        return f"{moment:%d/%m/%Y %H.%M} {_ZONES_IN_INDONESIA.get(offset, offset)}"

    def day(self, iso: str | None) -> str:
        """``24/11/2026`` of a local date; anything else as it is."""
        parts = (iso or "").split("-")
        return "/".join(reversed(parts)) if len(parts) == 3 and self.language != "en" else iso or ""

    def iso(self, written_ms: int) -> str:
        """The same moment for programs."""
        return time_text(written_ms, self.zone)

    def share(self, part: int, whole: int) -> str:
        """``39 %`` of a whole; nothing of nothing. Only none is 0 %, and only all is 100 %."""
        if not whole:
            return "–"
        percent = 100 * part / whole
        if 0 < percent < 1:
            shown = "< 1"
        elif 99 < percent < 100:
            shown = "> 99"
        else:
            shown = str(round(percent))
        return f"{shown}%" if self.language == "en" else f"{shown} %"
