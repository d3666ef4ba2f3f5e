"""Every kind of store: a story that is told over one of them is told over all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from server.store.base import Store
from server.store.postgres import database as postgres
from server.store.sqlite import database as sqlite
from tests.conftest import Needs
from tests.postgres import binaries, new_database


def sqlite_store(folder: Path, needs: Needs) -> Store:
    return sqlite.open_store(folder / "tapak.db")


def postgres_store(folder: Path, needs: Needs) -> Store:
    needs("PostgreSQL (no initdb)", binaries())
    return postgres.open_store(new_database(), durable=False)


STORES: dict[str, Callable[[Path, Needs], Store]] = {"sqlite": sqlite_store, "postgres": postgres_store}

IN_SQLITE = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
"""For a story that reaches into the tables of one kind of store."""
