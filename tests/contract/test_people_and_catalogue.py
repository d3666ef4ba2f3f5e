"""What every store promises about persons, devices, codes, forms and areas."""

from __future__ import annotations

import threading

from server.store.base import Store
from server.store.catalogue import AreaList, AreaRow
from server.store.people import PersonRow

SITI = PersonRow(id="p1", name="Siti", role="verifier", organisation="tni", areas=("62.02", "62.03"))
BUDI = PersonRow(id="p2", name="Budi", role="coordinator", organisation="dpmd", areas=())


def test_persons_are_found_with_their_areas_and_listed_by_name(store: Store) -> None:
    with store.write() as unit:
        unit.people.add_person(SITI, now_ms=1)
        unit.people.add_person(BUDI, now_ms=1)

    with store.read() as unit:
        assert unit.people.person("p1") == SITI
        assert unit.people.person("p9") is None
        assert unit.people.persons() == [BUDI, SITI]


def test_a_device_has_its_persons_and_stays_listed_when_revoked(store: Store) -> None:
    with store.write() as unit:
        for person in (SITI, BUDI):
            unit.people.add_person(person, now_ms=1)
        unit.people.put_device("d1", name="HP", public_key='{"alg":"ES256"}', app="1", now_ms=5)
        unit.people.put_device("d2", name="Laptop", public_key="", app="1", now_ms=6)
        unit.people.link("d1", ["p1", "p2"])
        unit.people.link("d1", ["p1"])
        unit.people.seen("d1", now_ms=7, clock_ahead_ms=-3, app="2", left_json='{"revisions":4}')
        unit.people.seen("d9", now_ms=7, clock_ahead_ms=0, app="2", left_json="{}")
        assert unit.people.revoke("d1", now_ms=8) is True
        assert unit.people.revoke("d1", now_ms=9) is True
        assert unit.people.revoke("d9", now_ms=8) is False

    with store.read() as unit:
        assert unit.people.persons_on("d1") == [SITI, BUDI]
        assert unit.people.persons_on("d9") == []
        assert unit.people.device("d9") is None
        first, second = unit.people.devices()
    assert (first.id, first.last_seen_ms, first.persons) == ("d2", None, ())
    assert (second.id, second.revoked_ms, second.persons) == ("d1", 8, ("p1", "p2"))
    assert (second.app, second.clock_ahead_ms, second.left_json) == ("2", -3, '{"revisions":4}')


def test_a_device_that_enrols_again_keeps_its_first_day(store: Store) -> None:
    with store.write() as unit:
        unit.people.put_device("d1", name="HP", public_key="", app="1", now_ms=5)
        unit.people.put_device("d1", name="HP Siti", public_key="", app="2", now_ms=9)

    with store.read() as unit:
        (device,) = unit.people.devices()
    assert (device.name, device.app, device.enrolled_ms) == ("HP Siti", "2", 5)


def test_a_revoked_device_that_enrols_again_is_back(store: Store) -> None:
    with store.write() as unit:
        unit.people.put_device("d1", name="HP", public_key="", app="1", now_ms=5)
        unit.people.revoke("d1", now_ms=6)
        unit.people.put_device("d1", name="HP", public_key="", app="1", now_ms=7)

    with store.read() as unit:
        device = unit.people.device("d1")
    assert device is not None
    assert device.revoked is False


def test_a_code_is_redeemed_once_and_not_after_its_end(store: Store) -> None:
    with store.write() as unit:
        unit.people.add_person(SITI, now_ms=1)
        unit.people.issue("code", "p1", now_ms=1, expires_ms=10)
        unit.people.issue("late", "p1", now_ms=1, expires_ms=10)

    with store.write() as unit:
        assert unit.people.redeem("code", "d1", now_ms=9) == "p1"
        assert unit.people.redeem("code", "d1", now_ms=9) is None
        assert unit.people.redeem("late", "d1", now_ms=10) is None
        assert unit.people.redeem("invented", "d1", now_ms=1) is None


