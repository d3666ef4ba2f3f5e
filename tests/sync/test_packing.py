"""Lines in a gzip stream: whole, cut, damaged, and bombs."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.packing import LINE_BYTES_MAX, PIECE_BYTES, TooLarge, packed, unpacked

some_lines = st.lists(st.binary(max_size=200).map(lambda line: line.replace(b"\n", b" ")), max_size=20)
ROOM = 1 << 30


@given(some_lines, st.integers(1, 64))
def test_what_was_packed_comes_out_whatever_the_pieces(lines, piece_bytes):
    file = b"".join(packed(lines))
    pieces = [file[at : at + piece_bytes] for at in range(0, len(file), piece_bytes)]

    assert list(unpacked(pieces, bytes_max=ROOM)) == lines
    assert gzip.decompress(file) == b"".join(line + b"\n" for line in lines)


@given(some_lines, st.data())
def test_a_file_that_is_cut_ends_with_its_last_whole_line_before_that_place(lines, data):
    file = b"".join(packed(lines))
    cut = data.draw(st.integers(0, len(file)))

    came = list(unpacked([file[:cut]], bytes_max=ROOM))

    assert came == lines[: len(came)]


@given(st.lists(st.binary(min_size=50, max_size=60), min_size=20, max_size=40), st.data())
def test_a_damaged_file_raises_nothing(lines, data):
    file = bytearray(b"".join(packed(line.hex().encode() for line in lines)))
    file[data.draw(st.integers(0, len(file) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    assert len(list(unpacked([bytes(file)], bytes_max=ROOM))) <= len(lines) + len(file)


def test_no_file_at_all_has_no_lines():
    assert list(unpacked([], bytes_max=ROOM)) == []
    assert list(unpacked([b"PK\x03\x04 a zip"], bytes_max=ROOM)) == []


def test_what_follows_the_stream_is_not_read():
    file = b"".join(packed([b"one"]))

    assert list(unpacked([file + file, file], bytes_max=ROOM)) == [b"one"]


def test_a_bomb_is_cut_before_it_is_in_memory():
    bomb = unpacked(packed(b" " * 1000 for _ in range(200_000)), bytes_max=1_000_000)
    came: list[int] = []

    with pytest.raises(TooLarge) as error:
        came.extend(len(line) + 1 for line in bomb)

    assert (error.value.what, error.value.limit) == ("bytes", 1_000_000)
    assert 1_000_000 - PIECE_BYTES < sum(came) <= 1_000_000


def test_a_line_without_end_is_cut():
    file = b"".join(packed([b"x" * (LINE_BYTES_MAX + 1)]))

    with pytest.raises(TooLarge) as error:
        list(unpacked([file], bytes_max=ROOM))

    assert error.value.what == "line"
    assert len(next(unpacked(packed([b"x" * LINE_BYTES_MAX]), bytes_max=ROOM))) == LINE_BYTES_MAX


@given(st.integers(1, 3000))
def test_as_many_bytes_as_are_allowed_come_out(size):
    file = b"".join(packed([b"x" * (size - 1)]))

    assert sum(len(line) + 1 for line in unpacked([file], bytes_max=size)) == size
    with pytest.raises(TooLarge):
        list(unpacked([file], bytes_max=size - 1))
