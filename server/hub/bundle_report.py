"""What a bundle held and what became of it: the result of ``bundle import`` and ``POST /v1/bundles``."""

from typing import Any

import msgspec

from sync.admission import UNSIGNED
from sync.bundle import Manifest

DAMAGED = "damaged"
STORAGE_FULL = "storage-full"

_RANGE = {"first": "from", "last": "to"}


class Lines(msgspec.Struct):
    """How many log lines were new and known, and how many of them are held now, by reason."""

    new: int = 0
    known: int = 0
    held: dict[str, int] = {}


class OfDevice(msgspec.Struct, rename=_RANGE):
    """What stands in the file of a device id, and what is not here of it: ``[[from, to]]``."""

    device: str
    first: int
    last: int
    new: int = 0
    missing: list[tuple[int, int]] = []


class Damage(msgspec.Struct, frozen=True, rename=_RANGE):
    """Lines that were not stored. ``why``: ``damaged``; ``storage-full`` for one that nobody vouches for."""

    device: str
    first: int
    last: int
    why: str


class Files(msgspec.Struct):
    """Photos and documents in the file."""

    new: int = 0
    known: int = 0
    broken: int = 0


class Secrets(msgspec.Struct):
    """Sealed answers: opened here, and those that this server's key does not open."""

    opened: int = 0
    unopened: int = 0


class Signature(msgspec.Struct, frozen=True):
    """An end of a log that was signed, and whether the signature is its device's."""

    device: str
    seq: int
    id: str
    valid: bool


class Report(msgspec.Struct):
    """The whole. ``ignored``: lines that say nothing here. ``cut``: lines are missing at the end."""

    manifest: Manifest
    lines: Lines = msgspec.field(default_factory=Lines)
    devices: list[OfDevice] = []
    broken: list[Damage] = []
    attachments: Files = msgspec.field(default_factory=Files)
    secrets: Secrets = msgspec.field(default_factory=Secrets)
    signatures: list[Signature] = []
    receipts: int = 0
    ignored: int = 0
    cut: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether all of the file is here, as its devices' word: nobody needs the file any more."""
        lost = self.broken or self.attachments.broken or self.secrets.unopened or self.ignored or self.cut
        return not lost and not self.lines.held.get(UNSIGNED)


def report_json(report: Report) -> dict[str, Any]:
    """The JSON of a report."""
    said: dict[str, Any] = msgspec.to_builtins(report)
    manifest = report.manifest
    said["manifest"] = {
        "made": manifest.made,
        "by": manifest.by,
        "app": manifest.app,
        "name": manifest.name,
    }
    return said
