"""The office: the commands of ``tapak-server``, and the server itself as a process of its own."""

import json
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.field_day.commands import CommandFailed, invoke, program, short
from server.main import main as tapak_server

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
PORTS_TRIED_MAX = 50
STOP_TIMEOUT_S = 40
"""A little more than the server gives to requests that are running."""
LOG_LINES_SHOWN = 20

_ADDRESS = re.compile(r"http://\S+")


class Office:
    """A data folder of a server, and what an operator types for it."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def run(self, *words: str) -> str:
        """A command of ``tapak-server``; what it printed. Raises CommandFailed."""
        return invoke(tapak_server, ["--data", str(self.data), *words])

    def json(self, *words: str) -> Any:
        """The JSON of a command that gives some."""
        return json.loads(self.run(*words, "--json"))

    def line(self, *words: str) -> str:
        """The command as a reader may paste it."""
        return shlex.join([program("tapak-server"), "--data", short(self.data), *words])

    def person(self, name: str, words: Sequence[str]) -> str:
        """The id of a person, who is added with ``words`` where nobody has that name yet."""
        for person in self.json("person", "list"):
            if person["name"] == name:
                return str(person["person"])
        return str(self.json(*words)["person"])

    @contextmanager
    def serving(self, port: int) -> Iterator["Serving"]:
        """The running server, which is stopped at the end. Raises CommandFailed."""
        log = self.data / "serve.log"
        words = ("--data", str(self.data.resolve()), "serve", "--host", HOST, "--port", str(port))
        with log.open("ab") as talk:
            # In a session of its own: Ctrl-C reaches the day, which then stops the server.
            process = subprocess.Popen(
                [sys.executable, "-m", "deploy.field_day.serve", *words],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=talk,
                start_new_session=True,
            )
        try:
            assert process.stdout is not None
            found = _ADDRESS.search(process.stdout.readline().decode("utf-8", "replace"))
            if found is None:
                raise CommandFailed(_end_of(log))
            yield Serving(found[0], process, log)
        finally:
            _stop(process)


@dataclass(frozen=True)
class Serving:
    """A server that answers at ``url``."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def wait(self) -> None:
        """Until the server ends by itself, which it should not. Raises CommandFailed."""
        self.process.wait()
        raise CommandFailed(_end_of(self.log))


def free_port(wanted: int) -> int:
    """The wanted port, or the next one that nobody uses; 0 leaves the choice to the system."""
    for port in range(wanted, wanted + PORTS_TRIED_MAX):
        with socket.socket() as probe:
            # As the server binds it: a port that was left a moment ago is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    return wanted


def _end_of(log: Path) -> str:
    """The last lines that the server wrote."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES_SHOWN:])


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Close the pipe, on which the server waits, and see it end."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
