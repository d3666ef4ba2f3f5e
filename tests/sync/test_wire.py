"""The lines of a sync request and its answer."""

from __future__ import annotations

import re

import msgspec
import pytest

from sync.chain import Place
from sync.fold import encode_snapshot
from sync.wire import (
    AnswerHeader,
    BadBody,
    FeedEnd,
    HeldId,
    Limit,
    SyncHeader,
    Wanted,
    is_secret,
    read_answer,
    read_request,
    write_answer_header,
    write_end_line,
    write_gone_line,
    write_request,
    write_snapshot_line,
)
from tests.sync.histories import a_revision, a_snapshot

REQUEST = SyncHeader(
    v=1,
    device="d-siti",
    after=Place(117, "a"),
    tip=Place(154, "b"),
    n=2,
    last="b",
    feeds={"62.02": "x"},
    limit=Limit(rows=9),
)
ANSWER = AnswerHeader(
    server="s",
    have=Place(154, "b"),
    held=(HeldId("h", "unknown-form"),),
    now=5,
    scope=("62.02",),
    wanted=Wanted(files=("9f",)),
)
END = {"62.02": FeedEnd(cursor="c", sum="9f3a61c2d4e5b607")}


def test_a_request_carries_lines_as_they_are_and_an_empty_line_is_nothing():
    body = write_request(REQUEST, [b'{"of":"x"}', b"any \xff bytes", b""])

    assert read_request(body) == (REQUEST, [b'{"of":"x"}', b"any \xff bytes"])
    assert [is_secret(line) for line in read_request(body)[1]] == [True, False]


@pytest.mark.parametrize("body", [b"", b"\xff", b'{"v":1}', b'{"v":1,"device":' + b"[" * 100_000])
def test_a_body_that_does_not_begin_with_a_header_is_named(body):
    with pytest.raises(BadBody, match=r"^the first line is no sync header: "):
        read_request(body)


def an_answer(secrets=None):
    snapshot = a_snapshot(a=a_revision(values={"listrik": "pln"}))
    lines = [
        write_answer_header(ANSWER),
        write_snapshot_line("62.02", "r-1", "lahan/1", ["62.02.01.2004"], encode_snapshot(snapshot), secrets),
        write_gone_line("62.02", "r-2"),
        write_end_line(END),
    ]
    return snapshot, b"\n".join(lines)


def test_an_answer_with_a_damaged_line_counts_as_one_that_was_cut():
    body = an_answer()[1].replace(b'"gone":1', b'"gone":"x"')

    answer = read_answer(body)

    assert (answer.header, answer.snapshots, answer.end) == (ANSWER, [], None)


def test_what_an_answer_has_not_to_say_costs_no_byte():
    whole = msgspec.structs.replace(ANSWER, key="MFk=", carried={"9f": "stored"})

    assert not {b'"key"', b'"carried"'} & set(re.findall(rb'"\w+"', write_answer_header(ANSWER)))
    assert read_answer(write_answer_header(whole) + b"\n").header == whole
    assert read_answer(write_answer_header(ANSWER) + b"\n").header.key is msgspec.UNSET


def test_an_answer_says_what_was_written():
    secrets = {"a": {"nik": ("salt", '"6271"')}}
    snapshot, body = an_answer(secrets)

    answer = read_answer(body)

    assert (answer.header, answer.end) == (ANSWER, END)
    first, gone = answer.snapshots
    assert (first.f, first.r, first.k, first.areas) == ("62.02", "r-1", "lahan/1", ("62.02.01.2004",))
    assert (first.L, first.X, first.gone) == (list(snapshot.values()), secrets, 0)
    assert (gone.f, gone.r, gone.gone, gone.L) == ("62.02", "r-2", 1, [])
    assert read_answer(an_answer()[1]).snapshots[0].X == {}


def test_of_an_answer_that_was_cut_only_its_header_counts():
    _, body = an_answer()
    first_line = body.index(b"\n")

    for cut in range(first_line, len(body) - 1):
        answer = read_answer(body[:cut])
        assert (answer.header, answer.snapshots, answer.end) == (ANSWER, [], None)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"server":5}', b"\xff", b'{"x":' + b"[" * 100_000])
def test_an_answer_of_somebody_else_is_named(body):
    with pytest.raises(BadBody, match=r"^this is no answer of a Tapak server: "):
        read_answer(body)
