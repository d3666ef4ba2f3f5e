"""Backups on a schedule: APScheduler only ticks; the table of jobs says who makes which."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from server.hub.backup import Files, back_up_if_due, refresh
from server.hub.errors import UsageError
from server.store.backups import Copies
from server.store.base import Store, StoreError

TICK_S = 600
"""How often a server looks whether a backup is due, and which ones are still there."""

_log = logging.getLogger(__name__)


class BackingUp:
    """The schedule of one process. It looks once when it starts."""

    def __init__(
        self,
        store: Store,
        copies: Copies,
        files: Files,
        folder: Path,
        *,
        every_h: int,
        kept: int,
        now_ms: Callable[[], int],
    ) -> None:
        self._store, self._copies, self._files, self._folder = store, copies, files, folder
        self._every_h, self._kept, self._now_ms = every_h, kept, now_ms
        self._scheduler: Any = None

    def start(self) -> None:
        """Begin."""
        from apscheduler.schedulers.background import BackgroundScheduler

        logging.getLogger("apscheduler").setLevel(logging.WARNING)
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._scheduler.add_job(
            self.tick,
            "interval",
            seconds=TICK_S,
            next_run_time=datetime.now(UTC),
            max_instances=1,
            coalesce=True,
        )
        self._scheduler.start()

    def stop(self) -> None:
        """End, after a backup that is being made."""
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=True)

    def tick(self) -> None:
        """Look, and make the backup that is due; what goes wrong is logged and tried again."""
        try:
            refresh(self._store, self._files)
            if self._every_h > 0:
                row = back_up_if_due(
                    self._store,
                    self._copies,
                    self._files,
                    self._folder,
                    every_h=self._every_h,
                    kept=self._kept,
                    now_ms=self._now_ms(),
                )
                if row is not None:
                    _log.info("Backup %s: %d lines, %d files.", row.path, row.lines, row.files)
                    if row.files_missing:
                        _log.warning("%d photos or documents are not in it.", row.files_missing)
        except UsageError as error:
            _log.error("No backup: %s %s", error.key, error.values)
        except (StoreError, OSError) as error:
            _log.error("No backup: %s", error)
