"""``tapak doctor``: whether this device is sound, in lines that a coordinator can be read over the phone."""

from collections.abc import Iterator
from typing import Any

import click
import msgspec

from field_client import edge, facts, feeds, journal, records
from field_client.database import reported
from field_client.edge import Device, help_text, put_json
from field_client.settings import CLOCK_OFFSET_WARN_MS, FREE_BYTES_WARN, OLDEST_UNSENT_WARN_S


class Check(msgspec.Struct, frozen=True):
    """One line: what was looked at, whether it is well, and the figures of its text."""

    name: str
    passed: bool
    values: dict[str, Any] = {}


@click.command(help=help_text("doctor"))
@click.option("--json", "as_json", is_flag=True, help=help_text("json"))
@click.pass_obj
def command(device: Device, as_json: bool) -> int:
    """Look at everything; 3 where something needs a person."""
    with reported():
        checks = list(checks_of(device))
    texts = {check.name: device.text(f"client.doctor.{check.name}", **check.values) for check in checks}
    if as_json:
        put_json([{"check": c.name, "passed": c.passed, "text": texts[c.name], **c.values} for c in checks])
    else:
        for check in checks:
            click.echo(f"{'[ok]' if check.passed else '[!!]'} {texts[check.name]}")
    return 0 if all(check.passed for check in checks) else edge.NEEDS_A_PERSON


def checks_of(device: Device) -> Iterator[Check]:
    """Every check, in order."""
    db = device.db
    answer = str(db.conn.execute("PRAGMA quick_check(1)").fetchone()[0])
    yield Check("database", answer == "ok", {"answer": answer})
    damaged = journal.damaged(db)
    names = ", ".join(f"{line.seq} ({line.id})" for line in damaged) or "-"
    yield Check("log", not damaged, {"count": journal.count(db), "damaged": len(damaged), "names": names})
    shown = sum(len(journal.revisions_of(db, listed.record)) for listed in records.listed(db))
    yield Check("shown", shown == journal.count(db), {"shown": shown, "count": journal.count(db)})
    yield Check("persons", bool(facts.persons(db)), {"count": len(facts.persons(db))})
    yield _clock(device)
    wrong = feeds.mismatched(db)
    yield Check("feeds", not wrong, {"feeds": ", ".join(wrong) or "-"})
    free_mb = device.free_bytes() // 1_000_000
    yield Check("space", free_mb * 1_000_000 >= FREE_BYTES_WARN, {"free_mb": free_mb})
    yield _unsent(device)


def _clock(device: Device) -> Check:
    checked = facts.get(device.db, facts.CLOCK_CHECKED_MS)
    offset_ms = int(facts.get(device.db, facts.CLOCK_OFFSET_MS) or 0)
    known = checked is not None and int(checked) <= edge.now_ms()
    return Check(
        "clock", known and abs(offset_ms) <= CLOCK_OFFSET_WARN_MS, {"offset_s": round(offset_ms / 1000)}
    )


def _unsent(device: Device) -> Check:
    oldest_ms = journal.oldest_unsent_ms(device.db)
    oldest_s = 0 if oldest_ms is None else max(0, edge.now_ms() - oldest_ms) // 1000
    count = journal.count(device.db, after_local=journal.have_local(device.db))
    return Check("unsent", oldest_s <= OLDEST_UNSENT_WARN_S, {"count": count, "hours": oldest_s // 3600})
