"""Exchanges with a real server: what is stated, what is shown, and what breaks on the way."""

from __future__ import annotations

import shutil

import msgspec
import pytest

from field_client import facts, feeds, journal, records
from field_client.database import open_device, write
from field_client.exchange import Budget, next_request
from field_client.transport import Problem
from server.hub.ingest import release
from sync.chain import START
from sync.revision import Stub, read
from tests.field_client.world import FAR, NEIGHBOUR, VILLAGE, Phone, cut, no_network


def held(phone):
    return dict(phone.db.execute("SELECT id, why FROM held").fetchall())


def test_what_one_saves_the_other_sees_and_both_show_the_same(world):
    siti, budi = world.phone("Siti"), world.phone("Budi", organisation="dpmd")
    record = siti.starts(status="a", unit_ada="sembako", nik="6271")

    report = siti.syncs()
    budi.syncs()

    assert (report.sent, report.received, report.unsent) == (1, 1, 0)
    assert report.have == journal.tip(siti.db)
    open_to_all = {name: field for name, field in siti.fields(record).items() if name != "nik"}
    assert budi.fields(record).items() >= open_to_all.items()
    assert set(budi.sees(record)["nik"]) == {"#"}


def test_a_coordinator_sees_restricted_answers_of_his_area(world):
    siti, kora = world.phone("Siti"), world.phone("Kora", role="coordinator")
    record = siti.starts(nik="6271")
    siti.syncs(), kora.syncs()

    assert kora.sees(record) == {"nik": "6271"}


def test_an_own_save_stays_on_the_screen_until_a_snapshot_contains_it(world):
    siti, budi = world.phone("Siti"), world.phone("Budi", organisation="dpmd")
    record = siti.starts(status="a")
    siti.syncs(), budi.syncs()
    budi.saves(record, listrik="pln")
    budi.syncs()

    siti.saves(record, status="b")
    siti.wire.breaks = no_network
    siti.syncs()
    between = siti.sees(record)
    siti.wire.breaks = lambda answer: answer
    siti.syncs()

    assert between == {"status": "b"}
    assert siti.sees(record) == {"status": "b", "listrik": "pln"}


def test_a_lost_answer_costs_nothing_and_the_lines_arrive_once(world):
    siti = world.phone("Siti")
    record = siti.starts(status="a")
    siti.wire.breaks = no_network
    lost = siti.syncs()
    siti.wire.breaks = lambda answer: answer
    siti.saves(record, status="b")

    again = siti.syncs()

    assert lost.problem.key == "client.sync.no-network"
    assert (lost.sent, lost.have, lost.unsent) == (0, START, 1)
    assert (again.unsent, again.problem) == (0, None)
    with world.server.store.read() as unit:
        assert len(unit.log.history(record)) == 2


def test_of_an_answer_without_its_end_only_have_counts(world):
    siti, budi = world.phone("Siti"), world.phone("Budi", organisation="dpmd")
    record = siti.starts(status="a")
    siti.syncs(), budi.syncs()
    budi.saves(record, status="b")
    budi.wire.breaks = cut

    outcome = budi.exchanges()

    assert outcome.complete is False
    assert outcome.have == journal.tip(budi.db)
    assert feeds.cursors(budi.db) != {}
    assert budi.sees(record) == {"status": "b"}


def test_a_long_log_goes_out_in_bodies_that_fit_the_link(world):
    siti = world.phone("Siti")
    for number in range(30):
        siti.starts(status="x" * 500, sebutan_lahan=str(number))

    first = siti.exchanges(body_bytes=1000)
    report = siti.syncs()

    assert 1 < first.have.seq < 30
    assert (report.unsent, report.have.seq) == (0, 30)


def test_a_large_feed_comes_in_pages_and_the_last_one_compares(world):
    siti, budi = world.phone("Siti"), world.phone("Budi", organisation="dpmd")
    for number in range(25):
        siti.starts(sebutan_lahan=str(number))
    siti.syncs()

    first = budi.exchanges(rows=10)
    report = budi.syncs()

    assert (first.received, first.more) == (10, True)
    assert report.received == 15
    assert len(records.listed(budi.db)) == 25
    assert feeds.mismatched(budi.db) == []


