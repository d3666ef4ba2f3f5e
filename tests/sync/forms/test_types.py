"""The reference of question types says what the code does."""

from __future__ import annotations

from deploy.make_question_types import TARGET, page


def test_the_reference_of_question_types_is_up_to_date():
    assert TARGET.read_text(encoding="utf-8") == page()
