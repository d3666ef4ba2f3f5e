"""Somebody who stands between phones and a server: takes connections in, and ends them."""

import socket
import threading
from abc import ABC, abstractmethod
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_PHONES_WAITING = 1024


class Relay(ABC):
    """Listens at ``url``, inside a ``with`` block; each connection is carried in a thread of its own."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname or "", parts.port or 80)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=_PHONES_WAITING)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @abstractmethod
    def carry(self, phone: socket.socket) -> None:
        """Carry one connection until it ends, and close it."""

    def to_server(self) -> socket.socket:
        """A new connection to the server. Raises OSError."""
        return socket.create_connection(self._server)

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Wakes the thread that accepts; closing alone does not, on Linux.
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
            threading.Thread(target=self.carry, args=(phone,), daemon=True).start()


def received(source: socket.socket, *, bytes_max: int = 4096) -> bytes:
    """What came next; empty at the end, however it came about."""
    try:
        return source.recv(bytes_max)
    except OSError:
        return b""


def end(side: socket.socket) -> None:
    """Nothing more goes either way; a thread that waits for this side wakes up."""
    with suppress(OSError):
        side.shutdown(socket.SHUT_RDWR)


def reset(side: socket.socket) -> None:
    """An end that the other side notices at once, as a lost network does in the end."""
    with suppress(OSError):
        side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def pump(source: socket.socket, target: socket.socket) -> None:
    """Everything that comes from one side goes to the other, until one of them ends."""
    while data := received(source):
        try:
            target.sendall(data)
        except OSError:
            return
