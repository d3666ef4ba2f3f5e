"""Lists of areas follow each other; records keep the code that they were made with."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from server.hub.areas import Loaded, load_areas, naming, version_of, villages_in
from server.hub.errors import UsageError
from server.store.catalogue import AreaRow
from server.texts import text
from tests.server.conftest import AREAS, House
from tests.server.hub.phones import NEIGHBOUR, VILLAGE

DAY_MS = 86_400_000
LATER_MS = 1_790_000_000_000  # 2026-09-21 in UTC
# Basirih Hilir is renamed, Samuda Besar is gone, a new village took its place.
NEW_LIST = """code,name,level,parent,remark
62,Kalimantan Tengah,province,,
62.02,Kabupaten Kotawaringin Timur,regency,62,
62.02.01,Mentaya Hilir Selatan,district,62.02,
62.02.01.2005,Basirih Hilir Baru,village,62.02.01,
62.02.01.2011,Samuda Raya,village,62.02.01,new
62.03,Kabupaten Kapuas,regency,62,
62.03.05,Selat,district,62.03,
62.03.05.2001,Pulau Telo,village,62.03.05,
"""


def load(house: House, lines: str, version: str = "2026", now_ms: int = LATER_MS) -> Loaded:
    with house.server.store.write() as unit:
        return load_areas(unit, lines.splitlines(), version=version, now_ms=now_ms, zone=UTC)


def area(house: House, code: str) -> AreaRow:
    with house.server.store.read() as unit:
        found = unit.catalogue.area(code)
    assert found is not None
    return found


def count(house: House, on: str, *prefixes: str) -> int:
    with house.server.store.read() as unit:
        return villages_in(unit, prefixes or ["62"], on=on).villages


def refusal(house: House, lines: str) -> str:
    with pytest.raises(UsageError) as error:
        load(house, lines)
    return text(error.value.key, "en", **error.value.values)


def test_a_code_that_a_new_list_lacks_ends_and_stays(house: House) -> None:
    loaded = load(house, NEW_LIST)

    assert loaded == Loaded("2026", 8, added=1, renamed=1, ended=1)
    assert area(house, VILLAGE).valid_to == "2026-09-21"
    assert area(house, "62.02.01.2011").valid_from == "2026-09-21"
    assert [count(house, day) for day in ("2026-09-20", "2026-09-21")] == [3, 3]
    assert [count(house, day, "62.02.01.2011") for day in ("2026-09-20", "2026-09-21")] == [0, 1]


def test_a_renamed_area_keeps_its_earlier_names(house: House) -> None:
    load(house, NEW_LIST)
    load(house, NEW_LIST.replace("Hilir Baru", "Hilir Raya"))
    load(house, NEW_LIST.replace("Hilir Baru", "Hilir"))

    assert area(house, NEIGHBOUR).name == "Basirih Hilir"
    assert area(house, NEIGHBOUR).aliases == ("Basirih Hilir Baru", "Basirih Hilir Raya")


def test_a_code_that_comes_back_is_in_force_again(house: House) -> None:
    load(house, NEW_LIST)
    load(house, AREAS, "2027", LATER_MS + DAY_MS)

    assert area(house, VILLAGE).valid_to is None
    assert area(house, "62.02.01.2011").valid_to == "2026-09-22"
    assert count(house, "2026-09-22") == 3


def test_the_list_of_one_regency_says_nothing_of_another(house: House) -> None:
    regency = "\n".join(line for line in NEW_LIST.splitlines() if not line.startswith(("62,", "62.03")))

    assert load(house, regency) == Loaded("2026", 4, added=1, renamed=1, ended=1)
    assert area(house, "62.03.05.2001").valid_to is None


def test_a_list_may_say_since_when_until_when_what_came_after_and_other_names(house: House) -> None:
    load(
        house,
        "code,name,level,parent,valid_from,valid_to,successor,aliases\n"
        "62.02.01.2004,Samuda Besar,village,62.02.01,2001-01-01,2024-07-01,62.02.01.2005,"
        "Samuda; Samuda Lama ;Samuda;Samuda Besar\n",
    )

    assert area(house, VILLAGE) == AreaRow(
        code=VILLAGE,
        name="Samuda Besar",
        level="village",
        parent="62.02.01",
        valid_from="2001-01-01",
        valid_to="2024-07-01",
        successor=NEIGHBOUR,
        aliases=("Samuda", "Samuda Lama"),
    )
    assert [count(house, day) for day in ("2000-12-31", "2024-06-30", "2024-07-01")] == [2, 3, 2]


def test_a_day_begins_where_the_office_is(house: House) -> None:
    with house.server.store.write() as unit:
        late_ms = LATER_MS // DAY_MS * DAY_MS + 23 * 3_600_000
        jakarta = ZoneInfo("Asia/Jakarta")
        load_areas(unit, NEW_LIST.splitlines(), version="2026", now_ms=late_ms, zone=jakarta)

    assert area(house, VILLAGE).valid_to == "2026-09-22"


def test_a_wrong_row_is_named_and_nothing_is_loaded(house: House) -> None:
    head = "code,name,level,parent,valid_to,successor\n"
    good = "62.02.01.2004,Lain,village,62.02.01,,\n"

    assert refusal(house, "code,name\n") == (
        "Column level, parent is missing. Needed: code, name, level, parent."
    )
    assert refusal(house, head) == "The area list has no row."
    assert refusal(house, head + good + "62.02.01.2005,X,village,62.02.01,1 July,\n") == (
        "Row 3 (62.02.01.2005): '1 July' is no date. Write year-month-day: 2025-07-01."
    )
    assert refusal(house, head + good + "62.02.01.2005,X,village,62.02.01,,Samuda\n") == (
        "Row 3 (62.02.01.2005): the successor 'Samuda' is no area code."
    )
    assert refusal(house, head + good + "62.02.01.2005,X,village,62.02.01,2026-01-01,62.02.01.2005\n") == (
        "Row 3 (62.02.01.2005): the successor is this code itself. Leave it empty, or write the new code."
    )
    assert refusal(house, head + good + "62.02.01.2005,X,district,62.02.01,,\n") == (
        "Row 3: code '62.02.01.2005' does not fit its name, level or parent."
    )
    assert refusal(house, head + good + good.replace("Lain", "Lagi")) == (
        "Row 3 (62.02.01.2004): the list has this code in a row before. Keep one of them."
    )
    ends_early = "code,name,level,parent,valid_from,valid_to\n62,X,province,,2025-01-01,2024-12-31\n"
    assert refusal(house, ends_early) == (
        "Row 2 (62): it ends on 2024-12-31, before it begins on 2025-01-01."
    )
    assert area(house, VILLAGE).name == "Samuda Besar"


def test_a_denominator_says_which_list_it_counts_in(house: House) -> None:
    load(house, NEW_LIST, "Kepmendagri 300.2.2-2430/2025")

    with house.server.store.read() as unit:
        found = villages_in(unit, ["62.02", "62.02.01"], on="2026-09-21")
    assert (found.villages, found.counted) == (2, {NEIGHBOUR, "62.02.01.2011"})
    assert (found.list_version, found.list_loaded_ms) == ("Kepmendagri 300.2.2-2430/2025", LATER_MS)


def test_a_list_that_nobody_named_is_called_by_its_file_and_content() -> None:
    assert version_of("areas_62.csv", b"code\n") == "areas_62.csv b57b236c9bcd"
    assert version_of("areas_62.csv", b"code") != version_of("areas_62.csv", b"code\n")


def test_a_village_is_named_with_its_district(house: House) -> None:
    with house.server.store.read() as unit:
        place = naming(unit, lambda key, **values: text(key, "id", **values))
        assert [place(code) for code in (VILLAGE, "62.02.01", "62.02", "62.99")] == [
            "Samuda Besar (Kec. Mentaya Hilir Selatan)",
            "Kec. Mentaya Hilir Selatan",
            "Kabupaten Kotawaringin Timur",
            "62.99",
        ]
