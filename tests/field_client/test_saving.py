"""What a save writes, and what it may supersede."""

from __future__ import annotations

import json

import pytest

from field_client import forms, journal, records
from field_client.database import write
from field_client.errors import CommandProblem
from field_client.flags import flags
from sync.chain import revision_id
from sync.revision import FIELDS_MAX, LINE_BYTES_MAX, LimitExceeded
from tests.field_client.world import NEIGHBOUR, VILLAGE


def test_a_save_is_a_line_of_the_log_that_names_its_author_place_and_time(world):
    siti = world.phone("Siti")

    saved = siti.saves(area=VILLAGE, status="kosong", tanggal_kunjungan="20/11/2026")

    (line,) = siti.lines()
    assert line["v"] == {"_area": VILLAGE, "status": "kosong", "tanggal_kunjungan": "2026-11-20"}
    assert (line["s"], line["r"], line["k"]) == (1, saved.record, "lahan/1")
    assert (line["a"], line["o"], line["w"]) == (siti.person, "verifier/tni", "2026-11-20")
    assert (line["t"], line["ta"]) == (siti.now_ms, 1)


def test_every_line_covers_the_one_before(world):
    siti = world.phone("Siti")
    record = siti.starts(status="a")
    siti.saves(record, status="b")

    first, second = journal.lines(siti.db)

    assert first.id == revision_id("", first.body)
    assert second.id == revision_id(first.id, second.body)
    assert [first.seq, second.seq] == [1, 2]


def test_an_edit_names_the_heads_that_stood_on_the_screen(world):
    siti = world.phone("Siti")
    record = siti.starts(status="a", listrik="pln")
    (first,) = journal.lines(siti.db)

    siti.saves(record, status="b")

    assert siti.lines()[1]["b"] == [first.id]
    assert siti.sees(record) == {"status": "b", "listrik": "pln"}


def test_the_same_value_again_is_a_confirmation_and_is_written(world):
    siti = world.phone("Siti")
    record = siti.starts(status="a")

    saved = siti.saves(record, status="a")

    assert len(saved.revisions) == 1
    assert siti.lines()[1]["v"] == {"status": "a"}


def test_a_save_with_nothing_to_write_makes_no_line(world):
    siti = world.phone("Siti")
    record = siti.starts(status="a")

    saved = siti.saves(record)

    assert (saved.revisions, saved.revision) == ((), None)
    assert len(siti.lines()) == 1


def test_a_form_opened_before_a_pull_supersedes_only_what_it_showed(world):
    siti, budi = world.phone("Siti"), world.phone("Budi", organisation="dpmd")
    record = siti.starts(status="a")
    siti.syncs(), budi.syncs()
    opened = [head["id"] for head in siti.fields(record)["status"]["heads"]]
    budi.saves(record, status="b")
    budi.syncs(), siti.syncs()

    siti.saves(record, status="c", base=tuple(opened))

    assert siti.conflicts(record) == ("status",)
    assert {head["value"] for head in siti.fields(record)["status"]["heads"]} == {"b", "c"}


def test_a_worse_answer_of_somebody_else_is_spared_under_a_cautious_policy(world):
    siti, budi = world.phone("Siti"), world.phone("Budi", organisation="dpmd")
    record = siti.starts(sengketa="ada", status="a")
    siti.syncs(), budi.syncs()

    budi.saves(record, sengketa="tidak", status="b")

    assert budi.sees(record) == {"sengketa": "ada", "status": "b"}
    assert budi.conflicts(record) == ("sengketa",)


def test_a_corrected_observation_date_takes_along_the_authors_values_under_latest(world):
    siti = world.phone("Siti")
    record = siti.starts(listrik="pln", status="a", nik="6271", tanggal_kunjungan="2026-11-20")

    siti.saves(record, tanggal_kunjungan="2026-11-22")

    line = siti.lines()[1]
    assert line["w"] == "2026-11-22"
    assert set(line["v"]) == {"tanggal_kunjungan", "listrik", "nik"}
    assert siti.sees(record)["nik"] == "6271"


def test_a_save_about_another_day_can_say_so(world):
    siti = world.phone("Siti")

    siti.saves(area=VILLAGE, listrik="pln", observed_on="2026-10-01")

    assert siti.lines()[0]["w"] == "2026-10-01"
    with pytest.raises(CommandProblem, match=r"client\.save\.date-malformed"):
        siti.saves(area=VILLAGE, listrik="pln", observed_on="kemarin")


