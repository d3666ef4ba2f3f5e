"""``tapak-server serve`` for as long as the process that started it lives.

It reads its standard input, which says nothing and ends with that process, however that ends:
no server stays behind.
"""

import os
import signal
import sys
import threading

from server.main import main


def _stop_with_parent() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    threading.Thread(target=_stop_with_parent, daemon=True).start()
    main()
