"""Finding records in the console's list, always inside the reader's scope."""

import msgspec

from server.hub.listing import words_of
from server.hub.pages import Reader
from server.hub.records import narrowed
from server.store.base import Unit
from server.store.listing import Filter, Listed

WORDS_MAX = 8
"""Words of a question that are looked at."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody looks for. ``after``: the last row of the page before."""

    area: str | None = None
    form_id: str | None = None
    text: str = ""
    in_conflict: bool = False
    deleted: bool = False
    after: tuple[int, str] | None = None


class Found(msgspec.Struct, frozen=True):
    """A page of the list, newest change first, and where the next one starts."""

    rows: tuple[Listed, ...]
    after: tuple[int, str] | None


def search(unit: Unit, reader: Reader, asked: Asked, *, rows_max: int) -> Found:
    """Records in scope that answer the question, each once."""
    wanted = Filter(
        prefixes=tuple(narrowed(reader.scope, asked.area)),
        form_id=asked.form_id,
        words=tuple(words_of(asked.text)[:WORDS_MAX]),
        in_conflict=asked.in_conflict,
        deleted=asked.deleted,
    )
    # A record on whose village people differ has several rows; they stand together.
    rows = unit.listing.page(wanted, before=asked.after, limit=2 * rows_max + 1)
    found = list({row.record: row for row in reversed(rows)}.values())[::-1]
    page = found[:rows_max]
    last = (page[-1].updated_ms, page[-1].record) if len(found) > rows_max else None
    return Found(tuple(page), last)
