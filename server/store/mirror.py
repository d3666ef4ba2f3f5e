"""The second place: every line that a store keeps stands there as well before it is acknowledged.

A mirror is a folder with one file a day. A file is NDJSON: a segment line says where a stretch
of a log stands, its lines follow as their bytes, each with the secrets that came with it; and
which devices were revoked, or let in again. It is
appended to and synced before the unit's commit, so it may hold a line that the store rolled
back, and never lacks one that the store acknowledged. It is as private as the database.

Where the folder cannot be written the store goes on, for a line in one place is worth more than
a line in none. What is missing is noted, and written with the first unit that can.
"""

import logging
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import msgspec

from server.store.base import Log, LogRow, SecretRow, Store, Unit
from server.store.people import People
from sync import bundle
from sync.secrets import SECRET_PREFIX, SecretLine, read_secret, write_secret

JOB = "mirror"
FLAG = "mirror-behind"
PATTERN = "tapak-mirror-*.ndjson"
SEGMENT_PREFIX = b'{"segment":'
RIGHT_PREFIX = b'{"right":'

_log = logging.getLogger(__name__)


class Segment(bundle.Segment, frozen=True, kw_only=True):
    """A segment of a bundle, and what only the server knows of it.

    ``log`` is the enrolled device whose log it is, ``t`` when it was received, ``via`` how.
    """

    log: str
    t: int
    via: str


class Right(msgspec.Struct, frozen=True, rename={"device": "d"}):
    """From the moment ``t`` on, a device is revoked or, ``revoked`` false, no longer."""

    device: str
    revoked: bool
    t: int


class Stretch(msgspec.Struct, frozen=True):
    """A segment as read: raw lines, and secrets that came with them or, without a segment, later.

    ``rights`` changed after these lines.
    """

    segment: Segment | None
    lines: list[bytes] = []
    secrets: list[SecretLine] = []
    rights: list[Right] = []


class _Head(msgspec.Struct, frozen=True):
    segment: Segment


class _Changed(msgspec.Struct, frozen=True):
    right: Right


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Head).decode
_decode_right = msgspec.json.Decoder(_Changed).decode


class Mirror:
    """A folder that is appended to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def append(self, lines: Sequence[bytes], *, now_ms: int) -> None:
        """Append and sync. Raises OSError; a torn end is no line of the next append."""
        day = datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y%m%d")
        path = self.folder / PATTERN.replace("*", day)
        fresh = not path.exists()
        descriptor = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        with open(descriptor, "ab") as file:  # noqa: PTH123  # pathlib opens no descriptors
            file.write(b"\n".join([b"", b"", *lines, b""]))
            file.flush()
            os.fsync(file.fileno())
        if fresh and os.name == "posix":
            folder = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


class MirroredStore:
    """A store whose lines and secrets are appended to a mirror. Everything else passes through."""

    def __init__(self, store: Store, mirror: Mirror) -> None:
        self._store = store
        self._mirror = mirror

    @contextmanager
    def write(self) -> Iterator[Unit]:
        """See Store."""
        with self._store.write() as unit:
            noting, people = _NotingLog(unit.log), _NotingPeople(unit.people)
            yield cast(Unit, _NotingUnit(unit, noting, people))
            if noting.rows or noting.secrets or people.rights:
                self._append(unit, noting, people.rights)

    @contextmanager
    def read(self) -> Iterator[Unit]:
        """See Store."""
        with self._store.read() as unit:
            yield unit

    def write_back(self) -> None:
        """See Store."""
        self._store.write_back()

    def close(self) -> None:
        """See Store."""
        self._store.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def _append(self, unit: Unit, noting: "_NotingLog", rights: "Sequence[Right]") -> None:
        rows = noting.rows
        moments = [*(row.received_ms for row in rows), *(right.t for right in rights)]
        now_ms = max(moments, default=0) or noting.newest_ms(unit)
        behind_ms = unit.backups.behind_since(JOB)
        try:
            if behind_ms is not None:
                self._mirror.append(list(_since(unit, behind_ms)), now_ms=now_ms)
            changed = [_encode(_Changed(right)) for right in rights]
            self._mirror.append([*written(unit, rows, noting.secrets), *changed], now_ms=now_ms)
        except OSError as error:
            _log.error("The mirror %s cannot be written: %s", self._mirror.folder, error)
            unit.log.raise_flag(FLAG, str(self._mirror.folder), now_ms=now_ms)
            unit.backups.fell_behind(JOB, since_ms=now_ms)
        else:
            if behind_ms is not None:
                unit.backups.done(JOB, now_ms=now_ms)


class _NotingLog:
    """A log that notes what is added to it."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.rows: list[LogRow] = []
        self.secrets: list[SecretRow] = []

    def append(self, rows: Sequence[LogRow]) -> None:
        self.rows.extend(rows)
        self._log.append(rows)

    def put_secrets(self, rows: Sequence[SecretRow]) -> None:
        self.secrets.extend(row for row in rows if row.salt is not None)
        self._log.put_secrets(rows)

    def newest_ms(self, unit: Unit) -> int:
        """When the line of a secret came that came alone."""
        times = unit.log.received_ms({row.revision for row in self.secrets})
        return max(times.values(), default=0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


class _NotingPeople:
    """People of whose devices it is noted which are revoked or let in again."""

    def __init__(self, people: People) -> None:
        self._people = people
        self.rights: list[Right] = []

    def revoke(self, device_id: str, *, now_ms: int) -> bool:
        done = self._people.revoke(device_id, now_ms=now_ms)
        if done:
            self.rights.append(Right(device_id, revoked=True, t=now_ms))
        return done

    def put_device(self, device_id: str, *, name: str, public_key: str, app: str, now_ms: int) -> None:
        before = self._people.device(device_id)
        if before is not None and before.revoked:
            self.rights.append(Right(device_id, revoked=False, t=now_ms))
        self._people.put_device(device_id, name=name, public_key=public_key, app=app, now_ms=now_ms)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._people, name)


