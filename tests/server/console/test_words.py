"""Numbers as people of one language read them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from server.console.words import Words

JAKARTA = ZoneInfo("Asia/Jakarta")


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 0, "–"),
        (0, 1571, "0 %"),
        (1, 1571, "< 1 %"),
        (15, 1571, "< 1 %"),
        (16, 1571, "1 %"),
        (612, 1571, "39 %"),
        (1555, 1571, "99 %"),
        (1556, 1571, "> 99 %"),
        (1570, 1571, "> 99 %"),
        (1571, 1571, "100 %"),
    ],
)
def test_only_all_villages_are_100_percent_and_only_none_are_0(part: int, whole: int, shown: str) -> None:
    assert Words("id", JAKARTA).share(part, whole) == shown
    assert Words("en", JAKARTA).share(part, whole) == shown.replace(" %", "%")
