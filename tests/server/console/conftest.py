"""The office of these stories."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.server.conftest import Handset, House
from tests.server.console.office import Office


@pytest.fixture
def office(house: House, handset: Callable[..., Handset]) -> Office:
    office = Office(house)
    siti = handset("Siti", organisation="dinas_koperasi", area="62.02")
    office.receives_a_day(siti, handset("Budi", organisation="tni", area="62.02.01"))
    return office
