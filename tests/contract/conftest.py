"""One contract for every store: a new backend is one more entry in ``tests.stores.STORES``."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.store.base import Store
from tests.conftest import Needs
from tests.postgres import stops_postgres
from tests.stores import STORES


@pytest.fixture(params=sorted(STORES))
def store(
    request: pytest.FixtureRequest, tmp_path: Path, needs: Needs, stops_postgres: None
) -> Iterator[Store]:
    store = STORES[request.param](tmp_path, needs)
    yield store
    store.close()


__all__ = ["stops_postgres"]
