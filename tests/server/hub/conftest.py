from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.hub.forms import FormShelf
from server.store.base import Store
from sync.chain import START
from tests.conftest import Needs
from tests.postgres import stops_postgres
from tests.server.hub.phones import Phone, publish_pack
from tests.stores import STORES


@pytest.fixture(params=sorted(STORES))
def store(
    request: pytest.FixtureRequest, tmp_path: Path, needs: Needs, stops_postgres: None
) -> Iterator[Store]:
    """A store of every kind; a story that reaches into tables asks for ``IN_SQLITE`` only."""
    store = STORES[request.param](tmp_path, needs)
    publish_pack(store)
    with store.write() as unit:
        unit.log.set_own_device("console", START)
    yield store
    store.close()


@pytest.fixture
def shelf() -> FormShelf:
    return FormShelf()


@pytest.fixture
def phone(store: Store, shelf: FormShelf) -> Callable[..., Phone]:
    def enrolled(name: str, **options: object) -> Phone:
        return Phone(store, shelf, f"phone-of-{name}", name, **options).enrols()  # type: ignore[arg-type]

    return enrolled


__all__ = ["stops_postgres"]