class _NotingUnit:
    def __init__(self, unit: Unit, log: _NotingLog, people: _NotingPeople) -> None:
        self._unit = unit
        self.log = log
        self.people = people

    def __getattr__(self, name: str) -> Any:
        return getattr(self._unit, name)


def written(unit: Unit, rows: Sequence[LogRow], secrets: Iterable[SecretRow]) -> Iterator[bytes]:
    """The lines of a mirror for rows, in the order of their receipt, and secrets."""
    texts: dict[str, dict[str, tuple[str, str]]] = {}
    for secret in secrets:
        if secret.salt is not None and secret.text is not None:
            texts.setdefault(secret.revision, {})[secret.field] = (secret.salt, secret.text)
    for stretch in _stretches(rows):
        first, last = stretch[0], stretch[-1]
        yield _encode(
            _Head(
                Segment(
                    device=first.device,
                    first=first.seq,
                    previous=first.previous,
                    n=len(stretch),
                    last=last.id,
                    log=unit.log.root_of(first.device),
                    t=first.received_ms,
                    via=first.via,
                )
            )
        )
        for row in stretch:
            yield row.line
            if row.id in texts:
                yield write_secret(row.id, texts.pop(row.id))
    for revision, opened in texts.items():
        yield write_secret(revision, opened)


def stretches_in(folder: Path) -> Iterator[Stretch]:
    """Every stretch of a mirror, oldest file first. What was torn has fewer lines than it says."""
    for path in sorted(folder.glob(PATTERN)):
        with path.open("rb") as file:
            yield from _stretches_of(line.rstrip(b"\n") for line in file)


def _stretches_of(lines: Iterable[bytes]) -> Iterator[Stretch]:
    """Told apart by count: a line of a log may look like anything, a segment line included.

    An empty line stands before each append, so what was torn ends there.
    """
    stretch, left = Stretch(None), 0
    for line in lines:
        if not line:
            yield stretch
            stretch, left = Stretch(None), 0
        elif line.startswith(SECRET_PREFIX):
            secret = read_secret(line)
            stretch.secrets.extend([secret] if secret else [])
        elif left <= 0 and line.startswith(RIGHT_PREFIX):
            right = _right(line)
            stretch.rights.extend([right] if right else [])
        elif left > 0 or not line.startswith(SEGMENT_PREFIX):
            stretch.lines.append(line)
            left -= 1
        else:
            yield stretch
            segment = _segment(line)
            stretch = Stretch(segment)
            # Nothing behind a segment line that cannot be read is told apart, up to the next append.
            left = segment.n if segment else sys.maxsize
    yield stretch


def _segment(line: bytes) -> Segment | None:
    try:
        return _decode(line).segment
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _right(line: bytes) -> Right | None:
    try:
        return _decode_right(line).right
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _stretches(rows: Sequence[LogRow]) -> Iterator[list[LogRow]]:
    stretch: list[LogRow] = []
    for row in rows:
        if stretch and not _continues(stretch[-1], row):
            yield stretch
            stretch = []
        stretch.append(row)
    if stretch:
        yield stretch


def _continues(before: LogRow, row: LogRow) -> bool:
    return row.previous == before.id and (row.via, row.received_ms) == (before.via, before.received_ms)


def _since(unit: Unit, since_ms: int) -> Iterator[bytes]:
    """The lines of the mirror for all that was received since a moment."""
    rows = [row for row in unit.log.all_lines() if row.received_ms >= since_ms]
    yield from written(unit, rows, unit.log.secrets_of({row.id for row in rows}).values())
    for device in unit.people.devices():
        if device.revoked_ms is not None and device.revoked_ms >= since_ms:
            yield _encode(_Changed(Right(device.id, revoked=True, t=device.revoked_ms)))
