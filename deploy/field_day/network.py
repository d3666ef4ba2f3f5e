"""A bad link: it carries every byte to the server, and may lose what comes back."""

import socket
import threading

from deploy.field_day.relay import Relay, end, pump, received


class BadLink(Relay):
    """Stands between a phone and the server. ``swallowing``: answers get lost on their way.

    An answer is lost when its first byte has come: the server has stored everything by then.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.swallowing = False
        self.swallowed = 0

    def carry(self, phone: socket.socket) -> None:
        """See Relay."""
        with phone, self.to_server() as server:
            there = threading.Thread(target=_upwards, args=(phone, server), daemon=True)
            there.start()
            while answer := received(server):
                if self.swallowing:
                    self.swallowed += 1
                    break
                phone.sendall(answer)
            end(phone)
            end(server)
            there.join()


def _upwards(phone: socket.socket, server: socket.socket) -> None:
    pump(phone, server)
    end(server)
