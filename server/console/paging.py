"""A long list, some of it on each page: where a page begins and ends, and which come before and after."""

import msgspec


class Stretch(msgspec.Struct, frozen=True):
    """The items of one page, counted from 1 as people count."""

    first: int
    last: int

    @property
    def start(self) -> int:
        """How many come before: what an address says."""
        return self.first - 1


class Page(msgspec.Struct, frozen=True):
    """A page of ``count`` items, with its neighbours; ``here`` is ``None`` where there are no items."""

    count: int
    here: Stretch | None
    previous: Stretch | None = None
    next: Stretch | None = None


def page_of(count: int, start: int, *, size: int) -> Page:
    """The page on which the item after ``start`` others stands.

    Beyond the end it is the last one: whoever decides what stood there goes on with what is left.
    """
    if not count:
        return Page(0, None)
    number, last_number = max(0, start) // size, (count - 1) // size
    number = min(number, last_number)
    return Page(
        count,
        _stretch(number, count, size),
        previous=_stretch(number - 1, count, size) if number else None,
        next=_stretch(number + 1, count, size) if number < last_number else None,
    )


def _stretch(number: int, count: int, size: int) -> Stretch:
    return Stretch(number * size + 1, min(count, (number + 1) * size))
