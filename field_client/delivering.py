"""Delivering what is carried: each file whole, resumably, and only where the server wants it."""

from collections.abc import Callable
from pathlib import Path

import msgspec
from sqlite_utils import Database

from field_client import carrying, files, uploads
from field_client.carrying import Carried
from field_client.facts import RandomBytes
from field_client.transport import Problem
from field_client.uploads import Link, Parcel
from sync.bundle import UPLOAD_MARK


class Delivered(msgspec.Struct, frozen=True):
    """How many files the server has whole now, and why it would not take one of the others."""

    count: int
    refused: Problem | None


def deliver(
    db: Database, link: Link, folder: Path, *, random_bytes: RandomBytes, sleep: Callable[[float], None]
) -> Delivered:
    """Bring up every file that the server wants.

    Raises NoNetwork, and Problem where it concerns all files; the next run goes on where this
    one ended. A file that is gone or altered here is noted as damaged.
    """
    count, refused = 0, None
    for one in carrying.carried(db):
        if one.state != carrying.WANTED:
            continue
        if files.sha256_of(folder / one.sha256) != one.sha256:
            carrying.note(db, one.sha256, state=carrying.DAMAGED)
            continue
        try:
            uploads.bring(db, link, _parcel(db, folder, one), random_bytes=random_bytes, sleep=sleep)
        except Problem as problem:
            if problem.status not in _OF_ONE_FILE:
                raise
            refused = problem
        else:
            carrying.note(db, one.sha256, state=carrying.SENT)
            count += 1
    return Delivered(count, refused)


_OF_ONE_FILE = (400, 413, 422)
"""Answers to one file that this server cannot take, too large or no bundle; the others go."""


def _parcel(db: Database, folder: Path, one: Carried) -> Parcel:
    def piece(offset: int, size_bytes: int) -> bytes:
        with (folder / one.sha256).open("rb") as reading:
            reading.seek(offset)
            return reading.read(size_bytes)

    return Parcel(
        metadata=dict([("sha256", one.sha256), UPLOAD_MARK]),
        size_bytes=one.size_bytes,
        url=one.url,
        keep_url=lambda url: carrying.note(db, one.sha256, state=carrying.WANTED, url=url),
        piece=piece,
    )
