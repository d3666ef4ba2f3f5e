"""What ``status`` and ``sync`` say of files that travel: carried ones, an old phone's, a receipt."""

from collections.abc import Iterable, Iterator
from typing import Any

from field_client import carrying, old_phones
from field_client.bundle_content import Numbers
from field_client.carrying import Carried
from field_client.edge import Device
from field_client.old_phones import OldPhone, Span
from sync.shown import time_text


def json_of(device: Device) -> dict[str, Any]:
    """Keys of ``status --json``."""
    files = carrying.carried(device.db)
    receipt = carrying.proven_receipt(device.db)
    return {
        "carried_left": len(carrying.on_the_way(files)),
        "carried": [_file_json(one) for one in files],
        "old_phones": [_phone_json(phone, files) for phone in old_phones.known(device.db)],
        "receipt": None
        if receipt is None
        else {
            "have": receipt.receipt.have,
            "durable": receipt.receipt.durable,
            "made_at": time_text(receipt.made_ms, device.zone),
        },
    }


def texts(device: Device) -> Iterator[str]:
    """Lines of ``status``."""
    files = carrying.carried(device.db)
    if files:
        megabytes = f"{sum(one.size_bytes for one in files) / 1_000_000:.1f}"
        yield device.text("client.status.carried", count=len(files), megabytes=megabytes)
    for one in files:
        yield device.text(
            f"client.status.carried.{one.state}",
            name=one.name,
            lines=numbers_text(device, one.numbers, one.owner),
        )
    yield from never_arrived(device)
    yield from _arrived(device)
    receipt = carrying.proven_receipt(device.db)
    if receipt is not None:
        made_at = time_text(receipt.made_ms, device.zone)
        yield device.text("client.status.receipt", number=receipt.receipt.have.seq, made_at=made_at)


def never_arrived(device: Device) -> Iterator[str]:
    """Which saves of an old phone never arrived."""
    files = carrying.carried(device.db)
    for phone in old_phones.known(device.db):
        name = phone.name or phone.device
        if waiting := _waiting(phone, files):
            yield device.text("client.old-phone.waiting", name=name, numbers=_spans_text(waiting))
        if missing := old_phones.missing(phone):
            yield device.text("client.old-phone.missing", name=name, numbers=_spans_text(missing))


def _arrived(device: Device) -> Iterator[str]:
    files = carrying.carried(device.db)
    for phone in old_phones.known(device.db):
        if not _waiting(phone, files) and not old_phones.missing(phone):
            name = phone.name or phone.device
            yield device.text("client.old-phone.arrived", name=name, count=phone.last)


def numbers_json(numbers: Numbers) -> dict[str, Any]:
    """Whose lines, from which number to which."""
    return {"device": numbers.device, "from": numbers.first, "to": numbers.last}


def numbers_text(device: Device, numbers: Iterable[Numbers], owner: str) -> str:
    """The same in words, with the name of who wrote the file, where it says one."""
    key = "client.bundle.numbers-of" if owner else "client.bundle.numbers"
    said = [
        device.text(key, device=one.device, first=one.first, last=one.last, owner=owner) for one in numbers
    ]
    return "; ".join(said) or "-"


def _file_json(one: Carried) -> dict[str, Any]:
    return {
        "sha256": one.sha256,
        "file": one.name,
        "owner": one.owner,
        "bytes": one.size_bytes,
        "state": one.state,
        "whole": one.whole,
        "old_phone": one.taken_over,
        "numbers": [numbers_json(numbers) for numbers in one.numbers],
    }


def _phone_json(phone: OldPhone, files: list[Carried]) -> dict[str, Any]:
    return {
        "device": phone.device,
        "name": phone.name,
        "saved": phone.last,
        "waiting": [list(span) for span in _waiting(phone, files)],
        "missing": [list(span) for span in old_phones.missing(phone)],
    }


def _waiting(phone: OldPhone, files: list[Carried]) -> tuple[Span, ...]:
    """What no server has stated to have; a file that is damaged here has not arrived either."""
    not_arrived = [one for one in files if one.state not in (carrying.STORED, carrying.DURABLE)]
    return old_phones.waiting(phone, [numbers for one in not_arrived for numbers in one.numbers])


def _spans_text(spans: Iterable[Span]) -> str:
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in spans)