def test_a_copied_phone_branches_and_both_logs_live(world):
    siti = world.phone("Siti")
    record = siti.starts(status="a")
    siti.syncs()
    shutil.copytree(siti.home, siti.home.with_name("copy"))
    copy = Phone(world, siti.home.with_name("copy"))
    copy.wire.token, copy.person = siti.wire.token, siti.person
    world.phones.append(copy)

    siti.saves(record, status="b")
    copy.saves(record, listrik="pln")
    siti.syncs()
    report = copy.syncs()
    copy.saves(record, status="c")
    copy.syncs(), siti.syncs()

    enrolled = facts.get(copy.db, facts.ENROLLED)
    last = copy.lines()[-1]
    assert report.forked is True
    assert (last["s"], last["was"]) == (1, enrolled)
    assert last["d"] != enrolled
    assert journal.damaged(copy.db) == []
    assert siti.sees(record) == copy.sees(record) == {"status": "c", "listrik": "pln"} or siti.conflicts(
        record
    )
    with world.server.store.read() as unit:
        assert len(unit.log.history(record)) == 4
        assert [code for code, _, _ in unit.log.flags()] == ["device-cloned"]


def test_a_fork_is_answered_by_one_new_device_id(world):
    siti = world.phone("Siti")
    siti.starts(status="a")
    siti.syncs()
    shutil.copytree(siti.home, siti.home.with_name("copy"))
    copy = Phone(world, siti.home.with_name("copy"))
    copy.wire.token = siti.wire.token
    world.phones.append(copy)
    siti.starts(status="b")
    siti.syncs()

    copy.syncs()
    first = facts.get(copy.db, facts.LOG_DEVICE)
    copy.syncs()
    copy.starts(status="c")
    again = copy.syncs()

    assert facts.get(copy.db, facts.LOG_DEVICE) == first
    assert again.forked is False
    assert [line["s"] for line in copy.lines()] == [1, 1]


def test_a_phone_restored_from_a_backup_goes_on_where_the_server_says(world):
    siti = world.phone("Siti")
    record = siti.starts(status="a")
    siti.syncs()
    siti.db.close()
    shutil.copytree(siti.home, siti.home.with_name("backup"))
    siti.db = open_device(siti.home)
    siti.saves(record, status="b")
    siti.syncs()
    siti.db.close()
    shutil.rmtree(siti.home)
    shutil.copytree(siti.home.with_name("backup"), siti.home)
    siti.db = open_device(siti.home)

    siti.saves(record, listrik="pln")
    siti.syncs()

    assert siti.sees(record) == {"status": "b", "listrik": "pln"}


def test_a_server_restored_from_a_backup_gets_everything_again(world):
    siti, budi = world.phone("Siti"), world.phone("Budi", organisation="dpmd")
    record = siti.starts(status="a")
    siti.syncs(), budi.syncs()
    world.server.store.close()
    shutil.copytree(world.folder / "server", world.folder / "backup")
    world.open()
    siti.saves(record, status="b")
    siti.starts(status="c")
    siti.syncs(), budi.syncs()
    world.server.store.close()
    shutil.rmtree(world.folder / "server")
    shutil.copytree(world.folder / "backup", world.folder / "server")
    world.open()

    budi.syncs()
    rolled_back = budi.sees(record)
    report = siti.syncs()
    budi.syncs()

    assert rolled_back == {"status": "a"}
    assert report.have == journal.tip(siti.db)
    assert budi.sees(record) == siti.sees(record) == {"status": "b"}
    assert len(records.listed(budi.db)) == 2


