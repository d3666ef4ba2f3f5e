"""Forms on the server: an XLSForm becomes the compiled form; ``library/`` is the form pack."""

from pathlib import Path

import msgspec

from server.forms.compile import compiled
from server.forms.problems import FormProblem
from server.forms.read import read
from server.forms.unused import Unused, unused_columns
from sync.forms.model import Form

LIBRARY = Path(__file__).resolve().parent / "library"


class Compiled(msgspec.Struct, frozen=True):
    """A form, and the columns of its XLSForm that it does not use."""

    form: Form
    unused: tuple[Unused, ...]


def compile_form(source: bytes, *, name: str) -> Form:
    """The compiled form of an XLSForm; ``name`` tells Markdown (``.md``) from Excel (``.xlsx``).

    Raises FormProblem, whose text names sheet, row and cell.
    """
    return compile_noting(source, name=name).form


def compile_noting(source: bytes, *, name: str) -> Compiled:
    """The same, with what its author should know of it."""
    sheets = read(source, name=name)
    form = compiled(sheets)
    return Compiled(form, unused_columns(sheets, form))


def library_forms() -> list[tuple[str, bytes]]:
    """File name and source of each form of the pack, by name."""
    return [(path.name, path.read_bytes()) for path in sorted(LIBRARY.glob("*.md"))]


__all__ = [
    "LIBRARY",
    "Compiled",
    "FormProblem",
    "Unused",
    "compile_form",
    "compile_noting",
    "library_forms",
]
