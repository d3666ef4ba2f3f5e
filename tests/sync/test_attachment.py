"""How a line names a file, and what a file is by its first bytes."""

from __future__ import annotations

import pytest

from sync.attachment import is_sha256, may_name_attachments, named_in, sha256_in, type_of

A = "ab" * 32


def test_a_field_names_the_file_at_its_end():
    assert sha256_in(f"foto/{A}") == A
    assert sha256_in(f"pengurus/0193/foto/{A}") == A
    assert sha256_in(f"/{A}") is None
    assert sha256_in(A) is None
    assert sha256_in("unit_ada/sembako") is None
    assert sha256_in(f"foto/{A.upper()}") is None


def test_a_described_file_is_named_and_a_cleared_one_is_not():
    values = {f"foto/{A}": {"bytes": 1}, f"ktp/{A}": {"#": "x"}, f"x/{A}": None, "luas_m2": {"$": "na"}}

    assert named_in(values) == {f"foto/{A}": A, f"ktp/{A}": A}


def test_a_line_that_may_name_a_file_is_told_from_the_others():
    assert may_name_attachments(f'{{"v":{{"foto/{A}":{{}}}}}}'.encode())
    assert not may_name_attachments(b'{"k":"lahan/1","o":"verifier/tni","v":{"unit_ada/sembako":true}}')


def test_a_sha256_is_64_hex_digits():
    assert is_sha256(A)
    assert not is_sha256(A[1:])
    assert not is_sha256(A + "\n")


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"RIFF\0\0\0\0WEBP", "image/webp"),
        (b"\0\0\0\x18ftypheic", "image/heic"),
        (b"%PDF-1.4", "application/pdf"),
        (b"<html>", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_a_file_is_what_its_first_bytes_say(head: bytes, kind: str):
    assert type_of(head) == kind
