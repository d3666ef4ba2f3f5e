"""What is held, and why; nothing is refused."""

from __future__ import annotations

import pytest

from sync.admission import HELD_REASONS, Person, Sender, held_reason
from sync.revision import Malformed
from tests.sync.histories import a_revision

HERE, ELSEWHERE = "62.02.01.2004", "62.03.01.2001"
KNOWN = Sender("known", {"psiti": Person("tni", ("62.02",))})
EDIT = a_revision(values={"listrik": "pln"})


@pytest.mark.parametrize(
    ("line", "sender", "form_known", "areas", "reason"),
    [
        (EDIT, KNOWN, True, [HERE], None),
        (EDIT, KNOWN, True, [ELSEWHERE, HERE], None),
        (EDIT, KNOWN, True, [ELSEWHERE], "out-of-area"),
        (EDIT, KNOWN, True, [], None),
        (a_revision(values={"_area": ELSEWHERE}), KNOWN, True, [HERE], None),
        (a_revision(values={"_area": HERE}), KNOWN, True, [ELSEWHERE], None),
        (a_revision(values={"_area": ELSEWHERE}), KNOWN, True, [], "out-of-area"),
        (a_revision(values={"_area": "desa"}), KNOWN, True, [], None),
        (EDIT, KNOWN, False, [HERE], "unknown-form"),
        (a_revision(capacity="verifier/desa"), KNOWN, True, [HERE], "wrong-organisation"),
        (a_revision(author="pbudi"), KNOWN, True, [HERE], "person-not-on-device"),
        (EDIT, Sender("revoked", {}), True, [HERE], "device-revoked"),
        (EDIT, Sender("unknown", {}), True, [HERE], "unknown-device"),
        (EDIT, Sender("known", KNOWN.persons, vouches=False), True, [HERE], "unsigned"),
        (EDIT, Sender("revoked", {}, vouches=False), True, [HERE], "unsigned"),
        (Malformed("x"), Sender("unknown", {}, vouches=False), True, [HERE], "malformed"),
        (Malformed("x"), KNOWN, True, [HERE], "malformed"),
    ],
)
def test_a_line_is_held_for_the_first_reason_that_applies(line, sender, form_known, areas, reason):
    assert held_reason(line, sender, form_known=form_known, record_areas=areas) == reason
    assert reason is None or reason in HELD_REASONS
