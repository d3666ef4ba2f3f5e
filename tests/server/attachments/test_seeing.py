"""Who may see a file, and what a hostile one can do: nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.server.attachments.conftest import Sender
from tests.server.attachments.pictures import bomb, photo, polyglot, sha256, some_bytes
from tests.server.conftest import House
from tests.server.hub.phones import NEIGHBOUR, VILLAGE

Senders = Callable[..., Sender]
PHOTO = photo(200)
PATH = f"/v1/attachments/{sha256(PHOTO)}"
PATHS = (PATH, f"{PATH}/thumbnail")


def brought_by(sender: Sender, data: bytes = PHOTO, **options: object) -> None:
    sender.names(data, **options)  # type: ignore[arg-type]
    sender.phone.syncs()
    sender.brings(data)


@pytest.mark.parametrize("path", PATHS)
def test_a_file_is_seen_by_whoever_sees_an_entry_that_names_it(sender: Senders, path: str) -> None:
    brought_by(sender("Siti", area=VILLAGE))

    seen = {
        name: sender(name, **options).gets(path).status_code
        for name, options in {
            "Rita": {"area": "62.02", "role": "regency"},
            "Tetangga": {"area": NEIGHBOUR},
            "Jauh": {"area": "62.03", "role": "regency"},
            "Pram": {"area": "62", "role": "auditor"},
        }.items()
    }

    assert seen == {"Rita": 200, "Tetangga": 404, "Jauh": 404, "Pram": 200}


def test_a_held_line_opens_a_file_to_nobody_but_its_author(sender: Senders) -> None:
    siti = sender("Siti", area="62.03")
    brought_by(siti)

    assert siti.gets(PATH).status_code == 200
    assert sender("Rita", area="62.02", role="regency").gets(PATH).status_code == 404


def test_a_file_that_no_line_names_is_seen_by_nobody(sender: Senders) -> None:
    siti = sender("Siti")
    siti.brings(PHOTO)

    assert siti.gets(PATH).status_code == 404


@pytest.mark.parametrize("path", PATHS)
def test_a_restricted_file_is_seen_by_its_author_and_by_roles_with_the_right(
    sender: Senders, path: str
) -> None:
    siti = sender("Siti")
    field = f"dokumen/{sha256(PHOTO)}"
    brought_by(siti, field="dokumen", restricted=[field])
    budi = sender("Budi")
    budi.names(PHOTO, record="r9", field="foto")  # naming it himself gives him nothing
    budi.phone.syncs()

    assert siti.gets(path).status_code == 200
    assert budi.gets(path).status_code == 404
    assert sender("Ana", role="auditor").gets(path).status_code == 404
    assert sender("Rita", role="regency").gets(path).status_code == 200


def test_a_file_comes_as_a_file_and_never_as_a_page(sender: Senders) -> None:
    siti = sender("Siti")
    page = b"<html><script>alert(1)</script>"
    brought_by(siti, page)

    answer = siti.gets(f"/v1/attachments/{sha256(page)}")

    assert answer.data == page
    assert {name: answer.headers[name] for name in ("Content-Type", "Content-Disposition")} == {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f'attachment; filename="{sha256(page)}"',
    }
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PHOTO, "image/jpeg"),
        (polyglot(), "image/gif"),
        (b"%PDF-1.7 ...", "application/pdf"),
        (b"MZ\x90\x00", "application/octet-stream"),
        (b"<svg onload=alert(1)>", "application/octet-stream"),
    ],
)
def test_the_type_is_what_the_bytes_say(sender: Senders, data: bytes, kind: str) -> None:
    siti = sender("Siti")
    brought_by(siti, data)

    assert siti.gets(f"/v1/attachments/{sha256(data)}").content_type == kind


@pytest.mark.parametrize(
    "data",
    [
        bomb(),
        polyglot(),
        PHOTO[:3000],
        PHOTO[:3],
        b"\x89PNG\r\n\x1a\n" + some_bytes(5000),
        b"\xff\xd8\xff" + some_bytes(5000),
        b"%PDF-1.7",
        b"x",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><image href="file:///etc/passwd"/></svg>',
        b"<!doctype html><script>alert(document.cookie)</script>",
    ],
    ids=[
        "bomb",
        "polyglot",
        "cut",
        "three bytes",
        "false PNG",
        "false JPEG",
        "PDF",
        "one byte",
        "SVG",
        "page",
    ],
)
def test_a_hostile_picture_has_no_small_one_and_hurts_nobody(
    house: House, sender: Senders, data: bytes
) -> None:
    siti = sender("Siti")
    brought_by(siti, data)
    path = f"/v1/attachments/{sha256(data)}/thumbnail"

    first, second = siti.gets(path), siti.gets(path)

    assert (first.status_code, second.status_code) == (404, 404)
    assert (first.json or {})["code"] == "not-found"
    assert house.client.get("/readyz").status_code == 200


@pytest.mark.parametrize("name", ["..%2f..%2ftapak.db", "x", "A" * 64, "0" * 64, "%00" * 64])
def test_no_name_reaches_another_file(sender: Senders, name: str) -> None:
    siti = sender("Siti")

    assert siti.gets(f"/v1/attachments/{name}").status_code == 404
    assert siti.gets(f"/v1/attachments/{name}/thumbnail").status_code == 404
    for verb in ("HEAD", "PATCH", "DELETE"):
        asked = siti.asks(
            verb,
            f"/v1/attachments/uploads/{name}",
            Upload_Offset="0",
            Content_Type="application/offset+octet-stream",
        )
        assert asked.status_code == 404
