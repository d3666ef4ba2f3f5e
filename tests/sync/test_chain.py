"""The log of a device: every id covers the line before it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync.chain import first_damaged, follows, ids_along, revision_id, sample_from_newest
from sync.revision import Stub, read, write
from tests.sync.histories import a_revision

lines = st.lists(st.integers(0, 99).map(lambda n: write(a_revision(values={"x": n}))), min_size=1, max_size=6)


@given(lines, st.data())
def test_a_flipped_byte_changes_the_id_of_its_line_and_of_all_behind_it(log, data):
    index = data.draw(st.integers(0, len(log) - 1))
    place = data.draw(st.integers(0, len(log[index]) - 1))
    damaged = list(log)
    damaged[index] = bytes(
        byte ^ (1 << data.draw(st.integers(0, 7))) if at == place else byte
        for at, byte in enumerate(log[index])
    )

    ids = list(ids_along("", [(line, read(line)) for line in log]))
    others = list(ids_along("", [(line, read(line)) for line in damaged]))

    assert ids[:index] == others[:index]
    assert not set(ids[index:]) & set(others[index:])
    stored = [(id, previous, line) for id, previous, line in zip(ids, ["", *ids], damaged, strict=False)]
    assert first_damaged(stored) == index
    assert first_damaged(zip(ids, ["", *ids], log, strict=False)) is None


def test_a_stub_keeps_the_chain_of_the_line_that_it_stands_for():
    first, lost, third = (write(a_revision(seq=seq)) for seq in (1, 2, 3))
    ids = list(ids_along("", [(line, read(line)) for line in (first, lost, third)]))
    stub = Stub(device="d-siti", seq=2, previous=ids[0], omitted=ids[1], size=1, sha256="", why="")

    assert list(ids_along("", [(first, read(first)), (b"stub", stub), (third, read(third))])) == ids
    assert ids[0] == revision_id("", first)


def test_the_right_place_of_a_line_is_behind_its_own_or_at_the_start_of_a_branch():
    assert follows(None, 0, a_revision(seq=1))
    assert not follows(None, 0, a_revision(seq=2))
    assert follows("d-siti", 4, a_revision(seq=5))
    assert not follows("d-siti", 4, a_revision(seq=6))
    assert not follows("d-budi", 4, a_revision(seq=5))
    assert follows("d-siti", 4, a_revision(device="d-new", seq=1, branched_from="d-siti"))
    assert follows(None, 4, a_revision(device="d-new", seq=1, branched_from="d-siti"))
    assert not follows("d-siti", 4, a_revision(device="d-new", seq=1, branched_from="d-budi"))
    assert not follows("d-siti", 4, a_revision(device="d-new", seq=1))
    stub = Stub(device="d-siti", seq=5, previous="", omitted="", size=1, sha256="", why="")
    assert follows("d-siti", 4, stub)
    assert not follows("d-siti", 5, stub)


@given(st.integers(0, 2**22))
def test_a_sample_of_a_log_has_its_ends_and_at_most_twenty_places(count):
    sample = sample_from_newest(count)

    assert sample == sorted(set(sample))
    assert len(sample) <= 20
    assert not count or (sample[0], sample[-1]) == (0, count - 1)
    assert sample_from_newest(10) == [0, 1, 2, 4, 8, 9]
