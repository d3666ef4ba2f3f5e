"""The pack's forms, compiled once for all tests of a process: pyxform takes a second for them."""

from functools import cache

from server.forms import compile_form, library_forms
from sync.forms.model import Form


@cache
def pack() -> dict[str, Form]:
    """``{form id: form}`` of every form in the library."""
    forms = [compile_form(source, name=name) for name, source in library_forms()]
    return {form.id: form for form in forms}
