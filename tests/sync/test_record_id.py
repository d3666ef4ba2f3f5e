"""Ids of records."""

import uuid

from sync.record_id import fresh, keyed


def test_two_people_who_open_the_form_of_a_village_meet_in_one_record():
    one = keyed("berkas", "_area", {"_area": "62.02.01.2004"})
    other = keyed("berkas", "_area", {"_area": "62.02.01.2004", "catatan": "x"})

    namespace = uuid.uuid5(uuid.NAMESPACE_DNS, "tapak")
    assert one == other == str(uuid.uuid5(namespace, "berkas/62.02.01.2004"))


def test_a_monthly_report_is_named_by_village_and_month():
    answers = {"_area": "62.02.01.2004", "periode": "2026-11"}

    assert keyed("operasional", "_area,periode", answers) != keyed("operasional", "_area", answers)
    assert keyed("operasional", "_area,periode", {"_area": "62.02.01.2004"}) is None


def test_a_fresh_id_is_a_version_7_uuid_that_sorts_by_time():
    ids = [fresh(ms, b"\xff" * 10) for ms in (1, 1_764_040_000_123, 2**50)]

    assert ids == sorted(ids)
    assert {uuid.UUID(id).version for id in ids} == {7}
    assert {uuid.UUID(id).variant for id in ids} == {uuid.RFC_4122}
