"""Runs the commands of docs/tutorial as a reader types them, in one shell and a temporary folder.

``python -m tests.docs.tutorial`` writes their output into the page anew.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/tutorial/first-village.md"
PORT_ON_PAGE = "8350"
TERMINAL_COLUMNS = 150
TIMEOUT_S = 120

_BLOCK = re.compile(r"(^```console\n)(.*?)(^```$)", re.MULTILINE | re.DOTALL)
_MARK = "\x1e"
# What differs from run to run, in the order in which it is looked for.
_CHANCE = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?[+-]\d\d:\d\d"), "<time>"),
    (re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "<record>"),
    (re.compile(r"\b[2-9A-HJ-NP-Z]{3}-[2-9A-HJ-NP-Z]{3}-[2-9A-HJ-NP-Z]{3}\b"), "<code>"),
    (re.compile(r"\bp[a-z2-7]{10}\b"), "<person>"),
    (re.compile(r"(?<![\w-])[\w-]{16}(?![\w-])"), "<id>"),
    (re.compile(r"\d+ menit"), "<minutes>"),
)


def blocks_of(page: str) -> list[list[tuple[str, str]]]:
    """``(command, output)`` pairs of each console block."""
    return [_pairs(match[2]) for match in _BLOCK.finditer(page)]


def run(commands: list[str], folder: Path) -> list[str]:
    """What each command prints, results and talk together, in the order of the page."""
    (folder / "server").symlink_to(ROOT / "server")
    port = _free_port()
    steps = [f"printf '{_MARK}\\n'\n{_step(command, port)}\n" for command in commands]
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "COLUMNS": str(TERMINAL_COLUMNS),
    }
    done = subprocess.run(
        ["bash", "-c", f"exec 2>&1\ntrap 'kill $server' EXIT\n{''.join(steps)}"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return [_as_on_page(part, port) for part in done.stdout.split(_MARK)[1:]]


def without_chance(output: str) -> list[str]:
    """The lines of an output without ids, codes and times, sorted: heads are listed by id."""
    for pattern, word in _CHANCE:
        output = pattern.sub(word, output)
    return sorted(re.sub(r"\s+", " ", line).strip() for line in output.splitlines())


def with_outputs(page: str, outputs: list[str]) -> str:
    """The page with these outputs below its commands."""
    rest = iter(outputs)

    def filled(match: re.Match[str]) -> str:
        lines = [
            f"$ {command}\n{output}".rstrip() for command, _ in _pairs(match[2]) for output in [next(rest)]
        ]
        return match[1] + "\n".join(lines) + "\n" + match[3]

    return _BLOCK.sub(filled, page)


def _as_on_page(output: str, port: int) -> str:
    lines = output.replace(str(port), PORT_ON_PAGE).strip("\n").splitlines()
    return "\n".join(line.rstrip() for line in lines)


def _pairs(block: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    continued = False
    for line in block.splitlines():
        if continued:
            pairs[-1] = (f"{pairs[-1][0]}\n{line}", "")
        elif line.startswith("$ "):
            pairs.append((line.removeprefix("$ "), ""))
        else:
            pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]}\n{line}".strip("\n"))
        continued = line.endswith("\\")
    return pairs


def _step(command: str, port: int) -> str:
    """The command as this run types it; the second terminal's is started beside the others."""
    if command.endswith(" serve"):
        return f'exec 3< <({command} --port {port} 2>serve.log)\nserver=$!\nread -r line <&3; echo "$line"'
    return command.replace(PORT_ON_PAGE, str(port))


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def commands_of(page: str) -> list[str]:
    return [command for block in blocks_of(page) for command, _ in block]


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        text = with_outputs(text, run(commands_of(text), Path(folder)))
    PAGE.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{PAGE.name} has its outputs.\n")