def test_a_held_save_is_shown_to_its_author_until_a_snapshot_contains_it(world):
    siti, budi = world.phone("Siti"), world.phone("Budi", area="62.03")
    record = siti.starts(status="a")
    siti.syncs()
    with write(budi.db):
        budi.db.execute("UPDATE identity SET scope = '[\"62.02\"]'")
    saved = budi.saves(record, status="b")

    report = budi.syncs()
    shown_while_held = budi.sees(record)
    with world.server.store.write() as unit:
        release(unit, world.server.shelf, saved.revision, now_ms=world.now_ms)
    budi.syncs(), siti.syncs()

    assert report.held == ((saved.revision, "out-of-area"),)
    assert (report.new_held, report.unsent) == (1, 0)
    assert shown_while_held == {"status": "b"}
    assert budi.sees(record) == {"status": "b"}
    assert "b" in {head["value"] for head in siti.fields(record)["status"]["heads"]}


def test_a_held_save_leaves_the_overlay_with_the_snapshot_that_contains_it(world):
    siti = world.phone("Siti")
    record = siti.starts(status="a")
    siti.syncs()
    with write(siti.db):
        siti.db.execute("UPDATE identity SET organisation = 'dpmd'")
    saved = siti.saves(record, status="b")
    siti.syncs()
    while_held = held(siti)

    with world.server.store.write() as unit:
        release(unit, world.server.shelf, saved.revision, now_ms=world.now_ms)
    siti.syncs()

    assert while_held == {saved.revision: "wrong-organisation"}
    assert held(siti) == {}
    assert siti.sees(record) == {"status": "b"}


def test_a_record_moved_out_of_the_scope_leaves_but_own_saves_stay_readable(world):
    siti = world.phone("Siti")
    wide = world.phone("Kora", role="province", area="62")
    record, foreign = siti.starts(status="a"), wide.starts(status="x")
    siti.syncs(), wide.syncs(), siti.syncs()
    before = sorted(listed.record for listed in records.listed(siti.db))

    wide.does("move", record, FAR), wide.does("move", foreign, FAR)
    wide.syncs(), siti.syncs()

    entry = records.load(siti.db, record)
    assert before == sorted([record, foreign])
    assert entry is not None
    assert entry.outside is True
    assert siti.sees(record) == {"status": "a"}
    assert records.load(siti.db, foreign) is None


def test_a_scope_that_shrinks_takes_records_away_and_one_that_grows_brings_them(world):
    siti, budi = world.phone("Siti"), world.phone("Budi", organisation="dpmd")
    here, there = siti.starts(status="a"), siti.starts(area=NEIGHBOUR, status="b")
    siti.syncs(), budi.syncs()

    def gives(*areas):
        with world.server.store.write() as unit:
            unit.connection.execute("DELETE FROM person_area WHERE person = ?", [budi.person])
            unit.connection.executemany(
                "INSERT INTO person_area (person, area) VALUES (?, ?)",
                [(budi.person, area) for area in areas],
            )

    gives(NEIGHBOUR)
    budi.syncs()
    village_only = [listed.record for listed in records.listed(budi.db)]
    gives("62.03")
    budi.syncs()
    elsewhere = [listed.record for listed in records.listed(budi.db)]
    gives("62.02")
    budi.syncs()

    assert (village_only, elsewhere) == ([there], [])
    assert sorted(listed.record for listed in records.listed(budi.db)) == sorted([here, there])
    assert budi.db.execute("SELECT count(*) FROM area WHERE code = ?", [VILLAGE]).fetchone() == (1,)


def test_a_snapshot_that_was_changed_by_a_fault_is_found_and_fetched_again(world):
    siti, budi = world.phone("Siti"), world.phone("Budi", organisation="dpmd")
    record = siti.starts(status="a")
    siti.syncs(), budi.syncs()
    with write(budi.db):
        budi.db.execute("DELETE FROM member")
        budi.db.execute("DELETE FROM snapshot")

    budi.syncs()

    assert budi.sees(record) == {"status": "a"}
    assert feeds.mismatched(budi.db) == []


