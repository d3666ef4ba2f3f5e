"""What every store promises about photos and documents."""

from __future__ import annotations

from server.store.attachments import AttachmentRow, ReferenceRow, UploadRow
from server.store.base import LogRow, Store

A, B = "a" * 64, "b" * 64


def line(id: str, device: str, held: str | None = None) -> LogRow:
    return LogRow(
        id=id,
        device=device,
        seq=1,
        previous="",
        complete=True,
        record="r1",
        form="lahan/1",
        line=b"{}",
        received_ms=1,
        via="sync",
        held=held,
        suspect=False,
        stub=False,
    )


def names(revision: str, sha256: str, device: str, *, restricted: bool = False) -> ReferenceRow:
    return ReferenceRow(revision, f"foto/{sha256}", sha256, "r1", device, "p1", restricted)


def test_a_log_is_asked_for_what_its_lines_name_until_it_is_here(store: Store) -> None:
    with store.write() as unit:
        unit.log.append([line("id1", "phone"), line("id2", "other")])
        unit.log.link("branch", "phone")
        unit.attachments.put(AttachmentRow(B, 5, "image/jpeg", 1))
        unit.attachments.refer(
            [names("id1", A, "branch"), names("id1", B, "phone"), names("id2", B, "other")]
        )
        unit.attachments.refer([names("id1", A, "branch")])

        assert unit.attachments.wanted("phone", limit=9) == [A]
        assert unit.attachments.wanted("phone", limit=0) == []
        assert unit.attachments.wanted("other", limit=9) == []
        unit.attachments.put(AttachmentRow(A, 7, "image/png", 2))
        unit.attachments.put(AttachmentRow(A, 7, "image/png", 3))
        assert unit.attachments.wanted("phone", limit=9) == []
        unit.attachments.forget(A)
        assert unit.attachments.wanted("phone", limit=9) == [A]

    with store.read() as unit:
        assert unit.attachments.get(A) is None
        assert list(unit.attachments.all()) == [AttachmentRow(B, 5, "image/jpeg", 1)]


def test_a_file_knows_which_lines_name_it_and_whether_they_are_merged(store: Store) -> None:
    with store.write() as unit:
        unit.log.append([line("id1", "phone"), line("id2", "other", held="out-of-area")])
        unit.attachments.refer([names("id1", A, "phone"), names("id2", A, "other", restricted=True)])

    with store.read() as unit:
        found = [(one.row.revision, one.row.restricted, one.merged) for one in unit.attachments.named_by(A)]
        assert found == [("id1", False, True), ("id2", True, False)]
        assert unit.attachments.named_by(B) == []


def test_uploads_begin_expire_and_end(store: Store) -> None:
    first = UploadRow("u1", A, "phone", 10, 100)
    second = UploadRow("u2", A, "phone", 10, 50)
    with store.write() as unit:
        unit.attachments.begin(first)
        unit.attachments.begin(second)
        assert unit.attachments.uploads_of("phone") == [second, first]
        assert unit.attachments.uploads_of("other") == []
        assert unit.attachments.expired(before_ms=100, limit=9) == [second]
        unit.attachments.end(["u2", "u3"])

    with store.read() as unit:
        assert unit.attachments.upload("u1") == first
        assert unit.attachments.upload("u2") is None
