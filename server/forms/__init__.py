"""Forms on the server: an XLSForm becomes the compiled form; ``library/`` is the form pack."""

from pathlib import Path

from server.forms.compile import compiled
from server.forms.problems import FormProblem
from server.forms.read import read
from sync.forms.model import Form

LIBRARY = Path(__file__).resolve().parent / "library"


def compile_form(source: bytes, *, name: str) -> Form:
    """The compiled form of an XLSForm; ``name`` tells Markdown (``.md``) from Excel (``.xlsx``).

    Raises FormProblem, whose text names sheet, row and cell.
    """
    return compiled(read(source, name=name))


def library_forms() -> list[tuple[str, bytes]]:
    """File name and source of each form of the pack, by name."""
    return [(path.name, path.read_bytes()) for path in sorted(LIBRARY.glob("*.md"))]


__all__ = ["LIBRARY", "FormProblem", "compile_form", "library_forms"]
