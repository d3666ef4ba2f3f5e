"""Many devices at once: nothing is lost, no counter is used twice, every cache is right."""

import threading
from pathlib import Path

from server.hub.forms import FormShelf
from server.hub.verify import verify
from server.store.base import Store
from tests.server.hub.phones import FAR, NEIGHBOUR, VILLAGE, Phone, publish_pack


def test_eight_phones_push_into_the_same_records_at_the_same_time(store: Store, tmp_path: Path) -> None:
    publish_pack(store, only=["lahan"])
    shelf = FormShelf()
    phones = [
        Phone(store, shelf, f"phone-{number}", f"p{number}", areas=("62",)).enrols() for number in range(8)
    ]
    errors: list[BaseException] = []

    def day_of(phone: Phone) -> None:
        try:
            for turn in range(12):
                village = (VILLAGE, NEIGHBOUR, FAR)[turn % 3]
                phone.saves(f"r{turn % 4}", {"_area": village, "catatan": f"{phone.person} {turn}"})
                phone.syncs()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=day_of, args=[phone]) for phone in phones]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert list(verify(store, shelf)) == []
    with store.read() as unit:
        assert len(list(unit.log.all_lines())) == 8 * 12
        for regency in ("62.02", "62.03"):
            positions = [row.position for row in unit.feeds.page(regency, ["62"], after=0, limit=999)]
            assert len(positions) == len(set(positions))
            assert max(positions) == unit.feeds.counter(regency)[0]
    finals = [phone.syncs() for phone in phones]
    sums = [{feed: end.sum for feed, end in final.end.items()} for final in finals if final.end]
    assert all(found == sums[0] for found in sums)
