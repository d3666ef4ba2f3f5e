"""A page is fetched while the one before it is stored: sooner, and nothing else is different."""

from __future__ import annotations

import pytest

from field_client import exchange, facts, pace, records
from field_client.ahead import in_background
from field_client.database import write
from field_client.exchange import Budget, following_page, next_request
from sync.wire import read_request
from tests.field_client.world import cut, no_network

RECORDS = 7
PAGE = Budget(32_000, 2)


@pytest.fixture
def full(world):
    """A server with seven records, and a device that takes two at a time."""
    siti, budi = world.phone("Siti"), world.phone("Budi", organisation="dpmd")
    made = [siti.starts(status="a") for _ in range(RECORDS)]
    siti.syncs()
    with write(budi.db):
        pace.keep(budi.db, PAGE)
    return budi, made


def first_page(phone):
    request = next_request(phone.db, budget=PAGE, now_ms=phone.now_ms)
    return request, phone.wire.exchange(request.body)


def taken_in(phone, request, answer):
    return exchange.apply_answer(
        phone.db, request, answer, now_ms=phone.now_ms, random_bytes=phone.world.chance.randbytes
    )


def test_the_request_ahead_is_the_one_that_would_be_sent_afterwards(full):
    budi, _ = full
    request, answer = first_page(budi)

    ahead = following_page(request, answer, rows=PAGE.rows)
    taken_in(budi, request, answer)

    assert ahead is not None
    afterwards = next_request(budi.db, budget=PAGE, now_ms=budi.now_ms)
    assert read_request(ahead.body) == read_request(afterwards.body)
    assert ahead == afterwards


def test_nothing_is_asked_ahead_of_a_cut_answer_or_of_the_last_page(full):
    budi, _ = full
    request, answer = first_page(budi)
    whole = next_request(budi.db, budget=Budget(32_000, 100), now_ms=budi.now_ms)

    assert following_page(request, answer[: len(answer) // 2], rows=2) is None
    assert following_page(whole, budi.wire.exchange(whole.body), rows=2) is None


def test_a_body_with_lines_is_answered_before_the_next_one_is_made(full):
    budi, _ = full
    budi.starts(status="b")
    request, answer = first_page(budi)

    assert request.count == 1
    assert following_page(request, answer, rows=2) is None


def test_each_page_comes_once_whether_asked_ahead_or_not(full):
    budi, made = full
    budi.meanwhile = fetched_at_once

    report = budi.syncs()

    assert (report.received, report.problem) == (RECORDS, None)
    assert sorted(listed.record for listed in records.listed(budi.db)) == sorted(made)
    assert len(budi.wire.bodies) < RECORDS


def test_a_save_while_a_page_is_on_its_way_is_sent_as_well(full):
    budi, _ = full
    saved = []

    def while_fetching(fetch):
        fetched = fetch()
        if not saved:
            saved.append(budi.starts(status="b"))
        return lambda: fetched

    budi.meanwhile = while_fetching
    report = budi.syncs()

    assert saved
    assert (report.sent, report.unsent, report.problem) == (1, 0, None)


def test_a_page_ahead_is_left_where_another_process_has_moved_the_cursor(full):
    budi, made = full
    other = []

    def while_fetching(fetch):
        fetched = fetch()

        def asked():
            return fetched

        if not other:
            other.append(True)
            request, answer = first_page(budi)
            taken_in(budi, request, answer)
        return asked

    budi.meanwhile = while_fetching
    report = budi.syncs()

    assert report.problem is None
    assert sorted(listed.record for listed in records.listed(budi.db)) == sorted(made)


def test_a_link_that_breaks_on_the_page_ahead_is_tried_again(full):
    budi, made = full
    budi.meanwhile = in_background
    answers = []

    def second_is_cut(answer):
        answers.append(answer)
        return cut(answer) if len(answers) == 2 else answer

    budi.wire.breaks = second_is_cut
    report = budi.syncs()

    assert report.problem is None
    assert sorted(listed.record for listed in records.listed(budi.db)) == sorted(made)


def test_without_a_network_for_the_page_ahead_the_first_page_is_here(full):
    budi, _ = full
    budi.meanwhile = in_background
    answers = []

    def second_is_lost(answer):
        answers.append(answer)
        return no_network(answer) if len(answers) > 1 else answer

    budi.wire.breaks = second_is_lost
    report = budi.syncs()

    assert report.problem is not None
    assert report.problem.key == "client.sync.no-network"
    assert len(records.listed(budi.db)) == 2
    assert facts.get(budi.db, facts.PACE) is not None


def test_a_thread_hands_on_what_the_work_gave_and_what_it_raised():
    assert in_background(lambda: 41 + 1)() == 42
    with pytest.raises(ZeroDivisionError):
        in_background(lambda: 1 // 0)()


def test_what_waits_for_a_person_is_found_without_reading_every_record(world):
    siti = world.phone("Siti")

    plan = siti.db.execute("EXPLAIN QUERY PLAN " + records.IN_QUESTION).fetchall()

    assert "snapshot_in_question" in plan[0][3]


def fetched_at_once(fetch):
    fetched = fetch()
    return lambda: fetched
