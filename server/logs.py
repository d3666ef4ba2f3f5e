"""What a server writes about itself: for a person, or a JSON object a line for a program.

No text of an exception that nobody foresaw is written, because it may repeat what a person saved:
its type and the places in the code say enough.
"""

import json
import logging
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

OWN = "server"
"""Loggers whose messages name no value. Of all others only the pattern of a message is written."""


def configure(log_format: str) -> None:
    """Send the log of this process to stderr, as ``text`` or ``json``."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if log_format == "json" else TextLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def unforeseen(log: logging.Logger, error: BaseException, request_id: str) -> None:
    """Log a mistake of ours so that the answer's ``X-Request-Id`` leads to it."""
    log.error(
        "Unforeseen %s (request %s)",
        type(error).__name__,
        request_id or "-",
        exc_info=error,
        extra={"fields": {"request": request_id}},
    )


def store_failed(log: logging.Logger, error: Exception, request_id: str) -> None:
    """Log that the store could not do what a request asked; a store's own words hold no value."""
    fields = {"request": request_id}
    log.error("The store failed (request %s): %s", request_id or "-", error, extra={"fields": fields})


class TextLines(logging.Formatter):
    """Lines for a person."""

    def format(self, record: logging.LogRecord) -> str:
        """One record; under it, where an exception came from."""
        head = f"{self.formatTime(record)} {record.levelname} {record.name}: {_message(record)}"
        error = _error_of(record)
        below = [] if error is None else [*_types(error), *_places(error)]
        return "\n".join([head, *(f"    {line}" for line in below)])


class JsonLines(logging.Formatter):
    """A JSON object a line: ``time``, ``level``, ``logger``, ``message``, and the record's ``fields``."""

    def format(self, record: logging.LogRecord) -> str:
        """One record."""
        shown: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
            **getattr(record, "fields", {}),
        }
        error = _error_of(record)
        if error is not None:
            shown |= {"exception": list(_types(error)), "places": list(_places(error))}
        return json.dumps(shown, ensure_ascii=True)


def _message(record: logging.LogRecord) -> str:
    is_own = record.name.partition(".")[0] == OWN
    return record.getMessage() if is_own else str(record.msg)


def _error_of(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if record.exc_info else None


def _types(error: BaseException | None) -> Iterator[str]:
    """The type of an exception, and of those that led to it."""
    while error is not None:
        yield type(error).__name__
        error = error.__cause__ or error.__context__


def _places(error: BaseException) -> Iterator[str]:
    """Where it came from, outermost first; no line of code, no variable."""
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"{frame.filename}:{frame.lineno} {frame.name}"