def test_a_later_save_speaks_of_the_day_that_its_author_gave_before(world):
    siti, budi = world.phone("Siti"), world.phone("Budi", organisation="dpmd")
    record = siti.starts(tanggal_kunjungan="2026-11-20")
    siti.saves(record, listrik="pln")
    siti.syncs(), budi.syncs()

    budi.saves(record, status="b")

    assert siti.lines()[1]["w"] == "2026-11-20"
    assert budi.lines()[0]["w"] == "2026-11-20"


def test_a_restricted_answer_stands_in_the_line_as_a_commitment_and_is_open_to_its_author(world):
    siti = world.phone("Siti")

    record = siti.starts(nik="6271234567890001")

    (line,) = journal.lines(siti.db)
    assert b"6271234567890001" not in line.body
    assert set(json.loads(line.body)["v"]["nik"]) == {"#"}
    assert siti.sees(record) == {"nik": "6271234567890001"}


def test_a_save_larger_than_a_line_becomes_several_lines_of_one_transaction(world):
    siti = world.phone("Siti")
    many = {f"isian_{number}": "x" * 600 for number in range(FIELDS_MAX + 50)}

    saved = siti.saves(area=VILLAGE, fields=many)

    lines = list(journal.lines(siti.db))
    assert len(saved.revisions) == len(lines) > 2
    assert max(len(line.body) for line in lines) <= LINE_BYTES_MAX
    assert siti.sees(saved.record) == many
    assert [line.seq for line in lines] == list(range(1, len(lines) + 1))


def test_one_value_that_no_line_can_hold_is_said_and_nothing_is_stored(world):
    siti = world.phone("Siti")

    with pytest.raises(LimitExceeded, match=r"This save has 7\d+ bytes; a revision holds at most 65536"):
        siti.saves(area=VILLAGE, fields={"status": "x" * 70_000, "listrik": "pln"})

    assert siti.lines() == []


def test_text_that_no_line_can_hold_is_replaced_and_every_other_text_is_kept(world):
    siti = world.phone("Siti")

    record = siti.starts(fields={"status": "a\ud800b", "sebutan_lahan": "  0081 é "})

    assert siti.sees(record) == {"status": "a\ufffdb", "sebutan_lahan": "  0081 é "}


def test_an_answer_that_does_not_fit_is_stored_and_flagged(world):
    siti = world.phone("Siti")

    saved = siti.saves(area=VILLAGE, listrik="lilin", tanggal_kunjungan="besok")

    assert [
        (flag.field, flag.code)
        for flag in flags(siti.db, records.load(siti.db, saved.record), today="2026-11-23", language="id")
    ] == [
        ("tanggal_kunjungan", "wrong-type"),
        ("listrik", "unknown-choice"),
    ]
    assert siti.sees(saved.record) == {"listrik": "lilin", "tanggal_kunjungan": "besok"}


def test_answers_of_a_unit_group_are_laid_over_the_shown_object(world):
    siti = world.phone("Siti")
    record = siti.starts(ukuran__panjang_m="40", ukuran__lebar_m="25")

    siti.saves(record, lebar_m="30,5")

    assert siti.sees(record) == {"ukuran": {"panjang_m": 40, "lebar_m": 30.5}}


def test_two_who_open_the_form_of_a_village_offline_meet_in_one_record(world):
    world.publishes(form_id="berkas", settings="record_key=_area")
    siti, budi = world.phone("Siti"), world.phone("Budi", organisation="dpmd")

    one = siti.saves(form="berkas", area=VILLAGE, status="a").record
    other = budi.saves(form="berkas", area=VILLAGE, status="b").record
    siti.saves(form="berkas", area=VILLAGE, status="c")
    siti.syncs(), budi.syncs(), siti.syncs()

    assert one == other
    assert {head["value"] for head in siti.fields(one)["status"]["heads"]} == {"b", "c"}
    assert siti.fields(one)["_area"]["conflict"] is False
    assert siti.conflicts(one) == ("status",)
    assert [line["v"] for line in siti.lines()][1] == {"status": "c"}


