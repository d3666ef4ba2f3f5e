"""The lines of a bundle: what is written is read, and nothing is given that does not come out."""

from __future__ import annotations

import hashlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.bundle import (
    PART_BYTES,
    SEGMENT_BYTES_MAX,
    SEGMENT_LINES_MAX,
    VERSION,
    Attachment,
    Entry,
    Envelope,
    Manifest,
    Receipt,
    Sealed,
    Tip,
    envelope_in,
    key_id,
    receipt_message,
    sealed_part,
    sealing_info,
    tip_message,
    with_end,
    write_attachment,
    write_manifest,
    write_receipt,
    write_segments,
    write_tip,
)
from sync.bundle_reading import Broken, Finish, NoBundle, Part, Stretch, TooManyLines, read_bundle
from sync.chain import Place, ids_along
from sync.revision import read, write
from tests.sync.histories import a_revision

MANIFEST = Manifest(version=1, made=1_764_040_000_000, by="d-siti", app="1.0.0", name="Siti")
HEAD = write_manifest(MANIFEST)
SEALED = Sealed("k", "r", Envelope(b"e" * 65, b"i" * 12, b"c" * 40))
ROOM = 100_000

foreign_lines = st.one_of(
    st.binary(min_size=1, max_size=60).map(lambda line: line.replace(b"\n", b"?")),
    st.sampled_from(
        [b'{"tip":1,"d":"x"}', b'{"end":{}}', b'{"sealed":{}}', b'{"segment":{}}', b'{"line":"QQ=="}']
    ),
    st.integers(0, 99).map(lambda n: write(a_revision(values={"x": n}))),
)


def entries_of(lines, *, first=1, previous="", sealed=()):
    """A stretch of a log, as its device keeps it."""
    ids = list(ids_along(previous, [(line, read(line)) for line in lines]))
    before = [previous, *ids]
    return [
        Entry(first + index, id, before[index], line, tuple(sealed))
        for index, (id, line) in enumerate(zip(ids, lines, strict=True))
    ]


def log_lines(count, *, first=1):
    return [write(a_revision(seq=seq, values={"x": seq})) for seq in range(first, first + count)]


def read_all(lines, lines_max=ROOM):
    return list(read_bundle(lines, lines_max=lines_max))


def file_of(*bodies):
    return list(with_end([HEAD, *(line for body in bodies for line in body)]))


@given(st.lists(foreign_lines, min_size=1, max_size=8), st.booleans(), st.sets(st.integers(0, 7)))
def test_every_line_comes_out_as_its_bytes_in_stretches_without_a_gap(lines, has_secrets, lost):
    sealed = (SEALED,) if has_secrets else ()
    entries = entries_of(lines, sealed=sealed)
    kept = [entry for index, entry in enumerate(entries) if index not in lost]

    manifest, *events, finish = read_all(file_of(write_segments("d-siti", kept)))

    assert manifest == MANIFEST
    assert all(type(event) is Stretch for event in events)
    assert [line for event in events for line in event.lines] == [entry.line for entry in kept]
    assert sum(len(event.sealed) for event in events) == len(sealed) * len(kept)
    assert [event.segment.last for event in events] == [
        entry.id for entry in kept if entry.seq not in {other.seq - 1 for other in kept}
    ]
    assert not finish.cut
    assert finish.ignored == 0


@given(st.integers(0, 300), st.integers(0, 7))
def test_an_edited_byte_breaks_its_segment_and_only_that(place, bit):
    siti = list(write_segments("d-siti", entries_of(log_lines(2))))
    budi = list(write_segments("d-budi", entries_of(log_lines(2))))
    raw = siti[1]
    edited = bytearray(raw)
    edited[place % len(raw)] ^= 1 << bit
    siti[1] = bytes(edited)

    manifest, *events, finish = read_all(b"\n".join(file_of(siti, budi)).split(b"\n"))

    assert Broken("d-siti", 1, 2) in events
    assert [event.segment.device for event in events if type(event) is Stretch] == ["d-budi"]
    assert manifest == MANIFEST
    assert type(finish) is Finish


