"""A row is filled in one go, with the cells that its columns make one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.hub.columns import columns_of, filling
from server.hub.taken_apart import answers_of
from tests.pack import pack
from tests.server.hub.test_flagging import some_shown


@pytest.mark.parametrize("name", sorted(pack()))
@pytest.mark.parametrize("labels", ["", "id"])
@given(data=st.data())
def test_the_cells_of_a_row_are_those_of_its_columns(name: str, labels: str, data: st.DataObject) -> None:
    form = pack()[name]
    questions = columns_of(form, labels=labels)
    answers = answers_of(data.draw(some_shown(form)))

    cells = filling(questions)(answers)

    assert cells == [cell for question in questions for cell in question.cells(answers)]
    assert len(cells) == sum(len(question.columns) for question in questions)
    assert not any(isinstance(cell, bool) for cell in cells)