@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        ({"form": "gerai", "area": VILLAGE}, "client.save.form-unknown"),
        ({"status": "a"}, "client.save.area-missing"),
        ({"area": "62.02.01"}, "client.area-malformed"),
        ({"fields": {"_area": "Samuda"}}, "client.area-malformed"),
        ({"area": VILLAGE, "person": "pxxxxxxxxxx"}, "client.person-unknown"),
    ],
)
def test_what_cannot_be_saved_is_said_and_nothing_is_stored(world, answers, problem):
    siti = world.phone("Siti")

    with pytest.raises(CommandProblem) as caught:
        siti.saves(**answers)

    assert caught.value.key == problem
    assert siti.lines() == []


def test_on_a_shared_device_the_person_who_saves_must_be_named(world):
    siti = world.phone("Siti")
    budi = siti.joins("Budi", role="verifier", organisation="dpmd", area="62.02")

    with pytest.raises(CommandProblem, match=r"client\.which-person"):
        siti.starts(status="a")
    siti.saves(area=VILLAGE, status="a", person=budi)

    assert (siti.lines()[0]["a"], siti.lines()[0]["o"]) == (budi, "verifier/dpmd")


def test_a_moved_record_shows_its_new_village_only(world):
    siti = world.phone("Siti")
    record = siti.starts(status="a")

    siti.does("move", record, NEIGHBOUR, why="salah desa")

    entry = records.load(siti.db, record)
    assert entry is not None
    assert entry.view().areas == (NEIGHBOUR,)
    assert siti.lines()[1]["why"] == "salah desa"


def test_a_deleted_record_comes_back(world):
    siti = world.phone("Siti")
    record = siti.starts(status="a")

    siti.does("delete", record)
    deleted = records.load(siti.db, record).view().deleted
    siti.does("undelete", record)

    assert deleted is True
    assert records.load(siti.db, record).view().deleted is False
    assert siti.does("undelete", siti.starts()).revisions == ()


def test_a_coordinator_decides_for_good_and_gives_a_reason(world):
    siti, budi = world.phone("Siti"), world.phone("Budi", organisation="dpmd")
    kora = world.phone("Kora", role="coordinator", organisation="dinas_koperasi")
    record = siti.starts(sengketa="ada")
    siti.syncs(), budi.syncs()
    budi.saves(record, sengketa="tidak")
    budi.syncs(), kora.syncs()
    heads = {head["value"]: head["id"] for head in kora.fields(record)["sengketa"]["heads"]}

    kora.does("resolve", record, "sengketa", head=heads["tidak"], typed=None, why="dicek")
    kora.syncs(), siti.syncs()

    assert siti.sees(record) == {"sengketa": "tidak"}
    assert siti.conflicts(record) == ()
    (line,) = kora.lines()
    assert (line["v"], sorted(line["b"]), line["why"]) == (
        {"sengketa": "tidak"},
        sorted(heads.values()),
        "dicek",
    )


def test_a_verifier_may_not_decide_and_nobody_decides_without_a_reason(world):
    siti = world.phone("Siti")
    kora = world.phone("Kora", role="coordinator")
    record = siti.starts(sengketa="ada")
    siti.syncs(), kora.syncs()

    with pytest.raises(CommandProblem, match=r"client\.resolve\.no-right"):
        siti.does("resolve", record, "sengketa", head=None, typed="tidak", why="x")
    with pytest.raises(CommandProblem, match=r"client\.resolve\.reason-missing"):
        kora.does("resolve", record, "sengketa", head=None, typed="tidak", why=" ")
    with pytest.raises(CommandProblem, match=r"client\.resolve\.head-unknown"):
        kora.does("resolve", record, "sengketa", head="tidak ada", typed=None, why="x")


def test_a_clock_that_was_never_compared_gives_no_age(world):
    siti = world.phone("Siti")
    with write(siti.db):
        siti.db.execute("DELETE FROM setting WHERE name = 'clock_checked_ms'")

    siti.starts(status="a")

    assert "ta" not in siti.lines()[0]


def test_a_clock_that_runs_ahead_is_corrected_by_the_server_time_seen_last(world):
    siti = world.phone("Siti")
    siti.clock_ahead_ms = 3 * 3_600_000
    siti.syncs()

    siti.starts(status="a")

    assert siti.lines()[0]["t"] == world.now_ms


def test_a_save_follows_the_form_version_that_the_server_named_last(world):
    siti = world.phone("Siti")
    world.publishes(form_id="lahan", version="2")

    siti.starts(status="a")
    siti.syncs()
    siti.starts(status="b")

    assert [line["k"] for line in siti.lines()] == ["lahan/1", "lahan/2"]
    assert forms.current_versions(siti.db) == {"lahan": "2"}