def test_a_sum_that_stays_wrong_is_fetched_once_then_told_and_left_for_a_day(world):
    siti = world.phone("Siti")
    siti.starts(status="a")
    siti.syncs()
    with world.server.store.write() as unit:
        unit.feeds.add_to_sums({VILLAGE: 77})
    siti.starts(status="b")

    first = siti.syncs()
    bodies = len(siti.wire.bodies)
    siti.syncs()

    assert first.problem is None
    assert feeds.mismatched(siti.db) == ["62.02"]
    assert len(siti.wire.bodies) == bodies + 1
    world.now_ms += 25 * 3_600_000
    siti.syncs()
    assert len(siti.wire.bodies) == bodies + 3


def test_a_damaged_line_is_declared_and_nothing_behind_it_is_stuck(world):
    siti, budi = world.phone("Siti"), world.phone("Budi", organisation="dpmd")
    record = siti.starts(status="a")
    siti.saves(record, listrik="pln")
    siti.saves(record, status="c")
    whole = siti.db.execute("SELECT body FROM own WHERE local = 2").fetchone()[0]
    with write(siti.db):
        siti.db.execute("UPDATE own SET body = ? WHERE local = 2", [whole.replace(b"pln", b"pLn")])

    report = siti.syncs()
    budi.syncs()

    assert (report.damaged, report.unsent, report.problem) == (1, 0, None)
    assert budi.sees(record) == {"status": "c"}
    with world.server.store.read() as unit:
        device = facts.get(siti.db, facts.ENROLLED)
        assert unit.log.gaps(device) == [line.id for line in journal.lines(siti.db)][1:2]

    with write(siti.db):
        siti.db.execute("UPDATE own SET body = ? WHERE local = 2", [whole])
    siti.syncs(), budi.syncs()

    assert budi.sees(record) == {"status": "c", "listrik": "pln"}
    assert siti.syncs().have == journal.tip(siti.db)


def test_a_missing_line_is_declared_in_its_place(world):
    siti, budi = world.phone("Siti"), world.phone("Budi", organisation="dpmd")
    record = siti.starts(status="a")
    siti.saves(record, listrik="pln")
    siti.saves(record, status="c")
    missing = next(iter(journal.lines(siti.db, after_local=1))).id
    with write(siti.db):
        siti.db.execute("DELETE FROM own WHERE local = 2")

    report = siti.syncs()
    budi.syncs()

    stubs = [stub for line in siti.wire.bodies[0].split(b"\n")[1:] if isinstance(stub := read(line), Stub)]
    assert [(stub.omitted, stub.seq) for stub in stubs] == [(missing, 2)]
    assert (report.unsent, report.problem) == (0, None)
    assert budi.sees(record) == {"status": "c"}


def test_a_secret_that_the_server_lacks_is_sent_when_it_asks(world):
    siti, kora = world.phone("Siti"), world.phone("Kora", role="coordinator")
    record = siti.starts(nik="6271")
    siti.syncs()
    with world.server.store.write() as unit:
        unit.connection.execute("UPDATE secret SET salt = NULL, text = NULL")

    siti.syncs(), kora.syncs()

    assert kora.sees(record) == {"nik": "6271"}


def test_a_revoked_device_keeps_its_log_and_may_still_leave_its_lines(world):
    siti = world.phone("Siti")
    for number in range(5):
        siti.starts(sebutan_lahan=str(number))
    with world.server.store.write() as unit:
        unit.people.revoke(facts.get(siti.db, facts.ENROLLED), now_ms=world.now_ms)
    with write(siti.db):
        facts.put_json(siti.db, facts.PACE, Budget(1, 500))

    report = siti.syncs()

    assert report.problem.key == "client.sync.revoked"
    assert (report.unsent, report.have.seq) == (0, 5)
    assert len(siti.lines()) == 5


