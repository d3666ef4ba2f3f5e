from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.hub.forms import FormShelf
from server.store.sqlite.database import SqliteStore, open_store
from sync.chain import START
from tests.server.hub.phones import Phone, publish_pack


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = open_store(tmp_path / "tapak.db")
    publish_pack(store)
    with store.write() as unit:
        unit.log.set_own_device("console", START)
    yield store
    store.close()


@pytest.fixture
def shelf() -> FormShelf:
    return FormShelf()


@pytest.fixture
def phone(store: SqliteStore, shelf: FormShelf) -> Callable[..., Phone]:
    def enrolled(name: str, **options: object) -> Phone:
        return Phone(store, shelf, f"phone-of-{name}", name, **options).enrols()  # type: ignore[arg-type]

    return enrolled
