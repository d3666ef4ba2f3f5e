"""A8: every push comes again: at once, at the same moment several times, and days later."""

from __future__ import annotations

import threading
from http.client import HTTPConnection
from typing import Any

from field_client import exchange, facts
from field_client.exchange import Budget
from sync.wire import CONTENT_TYPE
from tests.faults.office import Office, now_ms
from tests.faults.phone import Phone
from tests.faults.stage import Stage

RACERS = 4


def every_push_again(stage: Stage) -> str:
    """Two servers get the same work, one of them every body five times and more."""
    twice, once = Office(stage.fresh("twice")), Office(stage.fresh("once"))
    with twice, once:
        phones = [Phone(stage.fresh("phone"), stage.rng) for _ in range(2)]
        for phone, name in zip(phones, ("Siti", "Budi"), strict=True):
            phone.enrols(twice, twice.url, name)
            code_again(once, phone, name)
        pushes: list[tuple[str, bytes]] = []
        record, flagged = "", 0
        rounds = stage.count(long=150, short=12)
        for number in range(rounds):
            phone = phones[number % 2]
            record = phone.saves(f"round {number}", record=record or None)
            token, body = next_body(phone)
            pushes.append((token, body))
            _race(twice, token, body, RACERS)
            _send(once, token, body)
            before = twice.whole()
            _send(twice, token, body)
            stage.expect(
                not changed(before, twice), f"round {number}: the same body again: {changed(before, twice)}"
            )
            for old_token, old in stage.rng.sample(pushes, min(3, len(pushes))):
                _send(twice, old_token, old)
            late = changed(before, twice)
            # A phone that was put back to yesterday sends the very same bytes: the note must be made.
            noted = late.pop("flag", [])
            stage.expect(all(row[0] == "device-cloned" for row in noted), f"round {number}: {noted}")
            stage.expect(not late, f"round {number}: a late body: {late}")
            flagged += bool(noted)
            phone.syncs(twice.url)
            record = record if stage.rng.random() < 0.7 else ""
            stage.tell(f"round {number}: {len(body)} bytes, {RACERS} at once, once after, 3 late")
        stage.expect(twice.content() == once.content(), "the two servers hold different things")
        stage.expect(twice.findings() == [], f"verify: {twice.findings()}")
        return (
            f"{rounds} pushes × ({RACERS} racing, 1 after, 3 late): byte-identical, equal to a server "
            f"that got each once; {flagged} times a late one left the note device-cloned"
        )


def changed(before: dict[str, list[Any]], office: Office) -> dict[str, list[Any]]:
    """The rows of each table that are not as they were."""
    now = office.whole()
    rows = {table: [row for row in now[table] if row not in before[table]] for table in now}
    return {table: rows[table] for table in now if now[table] != before[table]}


def code_again(office: Office, phone: Phone, name: str) -> None:
    """The same device is known at a second server, which signs with the same key."""
    office.code(name)
    with phone.opened() as db, office.opened() as server, server.store.write() as unit:
        device = facts.get(db, facts.ENROLLED) or ""
        unit.people.put_device(device, name=name, public_key="", app="", now_ms=now_ms())
        unit.people.link(device, [f"p{name.lower():a<10}"])


def next_body(phone: Phone) -> tuple[str, bytes]:
    """The token and the next push of a phone, as it would send it."""
    with phone.opened() as db:
        request = exchange.next_request(db, budget=Budget(1_000_000, 500), now_ms=now_ms())
        return facts.get(db, facts.TOKEN) or "", request.body


def _send(office: Office, token: str, body: bytes) -> int:
    connection = HTTPConnection("127.0.0.1", office.port, timeout=60)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": CONTENT_TYPE}
    connection.request("POST", "/v1/sync", body, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status != 200:
        raise AssertionError(f"a push was answered {answer.status}")
    return answer.status


def _race(office: Office, token: str, body: bytes, racers: int) -> None:
    threads = [threading.Thread(target=_send, args=(office, token, body)) for _ in range(racers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
