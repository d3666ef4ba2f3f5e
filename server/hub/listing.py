"""Keeping the console's list of records up to date, by reading the feeds as a device would.

A feed's counter moves inside the transaction that changed a record, so what the list has read
through is known exactly, and what it still misses is too. Receiving lines costs nothing more:
the list catches up before a page is made (a few records) and between (the rest, a ticking job).
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from server.hub.forms import FormShelf
from server.store.base import FeedRow, RecordRow, Store, Unit
from server.store.listing import Listed
from sync.fold import decode_snapshot
from sync.forms.model import Form, field_of
from sync.record import view

BATCH = 200
"""Records that are listed in one transaction: 40 ms during which receiving waits."""

_OPEN_CLASSES = ("public", "internal")
_WORD = re.compile(r"[a-z0-9]+")
_TITLE_CHARACTERS = 120
_TEXT_CHARACTERS = 4000
"""Words beyond this of one record are not searched."""


def catch_up(store: Store, shelf: FormShelf, *, records_max: int = BATCH) -> int:
    """List what changed since the last time, at most so many records; how many changes are left.

    Safe to call at any time, from several threads.
    """
    with store.read() as unit:
        if not _behind(unit):
            return 0
    with store.write() as unit:
        forms = _forms_mark(unit)
        if unit.listing.made_for() != forms:
            unit.listing.start_anew(forms)
        for regency in _behind(unit):
            records_max -= _read_on(unit, shelf, regency, records_max)
            if records_max <= 0:
                break
        return sum(_behind(unit).values())


def words_of(text: str) -> list[str]:
    """The words of a text as the list knows them: no accents, no case, nothing but a-z and 0-9."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(each for each in plain if not unicodedata.combining(each)))


def _behind(unit: Unit) -> dict[str, int]:
    """``{regency: changes}`` that the list has not read."""
    read = unit.listing.places() if unit.listing.made_for() == _forms_mark(unit) else {}
    counters = unit.listing.counters()
    return {regency: n - read.get(regency, 0) for regency, n in counters.items() if n != read.get(regency, 0)}


def _read_on(unit: Unit, shelf: FormShelf, regency: str, records_max: int) -> int:
    """List the next changes of a feed; how many rows were read."""
    after = unit.listing.places().get(regency, 0)
    newest, _ = unit.feeds.counter(regency)
    rows = unit.feeds.page(regency, [regency], after=after, limit=records_max + 1)
    if len(rows) <= records_max:
        unit.listing.reach(regency, newest)
    else:
        rows = rows[:records_max]
        unit.listing.reach(regency, rows[-1].position)
    _list(unit, shelf, rows)
    return len(rows)


def _list(unit: Unit, shelf: FormShelf, rows: Iterable[FeedRow]) -> None:
    ids = list(dict.fromkeys(row.record for row in rows))
    for record in unit.records.load(ids).values():
        form = shelf.current(unit, record.form.partition("/")[0])
        listed, text = _listed(unit, record, form)
        unit.listing.put(record.id, listed, text=text)


def _listed(unit: Unit, record: RecordRow, form: Form | None) -> tuple[list[Listed], str]:
    """A record's rows in the list and the words that find it."""
    seen = view(decode_snapshot(record.snapshot), form)
    answers = _open_texts({name: field.shown for name, field in seen.fields.items()}, form)
    places = [name for area in record.areas for name in _names_around(unit, area)]
    words = words_of(" ".join([record.id, *places, *answers]))
    rows = [
        Listed(
            record=record.id,
            village=area,
            form_id=record.form.partition("/")[0],
            title=(answers[0] if answers else "")[:_TITLE_CHARACTERS],
            updated_ms=record.updated_ms,
            conflicts=len(record.conflicts),
            deleted=seen.deleted,
        )
        for area in record.areas
    ]
    return rows, " ".join(dict.fromkeys(words))[:_TEXT_CHARACTERS]


def _open_texts(shown: dict[str, object], form: Form | None) -> list[str]:
    """Answers that people typed and everybody in the scope may read, in form order."""
    if form is None:
        return []
    order = {question.name: place for place, question in enumerate(form.questions)}
    found = []
    for name, value in shown.items():
        field = field_of(form, name) if isinstance(value, str) else None
        if field is not None and field.question.type == "text" and field.question.security in _OPEN_CLASSES:
            found.append((order[field.question.name], str(value)))
    return [text for _, text in sorted(found)]


def _names_around(unit: Unit, village: str) -> list[str]:
    """Names of a village and its district."""
    rows = [unit.catalogue.area(code) for code in (village, village.rpartition(".")[0])]
    return [row.name for row in rows if row is not None]


def _forms_mark(unit: Unit) -> str:
    """A mark of the form versions in force: another one has other classes, policies and titles."""
    named = "\n".join(f"{form}/{version}" for form, version in sorted(unit.catalogue.current_forms().items()))
    return hashlib.sha256(named.encode()).hexdigest()[:16]
