"""Keeping the console's list of records up to date, by reading the feeds as a device would.

A feed's counter moves inside the transaction that changed a record, so what the list has read
through is known exactly, and what it still misses is too. Receiving lines costs nothing more:
the list catches up before a page is made (a few records) and between (the rest, a ticking job).
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import msgspec

from server.hub.forms import FormShelf
from server.store.base import RecordRow, Store, Unit
from server.store.listing import Listed
from sync.fold import decode_snapshot
from sync.forms.model import Form, field_of
from sync.record import glance

BATCH = 100
"""Records that are listed at a time."""

_OPEN_CLASSES = ("public", "internal")
_WORD = re.compile(r"[a-z0-9]+")
_TITLE_CHARACTERS = 120
_TEXT_CHARACTERS = 4000
"""Words beyond this of one record are not searched."""


class _Batch(msgspec.Struct, frozen=True):
    """What is to be listed next: each record's rows and words, and through where each feed is read."""

    forms: str
    anew: bool
    reached: dict[str, int]
    records: dict[str, tuple[list[Listed], str]]
    left: int


def catch_up(store: Store, shelf: FormShelf, *, records_max: int = BATCH) -> int:
    """List what changed since the last time, about so many records; how many changes are left.

    Safe to call at any time, from several threads. Records are decoded before the transaction
    that writes: one that changes meanwhile takes a later place in its feed, and is read again.
    """
    with store.read() as unit:
        batch = _next(unit, shelf, records_max)
    if not batch.reached:
        return 0
    with store.write() as unit:
        if batch.anew:
            unit.listing.start_anew(batch.forms)
        for record, (rows, text) in batch.records.items():
            unit.listing.put(record, rows, text=text)
        for regency, n in batch.reached.items():
            unit.listing.reach(regency, n)
    return batch.left


def words_of(text: str) -> list[str]:
    """The words of a text as the list knows them: no accents, no case, nothing but a-z and 0-9."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(each for each in plain if not unicodedata.combining(each)))


def _next(unit: Unit, shelf: FormShelf, records_max: int) -> _Batch:
    forms = _forms_mark(unit)
    anew = unit.listing.made_for() != forms
    read = {} if anew else unit.listing.places()
    behind = {regency: n for regency, n in unit.listing.counters().items() if n != read.get(regency, 0)}
    reached: dict[str, int] = {}
    ids: dict[str, None] = {}
    for regency, newest in behind.items():
        room = records_max - len(ids)
        if room <= 0:
            break
        rows = unit.feeds.page(regency, [regency], after=read.get(regency, 0), limit=room + 1)
        reached[regency] = newest if len(rows) <= room else rows[room - 1].position
        ids |= dict.fromkeys(row.record for row in rows[:room])
    records = {
        id: _listed(unit, record, shelf.current(unit, record.form.partition("/")[0]))
        for id, record in unit.records.load(ids).items()
    }
    left = sum(newest - reached.get(regency, read.get(regency, 0)) for regency, newest in behind.items())
    return _Batch(forms, anew, reached, records, left)


def _listed(unit: Unit, record: RecordRow, form: Form | None) -> tuple[list[Listed], str]:
    """A record's rows in the list and the words that find it."""
    seen = glance(decode_snapshot(record.snapshot), form)
    answers = _open_texts(seen.shown, form)
    places = [name for area in record.areas for name in _names_around(unit, area)]
    words = words_of(" ".join([record.id, *places, *answers]))
    rows = [
        Listed(
            record=record.id,
            village=area,
            form_id=record.form.partition("/")[0],
            title=title_of(seen.shown, form),
            updated_ms=record.updated_ms,
            conflicts=len(record.conflicts),
            deleted=seen.deleted,
        )
        for area in record.areas
    ]
    return rows, " ".join(dict.fromkeys(words))[:_TEXT_CHARACTERS]


def title_of(shown: Mapping[str, Any], form: Form | None) -> str:
    """What people call a record: its first text that everybody in the scope may read, or nothing."""
    answers = _open_texts(shown, form)
    return answers[0][:_TITLE_CHARACTERS] if answers else ""


def _open_texts(shown: Mapping[str, Any], form: Form | None) -> list[str]:
    """Answers that people typed and everybody in the scope may read, in form order."""
    if form is None:
        return []
    order = {question.name: place for place, question in enumerate(form.questions)}
    found = []
    for name, value in shown.items():
        field = field_of(form, name) if isinstance(value, str) else None
        if field is not None and field.question.type == "text" and field.question.security in _OPEN_CLASSES:
            found.append((order[field.question.name], value))
    return [text for _, text in sorted(found)]


def _names_around(unit: Unit, village: str) -> list[str]:
    """Names of a village and its district, those that they had before among them."""
    rows = [unit.catalogue.area(code) for code in (village, village.rpartition(".")[0])]
    return [name for row in rows if row is not None for name in (row.name, *row.aliases)]


def _forms_mark(unit: Unit) -> str:
    """A mark of the form versions and area list in force: others have other classes, titles and names."""
    listed = unit.catalogue.area_list()
    names = [f"{form}/{version}" for form, version in sorted(unit.catalogue.current_forms().items())]
    named = "\n".join([*names, str(listed.loaded_ms if listed else 0)])
    return hashlib.sha256(named.encode()).hexdigest()[:16]