@given(st.data())
def test_what_came_whole_of_a_cut_file_counts(data):
    lines = file_of(
        write_segments("d-siti", entries_of(log_lines(2))), write_segments("d-budi", entries_of(log_lines(3)))
    )
    kept = data.draw(st.integers(1, len(lines) - 1))

    *events, finish = read_all(lines[:kept])

    came = [event.segment.device for event in events if type(event) is Stretch]
    assert came == ["d-siti"] * (kept >= 4) + ["d-budi"] * (kept >= 8)
    assert [event.device for event in events if type(event) is Broken] == (
        ["d-siti"] * (kept in (2, 3)) + ["d-budi"] * (kept in (5, 6, 7))
    )
    assert finish == Finish(kept, 0, True)


def test_a_file_from_which_a_line_was_taken_is_cut():
    lines = file_of([write_tip(Tip("d", 1, "i", b"s"))], [write_tip(Tip("d", 2, "j", b"s"))])

    assert read_all(lines)[-1] == Finish(3, 0, False)
    assert read_all([lines[0], *lines[2:]])[-1] == Finish(2, 0, True)
    assert read_all([*lines[:-1], b'{"end":{}}'])[-1].cut


def test_a_stub_keeps_its_place_in_a_segment():
    entries = entries_of(log_lines(3))
    stub = msgspec.json.encode(
        {
            "d": "d-siti",
            "s": 2,
            "p": entries[0].id,
            "omitted": entries[1].id,
            "size": 1,
            "sha256": "",
            "why": "",
        }
    )
    entries[1] = Entry(2, entries[1].id, entries[0].id, stub)

    _, stretch, _ = read_all(file_of(write_segments("d-siti", entries)))

    assert stretch.lines[1] == stub
    assert stretch.segment.last == entries[2].id


def test_a_line_that_is_damaged_on_its_device_is_a_gap():
    entries = entries_of(log_lines(3))
    entries[1] = msgspec.structs.replace(entries[1], line=entries[1].line.replace(b"psiti", b"pbudi"))

    _, first, third, _ = read_all(file_of(write_segments("d-siti", entries)))

    assert (first.segment.first, first.segment.n) == (1, 1)
    assert (third.segment.first, third.segment.n, third.segment.previous) == (3, 1, entries[1].id)


def test_a_long_log_is_several_segments():
    lines = log_lines(SEGMENT_LINES_MAX + 1)

    _, *stretches, _ = read_all(file_of(write_segments("d-siti", entries_of(lines))))

    assert [stretch.segment.n for stretch in stretches] == [SEGMENT_LINES_MAX, 1]
    assert stretches[1].segment.previous == stretches[0].segment.last


