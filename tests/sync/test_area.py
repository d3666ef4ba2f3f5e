"""Area codes and scopes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync.area import in_regency, is_area, is_regency, is_village, minimal, regency_of, within

codes = st.sampled_from(
    ["62", "63", "62.02", "62.03", "62.02.01", "62.02.02", "62.02.01.2004", "62.02.01.2005", "62.03.01.2001"]
)
villages = st.sampled_from(
    ["62.02.01.2004", "62.02.01.2005", "62.02.02.2001", "62.03.01.2001", "63.01.01.2001"]
)


@given(st.lists(codes), villages)
def test_a_scope_without_repetitions_is_the_same_scope(prefixes, village):
    smaller = minimal(prefixes)

    assert within(village, smaller) == within(village, prefixes)
    assert not any(within(one, [other]) for one in smaller for other in smaller if one != other)
    assert minimal(smaller) == smaller == tuple(sorted(smaller))


@given(st.lists(codes), villages, st.sampled_from(["62.02", "62.03", "63.01"]))
def test_the_part_of_a_scope_in_a_regency_holds_exactly_its_villages(prefixes, village, regency):
    part = in_regency(prefixes, regency)

    assert within(village, part) == (within(village, prefixes) and regency_of(village) == regency)


def test_a_code_lies_within_whole_levels_only():
    assert within("62.02.01.2004", ["62.02.01"])
    assert not within("62.02.01.2004", ["62.02.0"])
    assert not within("62.02", ["62.02.01"])


def test_codes_are_told_by_their_shape():
    assert is_village("62.02.01.2004")
    assert not is_village("62.02.01")
    assert not is_village("٦٢.02.01.2004")
    assert not is_village(62)
    assert [is_regency(code) for code in ("62", "62.02", "62.02.01", "6x.02", 62)] == [
        False,
        True,
        *[False] * 3,
    ]
    assert [is_area(code) for code in ("62", "62.02", "62.02.01", "62.02.01.2004", "6", "62.", 62)] == [
        *[True] * 4,
        *[False] * 3,
    ]
