"""A bad link: it carries every byte to the server, and may lose what comes back."""

import socket
import threading
from types import TracebackType
from urllib.parse import urlsplit

_CHUNK_BYTES = 64 * 1024


class BadLink:
    """Stands between a phone and the server. ``swallowing``: answers get lost on their way.

    An answer is lost when its first byte has come: the server has stored everything by then.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname or "", parts.port or 80)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.swallowing = False
        self.swallowed = 0

    def __enter__(self) -> "BadLink":
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
            threading.Thread(target=self._carry, args=(phone,), daemon=True).start()

    def _carry(self, phone: socket.socket) -> None:
        """One connection, both ways, until one side ends it."""
        with phone, socket.create_connection(self._server) as server:
            there = threading.Thread(target=_pump, args=(phone, server), daemon=True)
            there.start()
            while answer := _received(server):
                if self.swallowing:
                    self.swallowed += 1
                    break
                phone.sendall(answer)
            _end(phone)
            _end(server)
            there.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    while data := _received(source):
        try:
            target.sendall(data)
        except OSError:
            return
    _end(target)


def _received(source: socket.socket) -> bytes:
    try:
        return source.recv(_CHUNK_BYTES)
    except OSError:
        return b""


def _end(side: socket.socket) -> None:
    """Nothing more goes either way; the other thread wakes up from its waiting."""
    try:
        side.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
