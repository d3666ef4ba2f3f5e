"""The console's list follows the records, whatever happens between reading and writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from server.hub.forms import FormShelf
from server.hub.listing import catch_up, words_of
from server.hub.readiness import judge, readiness_in
from server.store.base import Store
from server.store.listing import Filter
from sync.forms import model
from tests.server.hub.phones import FAR, NEIGHBOUR, NOW_MS, VILLAGE, Phone


def phone(store: Store, shelf: FormShelf) -> Phone:
    return Phone(store, shelf, "device-of-siti-0", "psiti", areas=("62",)).enrols()


def listed(store: Store, **wanted: Any) -> list[str]:
    with store.read() as unit:
        rows = unit.listing.page(Filter(prefixes=("62",), **wanted), before=None, limit=99)
    return sorted(f"{row.record} {row.village[-4:]} {row.title}" for row in rows)


def test_words_are_letters_and_digits_without_accents_or_case() -> None:
    assert words_of("Sungai É’ntap, RT-03 (Ŝawah)") == ["sungai", "e", "ntap", "rt", "03", "sawah"]


def test_what_changed_is_listed_a_little_at_a_time_until_nothing_is_left(store: Store) -> None:
    shelf = FormShelf()
    siti = phone(store, shelf)
    for number in range(7):
        siti.saves(f"r{number}", {"_area": VILLAGE, "sebutan_lahan": f"Lahan {number}"})
    siti.syncs()

    left = [catch_up(store, shelf, records_max=3) for _ in range(4)]

    assert left == [4, 1, 0, 0]
    assert listed(store) == [f"r{number} 2004 Lahan {number}" for number in range(7)]


def test_a_record_that_moves_is_listed_where_it_is_now(store: Store) -> None:
    shelf = FormShelf()
    siti = phone(store, shelf)
    first = siti.saves("r1", {"_area": VILLAGE, "sebutan_lahan": "Lapangan"})
    siti.syncs()
    catch_up(store, shelf)
    siti.saves("r1", {"_area": FAR}, base=[first])
    siti.syncs()

    assert catch_up(store, shelf) == 0
    assert listed(store) == ["r1 2001 Lapangan"]


def test_a_change_while_the_list_is_being_written_is_listed_next_time(store: Store) -> None:
    shelf = FormShelf()
    siti = phone(store, shelf)
    first = siti.saves("r1", {"_area": VILLAGE, "sebutan_lahan": "Lama"})
    siti.syncs()

    class Interrupted:
        """A store in which something arrives between the list's reading and its writing."""

        def read(self) -> Any:
            return store.read()

        @contextmanager
        def write(self) -> Iterator[Any]:
            siti.saves("r1", {"sebutan_lahan": "Baru"}, base=[first])
            siti.syncs()
            with store.write() as unit:
                yield unit

        def close(self) -> None: ...

    catch_up(Interrupted(), shelf)
    assert listed(store) == ["r1 2004 Lama"]
    catch_up(store, shelf)

    assert listed(store) == ["r1 2004 Baru"]


def test_an_answer_that_a_new_version_closes_is_found_no_more(store: Store) -> None:
    shelf = FormShelf()
    siti = phone(store, shelf)
    siti.saves("r1", {"_area": VILLAGE, "sebutan_lahan": "Lapangan", "catatan": "rahasia warga"})
    siti.syncs()
    catch_up(store, shelf)
    assert listed(store, words=("rahasia",)) == ["r1 2004 Lapangan"]
    with store.write() as unit:
        form = shelf.current(unit, "lahan")
        assert form is not None
        questions = tuple(
            msgspec.structs.replace(question, security="personal") if question.name == "catatan" else question
            for question in form.questions
        )
        newer = msgspec.structs.replace(form, version="2026112499", questions=questions)
        unit.catalogue.publish("lahan", newer.version, title="", body=model.encode(newer), now_ms=NOW_MS)

    catch_up(store, shelf)

    assert listed(store, words=("rahasia",)) == []
    assert listed(store, words=("lapangan",)) == ["r1 2004 Lapangan"]


def test_readiness_follows_the_records_of_a_village_and_the_day(store: Store) -> None:
    shelf = FormShelf()
    siti = phone(store, shelf)
    siti.saves("r1", {"_area": VILLAGE, "sebutan_lahan": "Lapangan", "kepemilikan": "desa"})
    siti.saves("r2", {"_area": NEIGHBOUR, "kendala/luas_kurang": True})
    siti.syncs()
    catch_up(store, shelf)

    left = [judge(store, shelf, today="2026-11-24", villages_max=1) for _ in range(3)]
    with store.read() as unit:
        land, *_ = readiness_in(
            unit, ["62.02"], counted=[VILLAGE, NEIGHBOUR, "62.02.01.2006", "62.02.01.2007", "62.02.01.2008"]
        )
        tomorrow = unit.listing.due_count(today="2026-11-25")

    assert left == [1, 0, 0]
    assert land.topic == "lahan"
    assert {state: count for state, count in land.states.items() if count} == {
        "sebagian": 1,
        "terhambat": 1,
        "kosong": 3,
    }
    assert (land.villages, land.complete) == (5, 0)
    assert tomorrow == 2