def test_large_lines_make_short_segments():
    large = b"x" * (SEGMENT_BYTES_MAX // 2)

    _, *stretches, _ = read_all(file_of(write_segments("d-siti", entries_of([large, large, large]))))

    assert [stretch.segment.n for stretch in stretches] == [2, 1]


@pytest.mark.parametrize(
    ("n", "lines"),
    [
        (SEGMENT_LINES_MAX + 1, log_lines(3)),
        (2**53 - 1, log_lines(3)),
        (10, [b"x" * (SEGMENT_BYTES_MAX // 4)] * 6),
    ],
)
def test_a_segment_that_is_too_large_is_broken_and_the_rest_is_read(n, lines):
    head = msgspec.json.encode({"segment": {"d": "d-siti", "from": 1, "p": "", "n": n, "last": "x"}})

    _, broken, stretch, finish = read_all(
        file_of([head, *lines], write_segments("d-budi", entries_of(log_lines(1))))
    )

    assert broken == Broken("d-siti", 1, n)
    assert stretch.segment.device == "d-budi"
    assert not finish.cut


@pytest.mark.parametrize(
    "head",
    [
        b'{"segment":{"d":"d-siti"}}',
        b'{"segment":\xff',
        b'{"segment":{"d":"a\\u0000b","from":1,"p":"","n":1,"last":"x"}}',
        b'{"segment":{"d":"d-siti","from":0,"p":"","n":1,"last":"x"}}',
    ],
)
def test_a_segment_without_a_head_is_broken_and_its_lines_say_nothing(head):
    _, broken, finish = read_all(file_of([head, *log_lines(2)]))

    assert broken == Broken("", 0, 0)
    assert finish == Finish(4, 2, False)


@pytest.mark.parametrize(
    "inside", [b'{"line":"IA="}', b'{"line":""}', b'{"line":"YQpi"}', b'{"sealed":{"to":1}}']
)
def test_what_cannot_be_read_inside_a_segment_is_no_line_of_it(inside):
    segment = list(write_segments("d-siti", entries_of(log_lines(1))))

    _, event, finish = read_all(file_of([segment[0], inside, segment[1]]))

    assert type(event) is Stretch
    assert finish.ignored == 1


def test_lines_beyond_the_last_of_a_segment_say_nothing():
    segment = list(write_segments("d-siti", entries_of(log_lines(1))))

    _, stretch, finish = read_all(file_of([*segment, *log_lines(1), b'{"sealed":{}}', b'{"part":"QQ=="}']))

    assert stretch.lines == log_lines(1)
    assert finish.ignored == 3


def test_signatures_receipts_and_attachments_come_out():
    photo = bytes(range(256)) * 500
    attachment = Attachment(hashlib.sha256(photo).hexdigest(), len(photo), "image/jpeg")
    pieces = [photo[at : at + PART_BYTES] for at in range(0, len(photo), PART_BYTES)]
    tip = Tip("d-siti", 3, "i", b"s" * 64)
    receipt = Receipt("d-siti", Place(3, "i"), mac=b"m" * 32)

    _, *events, finish = read_all(
        file_of([write_tip(tip)], write_attachment(attachment, pieces), [write_receipt(receipt)])
    )

    assert events == [tip, attachment, *map(Part, pieces), receipt]
    assert not finish.cut


def test_a_sealed_file_says_for_whom_and_each_part_is_an_envelope():
    attachment = Attachment("a" * 64, 3, "image/jpeg", "the-key")
    envelope = Envelope(b"p" * 65, b"i" * 12, b"ciphertext and tag")

    events = read_all(file_of(write_attachment(attachment, [sealed_part(envelope)])))

    assert events[1] == attachment
    assert envelope_in(events[2].data) == envelope


def test_parts_belong_to_the_attachment_before_them():
    part = b'{"part":"QQ=="}'
    tip = write_tip(Tip("d", 1, "i", b"s"))

    *_, finish = read_all(file_of([part], write_attachment(Attachment("a", 1), [b"A"]), [tip, part]))

    assert finish.ignored == 2


def test_what_a_newer_writer_adds_is_counted_and_ignored():
    newer = [
        HEAD[:-1] + b',"new":1}',
        b'{"weather":"rain"}',
        b"",
        b'{"tip":{"d":"d"}}',
        b'{"end":{"lines":3,"new":1}}',
    ]

    assert read_all(newer) == [MANIFEST, Finish(3, 2, False)]


@pytest.mark.parametrize(
    "first", [b"", b"\xff", b'{"tapak":2}', b'{"v":1}', b'{"tapak":1,"made":-1}', b"[" * 100_000]
)
def test_what_is_no_bundle_is_told(first):
    with pytest.raises(NoBundle):
        read_all([first])


def test_a_file_of_too_many_lines_is_not_read_to_its_end():
    lines = file_of(write_segments("d-siti", entries_of(log_lines(5))))

    assert read_all(lines, lines_max=7)
    with pytest.raises(TooManyLines):
        read_all(lines, lines_max=6)


def test_what_is_signed_names_the_device_and_the_place():
    assert tip_message("d-siti", Place(3, "abc")) == b"tapak-tip\nd-siti\n3\nabc"
    receipt = Receipt("d-siti", Place(3, "abc"), Place(2, "ab"))
    assert receipt_message(receipt) == b"tapak-receipt\nd-siti\n3\nabc\n2\nab"
    assert sealing_info("key", "abc") == b"tapak-seal\nkey\nabc"
    assert len(key_id(b"spki")) == 16
    assert VERSION == 1
