"""The phone that a person had before: which of its numbers are on their way, and which are nowhere.

Its lines stay its lines: what makes a line is its content, so they are carried to the server and
not saved again here.
"""

from collections.abc import Iterable

import msgspec
from sqlite_utils import Database

from field_client import facts
from field_client.bundle_content import Content, Numbers

Span = tuple[int, int]
"""Numbers of lines, the first and the last of them."""


class OldPhone(msgspec.Struct, frozen=True):
    """A log whose work was taken over, as far as files told.

    ``last``: number of its last line that a file named. ``arrived``: the server had everything
    up to this number, said the phone. ``brought``: what lay in the files.
    """

    device: str
    name: str
    last: int
    arrived: int
    brought: tuple[Numbers, ...]


def note(db: Database, content: Content) -> None:
    """Remember what a file tells of the logs in it. Inside the caller's transaction."""
    phones = {phone.device: phone for phone in known(db)}
    for device in {numbers.device for numbers in content.numbers} | {tip.device for tip in content.tips}:
        before = phones.get(device) or OldPhone(device, content.manifest.name, 0, 0, ())
        brought = tuple(one for one in content.numbers if one.device == device)
        ends = [numbers.last for numbers in brought] + [
            tip.seq for tip in content.tips if tip.device == device
        ]
        arrived = [receipt.have.seq for receipt in content.receipts if receipt.device == device]
        phones[device] = OldPhone(
            device,
            content.manifest.name or before.name,
            max([before.last, *ends]),
            max([before.arrived, *arrived]),
            (*before.brought, *brought),
        )
    facts.put_json(db, facts.OLD_PHONES, sorted(phones.values(), key=lambda phone: phone.device))


def known(db: Database) -> tuple[OldPhone, ...]:
    """Every log whose work was taken over here."""
    text = facts.get(db, facts.OLD_PHONES)
    return () if text is None else msgspec.json.decode(text, type=tuple[OldPhone, ...])


def waiting(phone: OldPhone, on_the_way: Iterable[Numbers]) -> tuple[Span, ...]:
    """Numbers that lie in a file here and have not arrived, as far as is known."""
    spans = [
        (max(one.first, phone.arrived + 1), one.last)
        for one in on_the_way
        if one.device == phone.device and one.last > phone.arrived
    ]
    return _united(spans)


def missing(phone: OldPhone) -> tuple[Span, ...]:
    """Numbers that the old phone saved and that no file brought: it is still needed for them."""
    found: list[Span] = []
    reached = phone.arrived
    for first, last in _united((one.first, one.last) for one in phone.brought):
        if first > reached + 1:
            found.append((reached + 1, first - 1))
        reached = max(reached, last)
    if phone.last > reached:
        found.append((reached + 1, phone.last))
    return tuple(found)


def _united(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same numbers in their order, neighbours and overlaps as one."""
    found: list[Span] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)
