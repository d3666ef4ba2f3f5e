"""When the agent tries, and how much it sends at once."""

from __future__ import annotations

import random

from field_client import facts, journal, pace
from field_client.agent import Agent, Schedule, route_to_server
from field_client.database import open_device, write
from field_client.exchange import Budget
from field_client.settings import (
    AGENT_INTERVAL_S,
    BACKOFF_MAX_S,
    BODY_BYTES_MAX,
    BODY_BYTES_START,
    ROWS_MAX,
    ROWS_START,
)
from tests.field_client.world import World


def schedule() -> Schedule:
    return Schedule(random.Random(3).randbytes)


def test_without_a_route_nothing_is_tried_and_with_the_first_one_at_once():
    plan = schedule()

    assert plan.is_due(now_s=0, route=None, unsent=True) is False
    assert plan.is_due(now_s=5, route="10.0.0.2", unsent=False) is True


def test_after_success_new_lines_go_at_once_and_news_is_asked_for_now_and_then():
    plan = schedule()
    plan.is_due(now_s=0, route="10.0.0.2", unsent=False)
    plan.succeeded(now_s=0)

    assert plan.is_due(now_s=5, route="10.0.0.2", unsent=False) is False
    assert plan.is_due(now_s=5, route="10.0.0.2", unsent=True) is True
    assert plan.is_due(now_s=AGENT_INTERVAL_S, route="10.0.0.2", unsent=False) is True


def test_failures_wait_longer_and_longer_but_another_network_is_tried_at_once():
    plan = schedule()
    plan.is_due(now_s=0, route="10.0.0.2", unsent=True)
    for _ in range(12):
        plan.failed(now_s=0)

    assert plan.is_due(now_s=1, route="10.0.0.2", unsent=True) is False
    assert plan.is_due(now_s=2, route="192.168.1.7", unsent=True) is True
    assert plan.is_due(now_s=BACKOFF_MAX_S, route="192.168.1.7", unsent=True) is True


def test_a_server_that_asks_for_time_gets_it():
    plan = schedule()
    plan.is_due(now_s=0, route="10.0.0.2", unsent=True)
    plan.failed(now_s=0, retry_after_s=600)

    assert plan.is_due(now_s=599, route="10.0.0.2", unsent=True) is False
    assert plan.is_due(now_s=601, route="10.0.0.2", unsent=True) is True


def test_the_wait_is_anything_up_to_the_doubled_base():
    waits = [pace.jittered_s(random.Random(seed).randbytes, 30, base_s=5) for seed in range(200)]

    assert 0 <= min(waits) < BACKOFF_MAX_S / 10
    assert BACKOFF_MAX_S * 0.9 < max(waits) <= BACKOFF_MAX_S


def test_a_fast_link_gets_more_at_once_and_a_slow_one_less(tmp_path):
    db = open_device(tmp_path)
    start = pace.load(db)

    faster, slower = pace.after(start, took_ms=900), pace.after(start, took_ms=30_000)

    assert start == Budget(BODY_BYTES_START, ROWS_START)
    assert faster == Budget(BODY_BYTES_START * 2, ROWS_START * 2)
    assert slower == Budget(BODY_BYTES_START // 2, ROWS_START // 2)
    assert pace.after(start, took_ms=10_000) == start
    assert pace.after(Budget(BODY_BYTES_MAX, ROWS_MAX), took_ms=1) == Budget(BODY_BYTES_MAX, ROWS_MAX)
    assert pace.halved(Budget(1, 1)) == Budget(1, 1)


def test_an_agent_without_a_network_ticks_and_stops(world: World):
    siti = world.phone("Siti")
    siti.starts(status="a")
    agent = Agent(siti.home, "id", route_to=lambda url: None)

    agent.start()
    agent.tick()
    agent.stop()

    assert journal.have_local(siti.db) == 0


def test_an_agent_whose_server_is_away_goes_on_ticking(world: World, capsys):
    siti = world.phone("Siti")
    siti.starts(status="a")
    with write(siti.db):
        facts.put(siti.db, facts.URL, "http://127.0.0.1:9")
    agent = Agent(siti.home, "id")

    agent.tick()
    agent.tick()

    said = capsys.readouterr().err
    assert said.count("Semua simpanan aman di perangkat.") >= 1


def test_a_route_is_found_without_sending_anything():
    assert route_to_server("http://127.0.0.1:9/") == "127.0.0.1"
    assert route_to_server("") is None
    assert route_to_server("http://name.invalid") is None
