"""A link that breaks: it carries so many bytes towards the server, then ends the connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from deploy.field_day.relay import Relay, end, pump, received, reset


class CuttingLink(Relay):
    """Stands before a server. Every connection is cut when ``every_bytes`` more have gone up.

    At most ``cuts_max`` times; ``carried`` counts all bytes that went up.
    """

    def __init__(self, url: str, *, every_bytes: int, cuts_max: int = 10**9) -> None:
        super().__init__(url)
        self.every_bytes, self.cuts_max = every_bytes, cuts_max
        self.carried = self.cuts = 0
        self.when_cut: Callable[[int], None] = lambda cuts: None
        self._budget = every_bytes
        self._lock = threading.Lock()

    def carry(self, phone: socket.socket) -> None:
        """See Relay."""
        try:
            server = self.to_server()
        except OSError:
            phone.close()
            return
        with phone, server:
            down = threading.Thread(target=pump, args=(server, phone), daemon=True)
            down.start()
            while data := received(phone):
                passed, cut = self._spend(len(data))
                with suppress(OSError):
                    server.sendall(data[:passed])
                if cut:
                    reset(phone)
                    break
            end(server)
            end(phone)
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