def test_of_many_redemptions_at_the_same_time_one_wins(store: Store) -> None:
    with store.write() as unit:
        unit.people.add_person(SITI, now_ms=1)
        unit.people.issue("code", "p1", now_ms=1, expires_ms=10)
    won: list[str | None] = []

    def redeem(number: int) -> None:
        with store.write() as unit:
            won.append(unit.people.redeem("code", f"d{number}", now_ms=2))

    threads = [threading.Thread(target=redeem, args=[number]) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(won, key=str) == [None] * 15 + ["p1"]


def test_the_form_published_last_is_the_current_one(store: Store) -> None:
    with store.write() as unit:
        unit.catalogue.publish("lahan", "2", title="Lahan", body=b"two", now_ms=1)
        unit.catalogue.publish("lahan", "1", title="Lahan", body=b"one", now_ms=2)
        unit.catalogue.publish("gerai", "1", title="Gerai", body=b"g", now_ms=3)

    with store.read() as unit:
        assert unit.catalogue.current_forms() == {"gerai": "1", "lahan": "1"}
        assert unit.catalogue.form("lahan") == b"one"
        assert unit.catalogue.form("lahan", "2") == b"two"
        assert unit.catalogue.form("lahan", "3") is None
        assert unit.catalogue.form("lain") is None
        assert [(form.id, form.version, form.current) for form in unit.catalogue.forms()] == [
            ("gerai", "1", True),
            ("lahan", "1", True),
            ("lahan", "2", False),
        ]


def test_areas_are_found_by_prefixes_that_end_at_a_level(store: Store) -> None:
    rows = [
        AreaRow(code="62", name="Kalimantan Tengah", level="province", parent=""),
        AreaRow(code="62.02", name="Kotim", level="regency", parent="62"),
        AreaRow(code="62.02.01", name="Mentaya", level="district", parent="62.02"),
        AreaRow(code="62.03", name="Kapuas", level="regency", parent="62"),
    ]
    with store.write() as unit:
        assert unit.catalogue.load_areas(rows) == 4
        unit.catalogue.load_areas([AreaRow(code="62.03", name="Kab. Kapuas", level="regency", parent="62")])

    with store.read() as unit:
        assert unit.catalogue.area_count() == 4
        assert [row.code for row in unit.catalogue.areas(["62.02"])] == ["62.02", "62.02.01"]
        assert [row.code for row in unit.catalogue.areas(["62.0"])] == []
        assert list(unit.catalogue.areas([])) == []
        area = unit.catalogue.area("62.03")
        assert area is not None
        assert area.name == "Kab. Kapuas"
        assert unit.catalogue.area("62.99") is None


def test_an_area_keeps_its_validity_its_successor_and_its_other_names(store: Store) -> None:
    ended = AreaRow(
        code="62.13.05.2026",
        name="Dambung",
        level="village",
        parent="62.13.05",
        valid_from="2018-01-01",
        valid_to="2020-07-01",
        successor="62.13.05.2001",
        aliases=("Dambung Lama", "Dusun “Dambung”"),
    )
    with store.write() as unit:
        unit.catalogue.load_areas([ended])

    with store.read() as unit:
        assert unit.catalogue.area(ended.code) == ended
        assert list(unit.catalogue.areas(["62.13"])) == [ended]


def test_villages_are_those_in_force_on_a_day(store: Store) -> None:
    village = {"name": "V", "level": "village"}
    with store.write() as unit:
        unit.catalogue.load_areas(
            [
                AreaRow(code="62.02.01", name="D", level="district", parent="62.02"),
                AreaRow(code="62.02.01.2004", parent="62.02.01", **village),
                AreaRow(code="62.02.01.2005", parent="62.02.01", valid_to="2026-01-01", **village),
                AreaRow(code="62.03.05.2001", parent="62.03.05", valid_from="2026-01-01", **village),
            ]
        )

    with store.read() as unit:
        assert unit.catalogue.villages(["62"], on="2025-12-31") == ["62.02.01.2004", "62.02.01.2005"]
        assert unit.catalogue.villages(["62"], on="2026-01-01") == ["62.02.01.2004", "62.03.05.2001"]
        assert unit.catalogue.villages(["62.03", "62.02.01.2004"], on="2026-01-01") == [
            "62.02.01.2004",
            "62.03.05.2001",
        ]
        assert unit.catalogue.villages(["62.02", "62.02.01"], on="2026-01-01") == ["62.02.01.2004"]
        assert unit.catalogue.villages(["62.0"], on="2026-01-01") == []


def test_the_list_that_was_loaded_last_is_in_force(store: Store) -> None:
    with store.read() as unit:
        assert unit.catalogue.area_list() is None
    with store.write() as unit:
        unit.catalogue.put_area_list(AreaList(version="2024", areas=3, loaded_ms=9))
        unit.catalogue.put_area_list(AreaList(version="2025", areas=4, loaded_ms=5))

    with store.read() as unit:
        assert unit.catalogue.area_list() == AreaList(version="2025", areas=4, loaded_ms=5)


def test_the_public_key_of_a_device_is_as_it_gave_it(store: Store) -> None:
    with store.write() as unit:
        unit.people.put_device("d1", name="", public_key='{"alg":"ES256"}', app="", now_ms=1)
        unit.people.put_device("d1", name="new", public_key="", app="", now_ms=2)
        unit.people.put_device("d2", name="", public_key="", app="", now_ms=1)

    with store.read() as unit:
        assert unit.people.public_key("d1") == '{"alg":"ES256"}'
        assert unit.people.public_key("d2") == ""
        assert unit.people.public_key("nobody") == ""
