"""The agent: ticks that try an exchange when there is something to do and a way to do it.

A tick is cheap: it asks the operating system for a route to the server, which sends
nothing, and the log for lines that the server lacks. When a route appears that was not
there, the wait after failures is forgotten.
"""

import os
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import click
from apscheduler.schedulers.background import BackgroundScheduler

from field_client import facts, journal, pace, syncing
from field_client.commands.sync import tell
from field_client.database import StoreProblem
from field_client.edge import Device
from field_client.errors import CommandProblem
from field_client.settings import AGENT_INTERVAL_S, AGENT_TICK_S, BACKOFF_BASE_S
from field_client.syncing import Report
from field_client.texts import text


class Schedule:
    """When to try next. Knows no clock: it is told the time, in s that only grow."""

    def __init__(self, random_bytes: facts.RandomBytes) -> None:
        self._random_bytes = random_bytes
        self._route: str | None = None
        self._failures = 0
        self._next_s = 0.0
        self._waits = False

    def is_due(self, *, now_s: float, route: str | None, unsent: bool) -> bool:
        """Whether to try now: a network came, there is something to send, or it is time for news."""
        came = route is not None and route != self._route
        self._route = route
        if route is None:
            return False
        return came or now_s >= self._next_s or (unsent and not self._waits)

    def succeeded(self, *, now_s: float) -> None:
        """Everything is exchanged: news can wait, new lines need not."""
        self._failures, self._waits = 0, False
        self._next_s = now_s + AGENT_INTERVAL_S

    def failed(self, *, now_s: float, retry_after_s: int | None = None) -> None:
        """Wait with full jitter, and never less than the server asks for."""
        wait_s = pace.jittered_s(self._random_bytes, self._failures, base_s=BACKOFF_BASE_S)
        self._failures, self._waits = self._failures + 1, True
        self._next_s = now_s + max(wait_s, retry_after_s or 0)


class Agent:
    """Runs the schedule in a thread of its own, one exchange at a time."""

    def __init__(
        self, home: Path, language: str, *, route_to: Callable[[str], str | None] | None = None
    ) -> None:
        self._home, self._language = home, language
        self._route_to = route_to or route_to_server
        self._schedule = Schedule(os.urandom)
        options = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = BackgroundScheduler(timezone="UTC", job_defaults=options)

    def start(self) -> None:
        """Tick from now on."""
        now = datetime.now(UTC)
        self._scheduler.add_job(self.tick, "interval", seconds=AGENT_TICK_S, next_run_time=now)
        self._scheduler.start()

    def stop(self) -> None:
        """No further tick. An exchange under way is left to break off: it loses nothing."""
        self._scheduler.shutdown(wait=False)

    def tick(self) -> None:
        """Try if it is time. Never raises: the next tick must come."""
        try:
            with Device(self._home) as device:
                self._tick(device)
        except StoreProblem as problem:
            self._schedule.failed(now_s=time.monotonic())
            click.echo(text(f"client.store.{problem.code}", self._language, detail=problem.detail), err=True)
        except CommandProblem as problem:
            self._schedule.failed(now_s=time.monotonic())
            click.echo(text(problem.key, self._language, **problem.values), err=True)

    def _tick(self, device: Device) -> None:
        route = self._route_to(facts.get(device.db, facts.URL) or "")
        unsent = journal.count(device.db, after_local=journal.have_local(device.db)) > 0
        if self._schedule.is_due(now_s=time.monotonic(), route=route, unsent=unsent):
            self._note(device, self._exchange(device))

    def _exchange(self, device: Device) -> Report:
        transport = device.transport()
        try:
            return syncing.sync(device.db, transport, device.around())
        finally:
            transport.close()

    def _note(self, device: Device, report: Report) -> None:
        now_s = time.monotonic()
        if report.problem is None:
            self._schedule.succeeded(now_s=now_s)
        else:
            self._schedule.failed(now_s=now_s, retry_after_s=report.retry_after_s)
        if report.problem is not None or report.sent or report.received:
            tell(device, report)


def route_to_server(url: str) -> str | None:
    """The local address from which the server would be reached, or ``None``. Sends nothing to it."""
    parts = urlsplit(url)
    if not parts.hostname:
        return None
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_DGRAM)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.connect(address)
            return str(probe.getsockname()[0])
    except OSError:
        return None
