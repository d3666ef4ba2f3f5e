"""The features of a GeoJSON file, one at a time: a country's boundaries never stand in memory whole."""

import codecs
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from server.hub.errors import UsageError

READ_BYTES = 1024 * 1024
_SPACE = " \t\r\n"


def features(file: BinaryIO, *, feature_bytes_max: int) -> Iterator[dict[str, Any]]:
    """The features of a FeatureCollection, in the order of the file.

    Raises UsageError for what is no such file, and for a single value of it that is larger than
    ``feature_bytes_max``.
    """
    text = _Text(file, feature_bytes_max)
    text.expect("{")
    while True:
        key = text.value()
        text.expect(":")
        if key == "features":
            break
        text.value()
        text.expect(",")
    text.expect("[")
    if text.next_is("]"):
        return
    while True:
        feature = text.value()
        if not isinstance(feature, dict):
            raise _no_geojson()
        yield feature
        if text.next_is("]"):
            return
        text.expect(",")


class _Text:
    """A file as JSON tokens, of which no more is read than the next value needs."""

    def __init__(self, file: BinaryIO, value_bytes_max: int) -> None:
        self._file = file
        self._value_bytes_max = value_bytes_max
        self._decode = json.JSONDecoder().raw_decode
        self._rest = b""
        self._buffer = ""
        self._place = 0
        self._ended = False
        self._more(READ_BYTES)
        self._buffer = self._buffer.removeprefix("\ufeff")

    def value(self) -> Any:
        """The JSON value that stands here; behind it stands at least one more character."""
        wanted = READ_BYTES
        while True:
            self._skip_space()
            try:
                value, end = self._decode(self._buffer, self._place)
            except json.JSONDecodeError as error:
                if self._ended:
                    raise _no_geojson() from error
            except RecursionError as error:
                raise _no_geojson() from error
            else:
                if end < len(self._buffer) or self._ended:
                    self._place = end
                    return value
            if len(self._buffer) - self._place > self._value_bytes_max:
                raise UsageError("server.error.boundaries-feature-large", max=self._value_bytes_max)
            self._more(wanted)
            wanted *= 2  # so that a large value is begun anew a few times only

    def expect(self, sign: str) -> None:
        """Pass a sign that must stand here."""
        if not self.next_is(sign):
            raise _no_geojson()

    def next_is(self, sign: str) -> bool:
        """Whether a sign stands here; it is passed then."""
        self._skip_space()
        found = self._buffer[self._place : self._place + 1] == sign
        self._place += found
        return found

    def _skip_space(self) -> None:
        while True:
            while self._place < len(self._buffer) and self._buffer[self._place] in _SPACE:
                self._place += 1
            if self._place < len(self._buffer) or self._ended:
                return
            self._more(READ_BYTES)

    def _more(self, count: int) -> None:
        """Read on, and forget what lies behind."""
        data = self._file.read(count)
        self._ended = not data
        data = self._rest + data
        # A character may be cut in two at the end of what was read.
        text, used = _decoded(data, last=self._ended)
        self._rest = data[used:]
        self._buffer = self._buffer[self._place :] + text
        self._place = 0


def _decoded(data: bytes, *, last: bool) -> tuple[str, int]:
    try:
        return codecs.utf_8_decode(data, "strict", last)
    except UnicodeDecodeError as error:
        raise _no_geojson() from error


def _no_geojson() -> UsageError:
    return UsageError("server.error.no-geojson")
