"""Figures of a running server: how much, never who or what. They cost the same on a full store."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable

import msgspec

from server.hub.overview import SILENT_AFTER_MS
from server.store.base import Store, StoreError
from server.store.mirror import JOB as MIRROR
from server.store.people import DeviceState

KEPT_MS = 15_000
"""How long figures of the store are given again, however often they are asked for."""

DEVICE_STATES = ("active", "silent", "revoked")


class StoreFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What the store counts. ``newest_backup_ms``: of the verified copies that are still there."""

    lines_received: int
    held: dict[str, int]
    devices: dict[str, int]
    newest_backup_ms: int | None
    mirror_behind: bool


class FigureCache:
    """Figures of a store, read at most every ``KEPT_MS``, by one thread at a time."""

    def __init__(self, store: Store, *, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._now_ms = now_ms
        self._lock = threading.Lock()
        self._read_ms = 0
        self._found: StoreFigures | None = None

    def figures(self) -> StoreFigures | None:
        """The figures; ``None`` where the store cannot be read now."""
        with self._lock:
            now_ms = self._now_ms()
            if self._found is None or not 0 <= now_ms - self._read_ms < KEPT_MS:
                self._found = _read(self._store, now_ms=now_ms)
                self._read_ms = now_ms
            return self._found


def _read(store: Store, *, now_ms: int) -> StoreFigures | None:
    try:
        with store.read() as unit:
            return StoreFigures(
                lines_received=unit.log.lines_received(),
                held=unit.log.held_counts(),
                devices=_by_state(unit.people.devices(), now_ms=now_ms),
                newest_backup_ms=max(
                    (row.made_ms for row in unit.backups.all() if row.offered), default=None
                ),
                mirror_behind=unit.backups.behind_since(MIRROR) is not None,
            )
    except StoreError:
        return None


def _by_state(devices: Iterable[DeviceState], *, now_ms: int) -> dict[str, int]:
    counted = Counter(_state(device, now_ms=now_ms) for device in devices)
    return {state: counted[state] for state in DEVICE_STATES}


def _state(device: DeviceState, *, now_ms: int) -> str:
    if device.revoked_ms is not None:
        return "revoked"
    return "silent" if now_ms - (device.last_seen_ms or 0) > SILENT_AFTER_MS else "active"
