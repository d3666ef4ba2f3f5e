"""A photo comes in pieces, survives every cut, and is what its name says or is not kept."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from server.app import web_app
from server.attachments.folder import FolderAttachments
from server.hub.attachment_care import mend_attachments, verify_attachments
from tests.server.attachments.conftest import Sender, checksum
from tests.server.attachments.pictures import photo, sha256, some_bytes
from tests.server.conftest import House

PHOTO = some_bytes(300_000)
NAME = sha256(PHOTO)
Senders = Callable[..., Sender]


def test_the_server_asks_for_what_a_line_names_until_it_has_it(sender: Senders) -> None:
    siti = sender("Siti")
    siti.names(PHOTO)

    asked = siti.phone.syncs().header.wanted.files
    siti.brings(PHOTO)

    assert asked == (NAME,)
    assert siti.phone.syncs().header.wanted.files == ()
    assert siti.gets(f"/v1/attachments/{NAME}").data == PHOTO


def test_only_the_phone_whose_line_names_a_file_is_asked_for_it(sender: Senders) -> None:
    siti, budi = sender("Siti"), sender("Budi")
    siti.names(PHOTO)
    siti.phone.syncs()

    assert budi.phone.syncs().header.wanted.files == ()


def test_a_held_line_brings_its_photo_as_well(sender: Senders) -> None:
    siti = sender("Siti", area="62.03")
    siti.names(PHOTO)

    answer = siti.phone.syncs()

    assert [held.why for held in answer.header.held] == ["out-of-area"]
    assert answer.header.wanted.files == (NAME,)


def test_a_photo_that_was_taken_away_before_it_was_sent_is_not_asked_for(sender: Senders) -> None:
    siti = sender("Siti")
    siti.phone.saves("r1", {"_area": "62.02.01.2004", f"foto/{NAME}": None})

    assert siti.phone.syncs().header.wanted.files == ()


def test_the_server_says_what_it_can_do_to_whoever_asks(house: House) -> None:
    answer = house.client.options("/v1/attachments")

    assert answer.status_code == 204
    assert {name: value for name, value in answer.headers.items() if name.startswith("Tus-")} == {
        "Tus-Resumable": "1.0.0",
        "Tus-Version": "1.0.0",
        "Tus-Extension": "creation,checksum,expiration,termination",
        "Tus-Max-Size": str(1024 * 1024 * 1024),
        "Tus-Checksum-Algorithm": "sha1,sha256",
    }


def test_an_upload_goes_on_where_it_was_cut(sender: Senders) -> None:
    siti = sender("Siti")
    url = siti.begins(PHOTO).headers["Location"]
    siti.sends(url, PHOTO[:100_000], offset=0)

    where = siti.asks("HEAD", url)
    rest = siti.sends(url, PHOTO[100_000:], offset=100_000)

    assert (where.status_code, where.headers["Upload-Offset"], where.headers["Upload-Length"]) == (
        200,
        "100000",
        "300000",
    )
    assert where.headers["Cache-Control"] == "no-store"
    assert (rest.status_code, rest.headers["Upload-Offset"]) == (204, "300000")
    assert "Upload-Expires" in rest.headers


def test_what_came_of_a_cut_piece_is_kept_unless_its_checksum_says_otherwise(
    house: House, sender: Senders
) -> None:
    siti = sender("Siti")
    url = siti.begins(PHOTO).headers["Location"]

    def cut(**headers: str) -> int:
        return house.client.patch(
            url,
            input_stream=io.BytesIO(PHOTO[:40_000]),
            headers={
                "Authorization": f"Bearer {siti.phone.token}",
                "Tus-Resumable": "1.0.0",
                "Upload-Offset": "0",
                "Content-Type": "application/offset+octet-stream",
                "Content-Length": "100000",
                **headers,
            },
        ).status_code

    proven = cut(**{"Upload-Checksum": checksum(PHOTO[:100_000])})
    after_proven = siti.asks("HEAD", url).headers["Upload-Offset"]
    cut()

    assert (proven, after_proven) == (460, "0")
    assert siti.asks("HEAD", url).headers["Upload-Offset"] == "40000"


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_piece_is_proven_by_its_checksum(sender: Senders, algorithm: str) -> None:
    siti = sender("Siti")
    url = siti.begins(PHOTO).headers["Location"]
    piece = PHOTO[:1000]

    wrong = siti.sends(url, PHOTO[1:1001], offset=0, Upload_Checksum=checksum(piece, algorithm))
    right = siti.sends(url, piece, offset=0, Upload_Checksum=checksum(piece, algorithm))

    assert (wrong.status_code, (wrong.json or {})["code"]) == (460, "checksum-mismatch")
    assert (right.status_code, right.headers["Upload-Offset"]) == (204, "1000")


def test_a_piece_at_the_wrong_place_is_told_the_right_one(sender: Senders) -> None:
    siti = sender("Siti")
    url = siti.begins(PHOTO).headers["Location"]
    siti.sends(url, PHOTO[:1000], offset=0)

    answer = siti.sends(url, PHOTO[5:1000], offset=5)

    assert answer.status_code == 409
    assert (answer.json or {})["offset"] == 1000
    assert (answer.json or {})["detail"] == (
        "The field 'offset' says how many bytes the server has. Go on from there."
    )


def test_bytes_that_do_not_give_the_name_are_not_kept_and_asked_for_again(sender: Senders) -> None:
    siti = sender("Siti")
    siti.names(PHOTO)
    url = siti.begins(PHOTO).headers["Location"]

    answer = siti.sends(url, b"x" * len(PHOTO), offset=0)

    assert (answer.status_code, (answer.json or {})["code"]) == (460, "attachment-altered")
    assert siti.asks("HEAD", url).headers["Upload-Offset"] == "0"
    assert siti.phone.syncs().header.wanted.files == (NAME,)
    siti.brings(PHOTO)
    assert siti.phone.syncs().header.wanted.files == ()


def test_every_step_may_be_repeated(sender: Senders) -> None:
    siti, budi = sender("Siti"), sender("Budi")
    siti.brings(PHOTO)

    again = budi.begins(PHOTO)
    last_piece_again = budi.sends(again.headers["Location"], PHOTO[:10], offset=0)

    assert (again.status_code, again.headers["Upload-Offset"]) == (201, "300000")
    assert (last_piece_again.status_code, last_piece_again.headers["Upload-Offset"]) == (204, "300000")


def test_an_upload_is_of_its_phone_alone(sender: Senders) -> None:
    siti, budi = sender("Siti"), sender("Budi")
    url = siti.begins(PHOTO).headers["Location"]

    assert budi.asks("HEAD", url).status_code == 404
    assert budi.sends(url, b"x", offset=0).status_code == 404
    assert budi.asks("DELETE", url).status_code == 404
    assert siti.asks("DELETE", url).status_code == 204
    assert siti.asks("HEAD", url).status_code == 404


def test_an_upload_expires_and_leaves_nothing(house: House, sender: Senders) -> None:
    siti = sender("Siti")
    url = siti.begins(PHOTO).headers["Location"]
    siti.sends(url, PHOTO[:1000], offset=0)
    house.clock_ms += 15 * 24 * 3_600_000

    assert siti.asks("HEAD", url).status_code == 404
    siti.begins(some_bytes(10))
    assert list((house.server.folder.attachments / "uploads").iterdir()) == []


def test_a_phone_that_begins_again_and_again_fills_nothing(house: House, sender: Senders) -> None:
    siti = sender("Siti")
    for _ in range(40):
        house.clock_ms += 1
        url = siti.begins(PHOTO).headers["Location"]
        siti.sends(url, PHOTO[:10], offset=0)

    assert len(list((house.server.folder.attachments / "uploads").iterdir())) == 32
    assert siti.asks("HEAD", url).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Tus_Resumable": "0.2.2"}, 412, "tus-version-unknown"),
        ({"Upload_Length": "x"}, 400, "invalid-request"),
        ({"Upload_Length": "0"}, 400, "invalid-request"),
        ({"Upload_Length": "-1"}, 400, "invalid-request"),
        ({"Upload_Length": "9" * 30}, 400, "invalid-request"),
        ({"Upload_Length": str(32 * 1024 * 1024 + 1)}, 413, "body-too-large"),
        ({"Upload_Metadata": ""}, 400, "invalid-request"),
        ({"Upload_Metadata": "sha256 Li4vLi4vZXRjL3Bhc3N3ZA=="}, 400, "invalid-request"),
        ({"Upload_Metadata": "sha256 !"}, 400, "invalid-request"),
    ],
)
def test_an_upload_that_cannot_be_is_not_begun(
    house: House, sender: Senders, headers: dict[str, str], status: int, code: str
) -> None:
    answer = sender("Siti").begins(PHOTO, **headers)

    assert (answer.status_code, (answer.json or {})["code"]) == (status, code)
    assert not house.server.folder.attachments.exists()


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Content_Type": "image/jpeg"}, 415, "content-type-wrong"),
        ({"Upload_Checksum": "md5 AAAA"}, 400, "invalid-request"),
        ({"Upload_Checksum": "sha1 ???"}, 400, "invalid-request"),
        ({"Upload_Offset": ""}, 400, "invalid-request"),
    ],
)
def test_a_piece_that_cannot_be_read_changes_nothing(
    sender: Senders, headers: dict[str, str], status: int, code: str
) -> None:
    siti = sender("Siti")
    url = siti.begins(PHOTO).headers["Location"]

    answer = siti.sends(url, PHOTO[:10], offset=0, **headers)

    assert (answer.status_code, (answer.json or {})["code"]) == (status, code)
    assert siti.asks("HEAD", url).headers["Upload-Offset"] == "0"


def test_more_than_was_announced_is_not_taken(sender: Senders) -> None:
    siti = sender("Siti")
    url = siti.begins(PHOTO).headers["Location"]

    assert siti.sends(url, PHOTO + b"x", offset=0).status_code == 413


def test_a_full_disk_takes_text_and_refuses_photos_in_clear_words(house: House, sender: Senders) -> None:
    siti = sender("Siti")
    url = siti.begins(PHOTO).headers["Location"]
    full = msgspec.structs.replace(
        house.server, settings=msgspec.structs.replace(house.server.settings, attachment_free_bytes_min=2**62)
    )
    house.client = web_app(full, now_ms=lambda: house.clock_ms).test_client()
    siti.names(PHOTO)

    taken = siti.phone.syncs()
    began, piece = siti.begins(PHOTO), siti.sends(url, PHOTO[:10], offset=0)

    assert taken.header.have.seq == 1
    for refused in (began, piece):
        assert (refused.status_code, refused.headers["Retry-After"]) == (507, "60")
        assert refused.json == {
            "type": "/problems/attachments-full",
            "title": "The server has no room left for photos",
            "status": 507,
            "detail": "Text is still taken; what is left of the disk is kept for it. Keep the file and try "
            "again after the time in 'Retry-After'.",
            "code": "attachments-full",
        }


def test_a_power_cut_between_file_and_row_is_harmless(house: House, sender: Senders) -> None:
    siti = sender("Siti")
    siti.names(PHOTO)
    siti.phone.syncs()
    siti.brings(PHOTO)
    with house.server.store.write() as unit:
        unit.attachments.forget(NAME)
    found = [(finding.code, finding.subject) for finding in _findings(house)]

    again = siti.begins(PHOTO)

    assert found == [("attachment-unlisted", NAME)]
    assert again.headers["Upload-Offset"] == "300000"
    assert _findings(house) == []
    assert siti.phone.syncs().header.wanted.files == ()


def test_a_power_cut_before_the_whole_part_got_its_name_is_harmless(house: House, sender: Senders) -> None:
    siti = sender("Siti")
    url = siti.begins(PHOTO).headers["Location"]
    house.server.attachments.append(url.rpartition("/")[2], PHOTO, offset=0)

    answer = siti.sends(url, b"", offset=len(PHOTO))

    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, "300000")
    assert house.server.attachments.is_whole(NAME)


@pytest.mark.parametrize("came", [PHOTO, b"x" * len(PHOTO)], ids=["the file", "something else"])
def test_a_phone_that_asks_after_its_last_piece_hears_of_a_file_or_begins_anew(
    house: House, sender: Senders, came: bytes
) -> None:
    """The last piece was on disk when the server died: a phone that heard of all its bytes went on."""
    siti = sender("Siti")
    url = siti.begins(PHOTO).headers["Location"]
    house.server.attachments.append(url.rpartition("/")[2], came, offset=0)

    offset = siti.asks("HEAD", url).headers["Upload-Offset"]

    assert offset == (str(len(PHOTO)) if came == PHOTO else "0")
    assert house.server.attachments.is_whole(NAME) == (came == PHOTO)
    assert _findings(house) == []


@pytest.mark.parametrize("damage", ["gone", "altered"])
def test_a_file_that_is_gone_or_altered_is_found_and_asked_for_again(
    house: House, sender: Senders, damage: str
) -> None:
    siti = sender("Siti")
    siti.names(PHOTO)
    siti.phone.syncs()
    siti.brings(PHOTO)
    file = house.server.folder.attachments / NAME[:2] / NAME[2:4] / NAME
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(b"x")

    found = [(finding.code, finding.subject) for finding in _findings(house)]
    mended = mend_attachments(house.server.store, house.server.attachments, now_ms=1)

    assert found == [(f"attachment-{'missing' if damage == 'gone' else 'altered'}", NAME)]
    assert mended == 1
    assert siti.phone.syncs().header.wanted.files == (NAME,)
    siti.brings(PHOTO)
    assert _findings(house) == []


def test_a_file_that_is_gone_is_taken_again_before_anybody_looked(house: House, sender: Senders) -> None:
    siti = sender("Siti")
    siti.brings(PHOTO)
    house.server.attachments.delete(NAME)

    siti.brings(PHOTO)

    assert house.server.attachments.is_whole(NAME)


def test_nothing_but_a_sha256_names_a_file_and_nothing_but_an_id_a_part(house: House) -> None:
    folder = house.server.attachments
    assert isinstance(folder, FolderAttachments)

    for name in ("../../etc/passwd", "A" * 64, "", "0" * 63, "/" + "0" * 63):
        with pytest.raises(ValueError, match="This is no SHA-256"):
            folder.open(name)
    for id in ("../evil", "", "a/b", "x" * 65):
        with pytest.raises(ValueError, match="This is no id of an upload"):
            folder.offset(id)


def test_a_server_that_starts_anew_goes_on_with_its_uploads(house: House, sender: Senders) -> None:
    siti = sender("Siti")
    url = siti.begins(PHOTO).headers["Location"]
    siti.sends(url, PHOTO[:100_000], offset=0)

    house.client = web_app(house.server, now_ms=lambda: house.clock_ms).test_client()

    assert siti.asks("HEAD", url).headers["Upload-Offset"] == "100000"


def test_a_photo_is_seen_small(house: House, sender: Senders) -> None:
    siti = sender("Siti")
    picture = photo(400)
    siti.names(picture)
    siti.phone.syncs()
    siti.brings(picture)

    answer = siti.gets(f"/v1/attachments/{sha256(picture)}/thumbnail")

    assert (answer.status_code, answer.content_type) == (200, "image/jpeg")
    assert len(answer.data) < len(picture)


def test_a_file_and_its_name_are_on_disk_before_anybody_is_told(
    house: House, sender: Senders, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = house.server.folder.attachments
    acts: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        acts.append(f"fsync {path.relative_to(folder).as_posix()}")
        fsync(descriptor)

    def noted_replace(source: Path, target: Path) -> Path:
        acts.append("rename")
        return replace(source, target)

    siti = sender("Siti")
    url = siti.begins(PHOTO).headers["Location"]
    siti.sends(url, PHOTO[:10], offset=0)
    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    siti.sends(url, PHOTO[10:], offset=10)

    part = f"fsync uploads/{url.rpartition('/')[2]}"
    assert acts == [
        part,
        part,
        "fsync .",
        f"fsync {NAME[:2]}",
        "rename",
        f"fsync {NAME[:2]}/{NAME[2:4]}",
    ]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_fills_up_in_the_middle_keeps_what_it_confirmed(
    house: House, sender: Senders, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    siti = sender("Siti")
    url = siti.begins(PHOTO).headers["Location"]
    siti.sends(url, PHOTO[:1000], offset=0)

    def full(descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        refused = siti.sends(url, PHOTO[1000:2000], offset=1000)

    assert (refused.status_code, (refused.json or {})["code"]) == (507, "attachments-full")
    assert siti.asks("HEAD", url).headers["Upload-Offset"] == "1000"
    assert siti.sends(url, PHOTO[1000:], offset=1000).status_code == 204


def _findings(house: House) -> list[object]:
    return list(verify_attachments(house.server.store, house.server.attachments))
