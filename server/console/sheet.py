"""Enrolment cards to print, eight a page: a file that needs neither server nor network."""

from collections.abc import Sequence

import msgspec
from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from server.console.people import qr_svg
from server.console.words import Words
from server.settings import Settings

CARDS_PER_PAGE = 8


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One person's code, in words."""

    name: str
    work: str
    areas: str
    code: str
    url: str
    until: str

    @property
    def picture(self) -> Markup:
        """The address as a QR code."""
        return Markup(qr_svg(self.url))


def sheet_html(cards: Sequence[Card], words: Words, *, settings: Settings) -> str:
    """The whole file."""
    pages = [cards[start : start + CARDS_PER_PAGE] for start in range(0, len(cards), CARDS_PER_PAGE)]
    environment = Environment(loader=PackageLoader("server.console"), autoescape=True)
    return environment.get_template("sheet.html").render(
        pages=pages, t=words, language=words.language, settings=settings
    )
