"""A line is read as bytes: what can be read says the same again, what cannot never raises."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync.revision import (
    LINE_BYTES_MAX,
    LimitExceeded,
    Malformed,
    Revision,
    Stub,
    is_date,
    read,
    storable,
    write,
)
from tests.sync.histories import a_revision, values

LINE = write(a_revision(values={"listrik": "pln", "luas_m2": 1250.5}, base=("AAAAAAAAAAAAAAAA",)))
STUB = b'{"d":"d-siti","s":3,"p":"","omitted":"AAAAAAAAAAAAAAAA","size":120,"sha256":"9f","why":"rusak"}'

revisions = st.builds(
    Revision,
    device=st.text("ab-", min_size=1),
    seq=st.integers(1, 2**53 - 1),
    record=st.text("ab-", min_size=1),
    form=st.sampled_from(["lahan/1", "lahan", ""]),
    author=st.text(max_size=4, alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    capacity=st.sampled_from(["verifier/tni", "verifier", ""]),
    written_ms=st.integers(0, 2**53 - 1),
    clock_age_s=st.one_of(st.none(), st.integers(0, 2**53 - 1)),
    observed=st.one_of(st.none(), st.just("2026-11-20"), st.just("kemarin")),
    base=st.lists(st.text("ab", min_size=1), max_size=3).map(tuple),
    values=st.dictionaries(st.text("ab/_", max_size=4), values, max_size=4),
    field_bases=st.dictionaries(
        st.text("ab", max_size=2), st.lists(st.text("ab"), max_size=2).map(tuple), max_size=2
    ),
    branched_from=st.one_of(st.none(), st.just("d-old")),
    why=st.one_of(st.none(), st.text(max_size=20, alphabet=st.characters(exclude_categories=["Cs"]))),
)


@given(revisions)
def test_what_was_written_is_read_again(revision):
    line = write(revision)

    assert read(line) == revision
    assert b"\n" not in line


@pytest.mark.parametrize("name", ["x\0", "x" * 201], ids=["NUL", "long"])
@pytest.mark.parametrize("place", ["device", "record", "form", "author", "branched_from"])
def test_a_line_with_a_name_that_no_store_can_be_asked_for_is_malformed(place, name):
    revision = msgspec.structs.replace(a_revision(values={"luas_m2": 1}), **{place: name})

    assert isinstance(read(msgspec.json.encode(revision)), Malformed)


@given(st.binary(max_size=60))
@example(b"")
@example(b"{}")
@example(b"[" * 5000)
@example(b'{"omitted":' + b"[" * 5000)
def test_no_bytes_stop_the_reader(line):
    assert isinstance(read(line), Malformed)


@given(st.sampled_from([LINE, STUB]), st.data())
def test_no_damaged_line_stops_the_reader(line, data):
    damaged = bytearray(line)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        damaged[place : place + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))

    assert isinstance(read(bytes(damaged)), Revision | Stub | Malformed)


def test_new_keys_are_passed_over_and_old_ones_keep_their_meaning():
    outcome = read(LINE[:-1] + b',"future":{"x":[1]}}')

    assert outcome == read(LINE)


def test_a_stub_stands_for_a_line():
    assert read(STUB) == Stub(
        device="d-siti", seq=3, previous="", omitted="AAAAAAAAAAAAAAAA", size=120, sha256="9f", why="rusak"
    )
    assert isinstance(read(STUB.replace(b'"s":3', b'"s":0')), Malformed)
    assert isinstance(read(STUB.replace(b'"size":120', b'"size":-1')), Malformed)


def test_an_answer_that_speaks_of_omitted_things_is_no_stub():
    revision = a_revision(values={"catatan": {"omitted": 'x"omitted"'}})

    assert read(write(revision)) == revision


def line_with(**keys):
    return json.dumps({**json.loads(LINE), **keys}).encode()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (line_with(s=0), "s counts from 1"),
        (line_with(r=""), "r is empty"),
        (line_with(t=-1), "an envelope number lies outside 0 and 2^53 - 1"),
        (line_with(ta=2**53), "an envelope number lies outside 0 and 2^53 - 1"),
        (line_with(v={"x": 2**53}), "an integer lies outside ±(2^53 - 1)"),
        (line_with(v={"x": [-(2**60)]}), "an integer lies outside ±(2^53 - 1)"),
        (line_with(future=2**53), "an integer lies outside ±(2^53 - 1)"),
    ],
)
def test_a_line_outside_the_limits_is_kept_as_malformed(line, reason):
    assert read(line) == Malformed(reason)


def nested(levels):
    return line_with(v={"x": json.loads("[" * levels + "]" * levels)})


def test_a_line_has_at_most_32_levels_its_own_object_being_the_first():
    assert isinstance(read(nested(30)), Revision)
    assert read(nested(31)) == Malformed("the line is nested deeper than 32 levels")


def test_many_small_lists_are_not_deep_and_long_digits_are_not_always_too_large():
    wide = a_revision(values={"x": [[], {}] * 40, "nik": "6271000000000001", "n": 2**53 - 1})

    assert read(write(wide)) == wide


@pytest.mark.parametrize(
    ("revision", "said"),
    [
        (
            a_revision(values={f"f{n}": 1 for n in range(257)}),
            "This save has 257 fields; a revision holds at most 256.",
        ),
        (
            a_revision(
                base=tuple(map(str, range(600))), field_bases={"x": tuple(map(str, range(590, 1025)))}
            ),
            "This save has 1025 base ids; a revision holds at most 1024.",
        ),
        (
            a_revision(why="x" * 501),
            "This save has 501 characters in the reason; a revision holds at most 500.",
        ),
        (
            a_revision(values={"catatan": "x" * LINE_BYTES_MAX}),
            "This save has 65657 bytes; a revision holds at most 65536.",
        ),
        (
            a_revision(values={"luas_m2": 2**53}),
            "This save cannot be written as a line: an integer lies outside ±(2^53 - 1).",
        ),
    ],
)
def test_a_client_is_told_which_limit_a_save_breaks(revision, said):
    with pytest.raises(LimitExceeded) as refused:
        write(revision)

    assert str(refused.value) == said


def test_what_a_keyboard_can_type_can_be_stored():
    assert storable({"a\ud800": ["\udfffb", 5, True, None]}) == {"a\ufffd": ["\ufffdb", 5, True, None]}
    assert storable((1.5,)) == [1.5]


def test_a_number_that_is_not_finite_is_named():
    with pytest.raises(LimitExceeded) as refused:
        storable([float("nan")])

    assert str(refused.value) == "nan is not a number that can be stored."


def test_a_field_has_its_own_base_or_that_of_all():
    revision = a_revision(base=("a",), field_bases={"status": ()})

    assert (revision.base_of("listrik"), revision.base_of("status")) == (("a",), ())


def test_a_revision_knows_its_organisation_form_and_day():
    revision = a_revision(observed="2026-11-20")

    assert (revision.organisation, revision.form_id, revision.observed_on) == ("tni", "lahan", "2026-11-20")
    assert a_revision(observed="20/11/2026").observed_on is None
    assert a_revision().observed_on is None
    assert is_date("2026-02-31")
    assert not is_date("2026-13-01")
