"""The readiness of villages as a table: a row a village that counts, the state of its four topics."""

from collections.abc import Iterator
from datetime import tzinfo

from server.exports.table import NUMBER, Cell, Column, Row, Table
from server.hub.areas import Denominator, names_in, villages_in
from server.hub.export import PROVINCES
from server.hub.forms import FormShelf
from server.hub.listing import catch_up
from server.hub.readiness import judge
from server.store.base import Store, Unit
from server.store.listing import Readiness
from server.texts import LANGUAGES, text
from sync.forms.completeness import COMPLETE, EMPTY, VERIFIED
from sync.forms.model import TOPICS
from sync.shown import time_text

READINESS = "readiness"
"""What is asked for instead of a form."""

_PLACE = ("area_code", "regency", "district", "village")


def bring_up_to_date(store: Store, shelf: FormShelf, *, today: str) -> None:
    """Compute what is due: records are listed first, then villages judged. Safe beside a server."""
    while catch_up(store, shelf):
        pass
    while judge(store, shelf, today=today):
        pass


def readiness_table(unit: Unit, area: str | None, *, labels: str, zone: tzinfo, now_ms: int) -> Table:
    """The villages in force inside an area (``None``: all), by code; one that never had a record is empty.

    ``labels``: the language in whose words the states are written; empty: their codes.
    """
    scope = [area] if area else list(PROVINCES)
    today = time_text(now_ms, zone)[:10]
    counted = villages_in(unit, scope, on=today)
    return Table(
        name=READINESS,
        title=text("console.topics.title", labels or "id"),
        as_of=time_text(now_ms, zone),
        columns=tuple(_columns()),
        sheets=(),
        rows=_rows(unit, scope, counted, labels),
    )


def _columns() -> Iterator[Column]:
    yield from (_column(name, name) for name in _PLACE)
    for topic in TOPICS:
        yield _column(topic, "topic", topic=topic)
        yield _column(f"{topic}_missing", "topic-missing", kind=NUMBER, topic=topic)
    yield _column("topics_complete", "topics_complete", kind=NUMBER)
    yield _column("judged_on", "judged_on")
    yield _column("list_version", "list_version")


def _column(name: str, about: str, *, kind: str = "text", **values: str) -> Column:
    words = {language: text(f"server.export.column.{about}", language, **values) for language in LANGUAGES}
    return Column(name=name, kind=kind, about=words)


def _rows(unit: Unit, scope: list[str], counted: Denominator, labels: str) -> Iterator[Row]:
    name_of = names_in(unit)
    known = {row.village: row for row in unit.listing.readiness(scope)}
    for village in sorted(counted.counted):
        place = [village, *(name_of(village[:length]) for length in (5, 8, 13))]
        judged = _judged(known.get(village), labels)
        yield Row([*place, *judged, counted.list_version or None])


def _judged(found: Readiness | None, labels: str) -> Iterator[Cell]:
    """State and items missing of each topic, topics that are complete, and the day."""
    complete = 0
    for topic in TOPICS:
        known = found.states.get(topic) if found else None
        state, beneath, missing = known or (EMPTY, EMPTY, None)
        complete += beneath in (COMPLETE, VERIFIED)
        yield text(f"console.topics.{state}", labels) if labels else state
        yield missing
    yield complete
    yield found.day if found else None
