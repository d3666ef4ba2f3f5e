"""What is wrong with a form, said so that its author finds the cell."""

import difflib
from collections.abc import Iterable


class FormProblem(ValueError):
    """An XLSForm cannot be published; the text names sheet, row, cell and what is known."""


def known(word: str, words: Iterable[str]) -> str:
    """``Known: a, b. Did you mean 'a'?`` for a word that is not among them."""
    options = list(words)
    close = difflib.get_close_matches(word, options, n=1, cutoff=0.6)
    hint = f" Did you mean '{close[0]}'?" if close else ""
    return f"Known: {', '.join(options)}.{hint}"
