"""``tapak-server serve`` as a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "import sys; from server.main import main; sys.argv[0] = 'tapak-server'; main()"


@contextmanager
def serving(data: Path, **settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A new server on a free port: the process, and the address that it printed.

    A test that fails must not wait for a server that nobody stops.
    """
    command = [sys.executable, "-c", PROGRAM, "--data", str(data)]
    environ = {**os.environ, "TAPAK_LANGUAGE": "en", "PYTHONUNBUFFERED": "1", **settings}
    subprocess.run([*command, "init"], cwd=ROOT, env=environ, check=True, capture_output=True)
    with subprocess.Popen(
        [*command, "serve", "--port", "0"],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.fullmatch(r"Tapak server on (http://127\.0\.0\.1:\d+) \(Ctrl-C stops it\)\.\n", line)
            assert found, line
            yield process, found[1]
        finally:
            process.kill()
