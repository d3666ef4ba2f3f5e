"""A process is stopped, or told of an error, at its n-th system call: ``strace --inject``.

Where strace is missing or may not trace, a row says so and dies at random moments instead.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

CALLS = ("write", "pwrite64", "fsync", "fdatasync", "ftruncate", "rename", "unlink")
NOT_RUN = "strace injection (strace is missing or may not trace here)"


@cache
def can_inject() -> bool:
    """Whether a process of ours can be killed at a system call."""
    if shutil.which("strace") is None:
        return False
    run = subprocess.run(
        [*killing("write", 1), sys.executable, "-c", "print(1)"], capture_output=True, check=False
    )
    return run.returncode == -9


def killing(call: str, number: int) -> list[str]:
    """What to put before a command that is to die at its n-th call of this name."""
    return [*_quiet(), "-o", os.devnull, *_inject(call, f"signal=KILL:when={number}")]


def failing(call: str, error: str, *, first: int) -> list[str]:
    """What to put before a command whose calls of this name fail from the n-th on."""
    return [*_quiet(), "-o", os.devnull, *_inject(call, f"error={error}:when={first}+")]


def counting(file: Path) -> list[str]:
    """What to put before a command whose calls are to be counted."""
    return [*_quiet(), "-o", str(file), "-e", f"trace={','.join(CALLS)}"]


def counted(file: Path) -> Counter[str]:
    """How often each call was made, by the thread that made it most often."""
    by_thread: dict[str, Counter[str]] = {}
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        thread, _, call = line.partition(" ")
        by_thread.setdefault(thread, Counter())[call.strip().partition("(")[0]] += 1
    most: Counter[str] = Counter()
    for calls in by_thread.values():
        most |= Counter({call: calls[call] for call in CALLS if call in calls})
    return most


@contextmanager
def attached(pid: int, options: list[str]) -> Iterator[subprocess.Popen[str]]:
    """Trace a process that runs already, all its threads; ended with the block."""
    tracer = subprocess.Popen(
        ["strace", "-f", *options, "-p", str(pid)],
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    assert tracer.stderr is not None
    try:
        # It names the process when every thread of it is held.
        tracer.stderr.readline()
        yield tracer
    finally:
        tracer.terminate()
        tracer.wait()
        tracer.stderr.close()


def attached_killing(call: str, number: int) -> list[str]:
    """Options of ``attached`` for a process that is to die at the n-th call of one of its threads."""
    return ["-o", os.devnull, *_inject(call, f"signal=KILL:when={number}")]


def attached_counting(file: Path) -> list[str]:
    """Options of ``attached`` for a process whose calls are to be counted."""
    return ["-o", str(file), "-e", f"trace={','.join(CALLS)}"]


def _quiet() -> list[str]:
    return ["strace", "-f", "-qq"]


def _inject(call: str, what: str) -> list[str]:
    return ["-e", f"trace={call}", "-e", f"inject={call}:{what}"]
