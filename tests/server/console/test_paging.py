"""A queue of any length comes in pages that say where they stand."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.console.conflicts import DECISIONS
from server.console.paging import Page, Stretch, page_of
from tests.server.conftest import Handset
from tests.server.console.office import Office
from tests.server.console.test_deciding import REASON
from tests.server.hub.phones import VILLAGE


@pytest.mark.parametrize(
    ("count", "start", "page"),
    [
        (0, 0, Page(0, None)),
        (30, 0, Page(30, Stretch(1, 30))),
        (31, 0, Page(31, Stretch(1, 30), next=Stretch(31, 31))),
        (212, 30, Page(212, Stretch(31, 60), Stretch(1, 30), Stretch(61, 90))),
        (212, 44, Page(212, Stretch(31, 60), Stretch(1, 30), Stretch(61, 90))),
        (60, 60, Page(60, Stretch(31, 60), previous=Stretch(1, 30))),
        (5, -7, Page(5, Stretch(1, 5))),
    ],
)
def test_a_page_knows_its_neighbours(count: int, start: int, page: Page) -> None:
    assert page_of(count, start, size=30) == page


@given(st.integers(0, 500), st.integers(1, 40))
def test_going_on_shows_every_item_once(count: int, size: int) -> None:
    page, seen = page_of(count, 0, size=size), list[int]()

    while page.here:
        seen += range(page.here.first, page.here.last + 1)
        if page.next is None:
            break
        following = page_of(count, page.next.start, size=size)
        assert following.previous == page.here
        page = following

    assert seen == list(range(1, count + 1))


def words(text: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


@pytest.fixture
def queue(house, handset) -> Office:  # type: ignore[no-untyped-def]
    """Thirty-two entries in which two people differ on one field."""
    siti: Handset = handset("Siti")
    budi: Handset = handset("Budi", organisation="dpmd")
    for number in range(DECISIONS + 2):
        record = f"r{number:03}"
        siti.saves(record, {"_area": VILLAGE, "sebutan_lahan": f"Lahan {number}", "sengketa": "tidak"})
        budi.saves(record, {"sengketa": "klaim"})
    siti.syncs()
    budi.syncs()
    return Office(house)


def test_a_long_queue_is_paged_and_a_decision_leads_back_to_its_page(queue: Office) -> None:
    rina = queue.at_desk("Rina")

    first, second = rina.opens("conflicts").text, rina.opens("conflicts?start=30").text

    assert "1–30 dari 32" in words(first)
    assert "Berikutnya: 31–32" in words(first)
    assert "Sebelumnya" not in words(first)
    assert re.search(r'<a rel="next" href="/console/conflicts\?start=30">', first)
    assert "<title>Beda isian, 31–32 dari 32" in second
    assert first.count('class="card conflict"') == 30
    assert second.count('class="card conflict"') == 2
    assert re.search(r'<a rel="prev" href="/console/conflicts">Sebelumnya: 1–30', second)
    assert '<nav class="pages" aria-label="Halaman">' in second

    for _ in range(2):
        page = rina.opens("conflicts?start=30").text
        field = re.search(r'action="/console/records/(r\d+)/decide">(.*?)</form>', page, re.DOTALL)
        assert field is not None
        sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', field[2]))
        sent |= {"reason": REASON, "choice": "typed", "typed": "klaim"}
        response = rina.sends(f"records/{field[1]}/decide", **{**sent, "csrf": rina.csrf()})
        assert response.headers["Location"] == "/console/conflicts?start=30&done=1"
    assert "30 isian pada 30 entri" in words(rina.opens("conflicts?start=30").text)
    assert "Halaman" not in rina.opens("conflicts?start=30").text