def test_a_busy_server_is_waited_for_and_a_very_busy_one_is_left(world):
    siti = world.phone("Siti")
    siti.starts(status="a")
    problems = [Problem(503, "store-unavailable", "Nothing was kept.", {}, wait) for wait in (3, 600)]

    def busy(answer: bytes) -> bytes:
        if problems:
            raise problems.pop(0)
        return answer

    siti.wire.breaks = busy
    first = siti.syncs()
    second = siti.syncs()

    assert (first.problem.key, first.retry_after_s) == ("client.sync.busy", 600)
    assert 3 <= siti.slept_s[0] <= 4
    assert (second.problem, second.unsent) == (None, 0)


def test_a_body_that_is_too_large_is_halved(world):
    siti = world.phone("Siti")
    for _ in range(8):
        siti.starts(status="x" * 3000)
    exchanged = siti.wire.exchange

    def small_door(body: bytes) -> bytes:
        if len(body) > 8000:
            raise Problem(413, "body-too-large", "Bodies may have 8000 bytes here.", {"max": 8000}, None)
        return exchanged(body)

    siti.wire.exchange = small_door
    report = siti.syncs()

    assert report.problem is None or report.problem.key == "client.sync.problem"
    for _ in range(3):
        report = siti.syncs()
    assert report.unsent == 0


def test_a_server_that_moved_is_followed(world):
    siti = world.phone("Siti")
    siti.starts(status="a")
    problems = [Problem(421, "wrong-server", "Send it to X.", {"url": "http://new.test/"}, None)]

    def moved(answer: bytes) -> bytes:
        if problems:
            raise problems.pop()
        return answer

    siti.wire.breaks = moved
    report = siti.syncs()

    assert (report.problem, report.unsent) == (None, 0)
    assert facts.get(siti.db, facts.URL) == siti.wire.url == "http://new.test"


def test_something_that_is_no_server_of_ours_is_said(world):
    siti = world.phone("Siti")
    siti.starts(status="a")
    siti.wire.breaks = lambda answer: b"<html>Welcome to the hotel</html>"

    report = siti.syncs()

    assert report.problem.key == "client.sync.not-tapak"
    assert report.unsent == 1


def test_pages_that_another_process_has_overtaken_do_not_count(world):
    siti, budi = world.phone("Siti"), world.phone("Budi", organisation="dpmd")
    record = siti.starts(status="a")
    siti.syncs()
    stale = next_request(budi.db, budget=Budget(1, 500), now_ms=world.now_ms)
    answer = budi.wire.exchange(stale.body)
    siti.saves(record, status="b")
    siti.syncs(), budi.syncs()

    from field_client.exchange import apply_answer

    outcome = apply_answer(budi.db, stale, answer, now_ms=world.now_ms, random_bytes=world.chance.randbytes)

    assert (outcome.complete, outcome.more) == (False, True)
    assert budi.sees(record) == {"status": "b"}


def test_a_new_conflict_and_a_new_form_are_told(world):
    siti, budi = world.phone("Siti"), world.phone("Budi", organisation="dpmd")
    record = siti.starts(status="a")
    siti.syncs(), budi.syncs()
    siti.saves(record, status="b"), budi.saves(record, status="c")
    siti.syncs()
    world.publishes(form_id="gerai")

    report = budi.syncs()

    assert (report.new_conflicts, report.conflicts) == (1, 1)
    assert budi.syncs().new_conflicts == 0
    assert budi.saves(form="gerai", area=VILLAGE, status="x").revisions


@pytest.mark.parametrize("rows", [1, 2, 500])
def test_the_header_says_what_is_left_and_how_old_it_is(world, rows):
    siti = world.phone("Siti")
    for _ in range(3):
        siti.starts(status="x" * 2000)
    world.now_ms += 60_000

    request = next_request(siti.db, budget=Budget(1, rows), now_ms=siti.now_ms)

    header = msgspec.json.decode(request.body.split(b"\n")[0])
    assert (header["n"], header["left"]["revisions"]) == (1, 2)
    assert header["left"]["oldest_s"] >= 60
    assert header.get("limit", {"rows": 500})["rows"] == rows
