"""Attachments against their rows, and both against the lines that name them."""

from collections.abc import Iterable, Iterator

from server.attachments.base import AttachmentStore
from server.hub.attachments import keep, note_attachments
from server.hub.verify import Finding
from server.store.base import Store, Unit
from sync.attachment import may_name_attachments
from sync.revision import read

MISSING = "attachment-missing"
ALTERED = "attachment-altered"
UNLISTED = "attachment-unlisted"


def verify_attachments(store: Store, attachments: AttachmentStore) -> Iterator[Finding]:
    """Rows without their file, files whose bytes do not give their name, files without a row."""
    with store.read() as unit:
        yield from _findings(unit, attachments)


def mend_attachments(store: Store, attachments: AttachmentStore, *, now_ms: int) -> int:
    """Note again what every line names, list whole files, ask again for those that are gone.

    How many files were not as their rows say.
    """
    with store.write() as unit:
        for row in unit.log.all_lines():
            if may_name_attachments(row.line):
                note_attachments(unit, [(row, read(row.line))])
        found = list(_findings(unit, attachments))
        _mend(unit, attachments, found, now_ms=now_ms)
        return len(found)


def mend_files(store: Store, attachments: AttachmentStore, *, now_ms: int) -> list[str]:
    """List whole files, and ask again for those that are gone; the names of these."""
    with store.write() as unit:
        found = list(_findings(unit, attachments))
        _mend(unit, attachments, found, now_ms=now_ms)
        return [finding.subject for finding in found if finding.code != UNLISTED]


def _mend(unit: Unit, attachments: AttachmentStore, found: Iterable[Finding], *, now_ms: int) -> None:
    for finding in found:
        sha256 = finding.subject
        if finding.code == UNLISTED and attachments.is_whole(sha256):
            keep(unit, attachments, sha256, now_ms=now_ms)
        else:
            attachments.delete(sha256)
            unit.attachments.forget(sha256)


def _findings(unit: Unit, attachments: AttachmentStore) -> Iterator[Finding]:
    known = {row.sha256 for row in unit.attachments.all()}
    for sha256 in sorted(known):
        if attachments.stat(sha256) is None:
            yield Finding(MISSING, sha256)
        elif not attachments.is_whole(sha256):
            yield Finding(ALTERED, sha256)
    yield from (Finding(UNLISTED, sha256) for sha256 in attachments.all() if sha256 not in known)
