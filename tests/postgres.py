"""A PostgreSQL server of our own for the tests: its own folder, a Unix socket, no port.

It is started once a process, when the first test asks, and stopped at its end. Every test
gets a database of its own.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path

import psycopg
import pytest

ACCOUNT = "postgres"
"""PostgreSQL refuses to run as root; then it runs as this account, which Debian's package makes."""

INITDB = ("--encoding=UTF8", "--locale=C", "--auth=trust", "--username=tapak", "--no-sync")
# So that a text that should be in the order of code points, and is not, shows itself.
ORDER = ("--locale-provider=icu", "--icu-locale=id")
SETTINGS = "-c listen_addresses= -c max_connections=60 -c unix_socket_directories="

RELOAD_S = 60

_numbers = count(1)


@cache
def binaries() -> Path | None:
    """Where ``initdb`` and ``pg_ctl`` are: Debian keeps them out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


def new_database(options: str = "") -> str:
    """The address of an empty database, on the server of this process."""
    server = _server()
    name = f"tapak_{next(_numbers)}"
    with psycopg.connect(_address(server, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} {options}")
    return _address(server, name)


@contextmanager
def as_careful_as_in_an_office() -> Iterator[None]:
    """The server writes through to the disk, as it does unless told otherwise."""
    _set_fsync("on")
    yield
    _set_fsync("off")


def _address(server: Path, database: str) -> str:
    return f"postgresql://tapak@/{database}?host={server}"


@cache
def _server() -> Path:
    """The folder of a running server, which holds its socket as well."""
    folder = Path(tempfile.mkdtemp(prefix="tapak-pg-"))
    if _as_root():
        shutil.chown(folder, ACCOUNT)
    data = folder / "data"
    atexit.register(stop)
    try:
        _run("initdb", *INITDB, *ORDER, "-D", data)
    except subprocess.CalledProcessError:  # built without ICU, or older than 15
        _run("initdb", *INITDB, "-D", data)
    with (data / "postgresql.conf").open("a", encoding="utf-8") as settings:
        settings.write("fsync = off\n")  # no test cuts the power
    _run("pg_ctl", "start", "-w", "-s", "-D", data, "-l", folder / "log", "-o", f"{SETTINGS}{folder}")
    return folder


def _set_fsync(value: str) -> None:
    with psycopg.connect(_address(_server(), "postgres"), autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET fsync = {value}")
        connection.execute("SELECT pg_reload_conf()")
        # The server reads its settings again by and by, each connection when it is next asked.
        until = time.monotonic() + RELOAD_S
        while connection.execute("SHOW fsync").fetchone() != (value,):
            assert time.monotonic() < until, "PostgreSQL does not read its settings again"


@pytest.fixture(scope="session")
def stops_postgres() -> Iterator[None]:
    """For tests that may start the server: xdist does not wait for the end of a process."""
    yield
    stop()


def stop() -> None:
    """End the server, if there is one, and all its databases."""
    if not _server.cache_info().currsize:
        return
    folder = _server()
    _server.cache_clear()
    if (folder / "data" / "postmaster.pid").exists():
        _run("pg_ctl", "stop", "-s", "-m", "immediate", "-D", folder / "data")
    shutil.rmtree(folder, ignore_errors=True)


def _run(program: str, *arguments: str | Path) -> None:
    folder = binaries()
    assert folder is not None
    subprocess.run(
        [folder / program, *arguments],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        user=ACCOUNT if _as_root() else None,
    )


def _as_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
