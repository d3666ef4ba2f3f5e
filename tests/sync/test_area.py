"""Area codes and scopes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync.area import (
    in_regency,
    is_area,
    is_regency,
    is_village,
    minimal,
    place_name,
    regency_of,
    titled_name,
    within,
)

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


NAMES = {
    "62.02": "Kabupaten Kotawaringin Timur",
    "62.02.09": "Parenggean",
    "62.02.09.2007": "Sumber Makmur",
    "62.02.09.1001": "Parenggean",
    "62.02.10.2001": "Sumber Makmur",
}
SAYS = {
    "area.village": "{village} (Kec. {district})",
    "area.district": "Kec. {district}",
    "area.titled-village": "Desa {name}",
    "area.titled-ward": "Kelurahan {name}",
}


def say(key: str, **values: str) -> str:
    return SAYS[key].format(**values)


def test_a_village_is_called_with_its_district_for_others_have_its_name():
    called = {code: place_name(code, NAMES.get, say) for code in (*NAMES, "62.99.01.2001")}

    assert called == {
        "62.02": "Kabupaten Kotawaringin Timur",
        "62.02.09": "Kec. Parenggean",
        "62.02.09.2007": "Sumber Makmur (Kec. Parenggean)",
        "62.02.09.1001": "Parenggean (Kec. Parenggean)",
        "62.02.10.2001": "Sumber Makmur (Kec. 62.02.10)",
        "62.99.01.2001": "62.99.01.2001",
    }


def test_in_a_sentence_a_village_says_what_it_is():
    called = [
        titled_name(code, NAMES.get, say) for code in ("62.02.09.2007", "62.02.09.1001", "62.02.09", "x")
    ]

    assert called == [
        "Desa Sumber Makmur (Kec. Parenggean)",
        "Kelurahan Parenggean (Kec. Parenggean)",
        "Kec. Parenggean",
        "x",
    ]
