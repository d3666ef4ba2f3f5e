"""Delivering what is carried: each file whole, resumably, and only where the server wants it."""

from collections.abc import Callable
from pathlib import Path

from sqlite_utils import Database

from field_client import carrying, files, uploads
from field_client.carrying import Carried
from field_client.facts import RandomBytes
from field_client.uploads import Link, Parcel


def deliver(
    db: Database, link: Link, folder: Path, *, random_bytes: RandomBytes, sleep: Callable[[float], None]
) -> int:
    """Bring up every file that the server wants; how many it has whole now.

    Raises NoNetwork, Problem; the next run goes on where this one ended. A file that is gone
    or altered here is noted as damaged, and the others go on.
    """
    delivered = 0
    for one in carrying.carried(db):
        if one.state != carrying.WANTED:
            continue
        if files.sha256_of(folder / one.sha256) != one.sha256:
            carrying.note(db, one.sha256, state=carrying.DAMAGED)
            continue
        uploads.bring(db, link, _parcel(db, folder, one), random_bytes=random_bytes, sleep=sleep)
        carrying.note(db, one.sha256, state=carrying.SENT)
        delivered += 1
    return delivered


def _parcel(db: Database, folder: Path, one: Carried) -> Parcel:
    def piece(offset: int, size_bytes: int) -> bytes:
        with (folder / one.sha256).open("rb") as reading:
            reading.seek(offset)
            return reading.read(size_bytes)

    return Parcel(
        metadata={"sha256": one.sha256, "bundle": "1"},
        size_bytes=one.size_bytes,
        url=one.url,
        keep_url=lambda url: carrying.note(db, one.sha256, state=carrying.WANTED, url=url),
        piece=piece,
    )
