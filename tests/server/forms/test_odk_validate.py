"""The forms of the pack stay XLSForms that ODK knows: its own validator takes them."""

from __future__ import annotations

import shutil
from io import BytesIO

import pytest
from pyxform.xls2json_backends import md_to_dict
from pyxform.xls2xform import convert

from server.forms import library_forms
from tests.conftest import Needs


@pytest.mark.parametrize(("name", "source"), library_forms(), ids=[name for name, _ in library_forms()])
def test_odk_validate_takes_a_form_of_the_pack(name: str, source: bytes, needs: Needs):
    needs("ODK Validate: no Java here", shutil.which("java"))

    result = convert(md_to_dict(BytesIO(source)), validate=True)

    assert "Error" not in "".join(result.warnings)
