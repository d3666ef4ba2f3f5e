"""A link of ours between phones and server: it cuts, delays, stalls, swallows, lies, and remembers.

What it does is set on the instance and may change while it runs; every thread reads it anew.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from deploy.field_day.relay import Relay, end, received, reset

_PORTAL = (
    b"<!DOCTYPE html><html><head><title>Selamat datang</title></head><body>"
    b"<form action='/login'>Hotspot login</form></body></html>"
)


def page(status: str, body: bytes = _PORTAL, *headers: bytes) -> bytes:
    """An answer that no server of ours gives."""
    head = [
        b"HTTP/1.1 " + status.encode(),
        b"Content-Type: text/html",
        b"Content-Length: %d" % len(body),
        b"Connection: close",
        *headers,
    ]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


PORTAL_PAGE = page("200 OK")
BAD_GATEWAY = page("502 Bad Gateway", b"<html><h1>502 Bad Gateway</h1></html>")
NOT_FOUND = page("404 Not Found", b"<html>404</html>")


def portal_redirect(url: str) -> bytes:
    """Every request is sent to the login page of the network."""
    return page("302 Found", b"", b"Location: " + url.encode() + b"/login")


class Pace:
    """How fast bytes go: bits a second, delay of the first byte, and a stall at every n-th segment."""

    def __init__(
        self,
        *,
        bits_per_s: float,
        delay_s: float,
        stall_every: int,
        stall_s: float,
        segment_bytes: int = 1460,
    ) -> None:
        self.bits_per_s, self.delay_s = bits_per_s, delay_s
        self.stall_every, self.stall_s, self.segment_bytes = stall_every, stall_s, segment_bytes
        self._segments = 0
        self._lock = threading.Lock()

    def wait_for(self, data: bytes) -> None:
        """As long as these bytes need on their way; both directions share the link."""
        with self._lock:
            before = self._segments
            self._segments += -(-len(data) // self.segment_bytes)
            stalls = self._segments // self.stall_every - before // self.stall_every
            time.sleep(len(data) * 8 / self.bits_per_s + stalls * self.stall_s)


class Proxy(Relay):
    """Carries bytes between phones and a server.

    ``cut_up`` and ``cut_down``: bytes that still pass in that direction before the connection is
    reset, then it is whole again; a list cuts once for each. ``swallow``: answers are lost once
    their first byte has come.
    ``answers_instead``: of a request's first bytes, what it gets while the server hears nothing,
    or ``None`` where it passes. ``pace``: a slow link.
    ``connections``: where ``recording``, every byte that went up, a connection each.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.cut_up: list[int] = []
        self.cut_down: list[int] = []
        self.cuts = self.carried_up = self.carried_down = self.requests = self.swallowed = 0
        self.swallow = False
        self.answers_instead: Callable[[bytes], bytes | None] = lambda head: None
        self.pace: Pace | None = None
        self.recording = False
        self.connections: list[bytearray] = []
        self._lock = threading.Lock()

    def carry(self, phone: socket.socket) -> None:
        """See Relay."""
        with phone:
            first = received(phone)
            if not first:
                return
            lie = self.answers_instead(first)
            if lie is not None:
                self._lie(phone, lie)
                return
            try:
                server = self.to_server()
            except OSError:
                reset(phone)
                return
            with server:
                server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                down = threading.Thread(target=self._down, args=(server, phone), daemon=True)
                down.start()
                self._up(first, phone, server)
                end(server)
                end(phone)
                down.join()

    def _up(self, data: bytes, phone: socket.socket, server: socket.socket) -> None:
        record = bytearray()
        if self.recording:
            self.connections.append(record)
        fresh = True
        while data:
            lie = None if fresh else self.answers_instead(data)
            fresh = False
            if lie is not None:
                self._lie(phone, lie)
                return
            self.requests += data.count(b" HTTP/1.1\r\n")
            passed, cut = self._spend(self.cut_up, len(data))
            self.carried_up += passed
            record += data[:passed]
            if self.pace is not None:
                if b" HTTP/1.1\r\n" in data:
                    time.sleep(self.pace.delay_s)
                self.pace.wait_for(data[:passed])
            with suppress(OSError):
                server.sendall(data[:passed])
            if cut:
                reset(phone)
                return
            data = received(phone)

    def _down(self, server: socket.socket, phone: socket.socket) -> None:
        while data := received(server):
            if self.swallow:
                self.swallowed += 1
                reset(phone)
                end(phone)
                return
            passed, cut = self._spend(self.cut_down, len(data))
            self.carried_down += passed
            if self.pace is not None:
                self.pace.wait_for(data[:passed])
            with suppress(OSError):
                phone.sendall(data[:passed])
            if cut:
                reset(phone)
                end(server)
                break
        end(phone)

    def _spend(self, budgets: list[int], count: int) -> tuple[int, bool]:
        with self._lock:
            if not budgets:
                return count, False
            if count < budgets[0]:
                budgets[0] -= count
                return count, False
            self.cuts += 1
            return budgets.pop(0), True

    def _lie(self, phone: socket.socket, answer: bytes) -> None:
        """Take the request in, for a while, and answer it as whoever stands between does."""
        phone.settimeout(0.2)
        while received(phone):
            pass
        with suppress(OSError):
            phone.sendall(answer)
        end(phone)
