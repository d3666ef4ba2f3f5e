"""A link that breaks: it carries so many bytes towards the server, then ends the connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit


class CuttingLink:
    """Stands before a server. Every connection is cut when ``every_bytes`` more have gone up.

    At most ``cuts_max`` times; ``carried`` counts all bytes that went up.
    """

    def __init__(self, url: str, *, every_bytes: int, cuts_max: int = 10**9) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname or "", parts.port or 80)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.every_bytes, self.cuts_max = every_bytes, cuts_max
        self.carried = self.cuts = 0
        self.when_cut: Callable[[int], None] = lambda cuts: None
        self._budget = every_bytes
        self._lock = threading.Lock()

    def __enter__(self) -> CuttingLink:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        with socket.socket() as last:
            self._listener.settimeout(0)
            last.settimeout(1)
            last.connect_ex(self._listener.getsockname())
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                phone, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(phone,), daemon=True).start()

    def _carry(self, phone: socket.socket) -> None:
        try:
            server = socket.create_connection(self._server)
        except OSError:
            phone.close()
            return
        with phone, server:
            down = threading.Thread(target=_pump, args=(server, phone), daemon=True)
            down.start()
            while data := _received(phone):
                passed, cut = self._spend(len(data))
                with suppress(OSError):
                    server.sendall(data[:passed])
                if cut:
                    _reset(phone)
                    break
            _end(server)
            _end(phone)
            down.join()

    def _spend(self, count: int) -> tuple[int, bool]:
        with self._lock:
            if self.cuts >= self.cuts_max or count < self._budget:
                self._budget -= count
                self.carried += count
                return count, False
            passed = max(self._budget, 0)
            self._budget = self.every_bytes
            self.carried += passed
            self.cuts += 1
        self.when_cut(self.cuts)
        return passed, True


def _pump(source: socket.socket, target: socket.socket) -> None:
    while data := _received(source):
        with suppress(OSError):
            target.sendall(data)


def _received(source: socket.socket) -> bytes:
    try:
        return source.recv(4096)
    except OSError:
        return b""


def _reset(side: socket.socket) -> None:
    """An end that the other side notices at once, as a lost network does in the end."""
    with suppress(OSError):
        side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def _end(side: socket.socket) -> None:
    with suppress(OSError):
        side.shutdown(socket.SHUT_RDWR)
