"""Feeds: checksums that do not depend on order, cursors that come back."""

from __future__ import annotations

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from sync.feed import (
    GENESIS_HASH,
    Change,
    Cursor,
    checksum_text,
    next_hash,
    read_cursor,
    row_checksum,
    scope_tag,
    write_cursor,
)

rows = st.tuples(
    st.text("rs-", max_size=4), st.sampled_from(["62.02.01.2004", "62.02.01.2005"]), st.sets(st.text("ab"))
)


@given(st.lists(rows), st.randoms())
def test_the_sum_of_a_feed_does_not_depend_on_the_order_of_its_rows(found, chance):
    shuffled = list(found)
    chance.shuffle(shuffled)

    def total(of):
        return reduce(lambda total, row: total ^ row_checksum(row[0], row[1], list(row[2])), of, 0)

    assert checksum_text(total(shuffled)) == checksum_text(total(found))
    assert total([*found, *found]) == 0


@given(rows)
def test_a_row_has_sixteen_hex_digits_and_fits_a_column(row):
    checksum = row_checksum(*row)

    assert -(2**63) <= checksum < 2**63
    assert len(checksum_text(checksum)) == 16
    assert row_checksum(row[0], row[1], {*row[2], "another"}) != checksum


@given(st.integers(0, 2**53), st.integers(0, 2**53), st.text(max_size=8), st.text(max_size=8))
def test_a_cursor_comes_back_from_its_text(position, newest, newest_hash, tag):
    cursor = Cursor(position, newest, newest_hash.replace("\ud800", ""), tag)

    assert read_cursor(write_cursor(cursor)) == cursor


@given(st.text(max_size=40))
def test_a_text_that_is_no_cursor_starts_the_feed_again(text):
    assert read_cursor(text) is None


@given(
    st.lists(
        st.builds(
            Change, st.integers(1, 9), st.just("62.02.01.2004"), st.text("r"), st.integers(), st.booleans()
        )
    )
)
def test_a_counter_hash_covers_every_change_and_the_hash_before(changes):
    after = next_hash(GENESIS_HASH, changes)

    assert next_hash("other", changes) != after
    assert next_hash(GENESIS_HASH, [*changes, Change(10, "62.02.01.2004", "r", 0, False)]) != after


def test_another_scope_or_another_right_is_another_tag():
    tags = {
        scope_tag(prefixes, opens_restricted=right)
        for prefixes in (["62.02.01"], ["62.02"], ["62.02.01", "62.02.02"])
        for right in (True, False)
    }

    assert len(tags) == 6
    assert scope_tag(["b", "a"], opens_restricted=True) == scope_tag(["a", "b"], opens_restricted=True)
