"""One contract for every store: a new backend is one more entry in STORES."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.store.base import Store
from server.store.sqlite.database import open_store


def sqlite_store(folder: Path) -> Store:
    return open_store(folder / "tapak.db")


STORES: dict[str, Callable[[Path], Store]] = {"sqlite": sqlite_store}


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store = STORES[request.param](tmp_path)
    yield store
    store.close()
