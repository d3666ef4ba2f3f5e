"""Every page leads somewhere, can be read in one sitting, and its pictures are readable."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")])
PICTURES = sorted((DOCS / "images").glob("*.svg"))
LINES_MAX = 260
TEXT_PX_MIN = 12
SVG = "{http://www.w3.org/2000/svg}"

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def is_written_by_code(page: Path) -> bool:
    """Whether a page lists what the code has: it is looked up in, and as long as the code makes it."""
    return "; do not edit." in page.read_text(encoding="utf-8")


def links_of(page: Path) -> list[str]:
    return _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))


def anchors_of(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_to_a_file_leads_to_one(page: Path):
    missing = []
    for link in links_of(page):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            missing.append(link)

    assert missing == []


@pytest.mark.parametrize("page", [page for page in PAGES if not is_written_by_code(page)], ids=name_of)
def test_a_page_can_be_read_in_one_sitting(page: Path):
    assert page.read_text(encoding="utf-8").count("\n") <= LINES_MAX


def test_every_page_can_be_reached_from_the_index():
    reached, waiting = set(), [DOCS / "README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        targets = [
            (page.parent / link.partition("#")[0]).resolve() for link in links_of(page) if "://" not in link
        ]
        waiting += [target for target in targets if target.suffix == ".md" and target not in reached]

    assert [name_of(page) for page in DOCS.rglob("*.md") if page not in reached] == []


def test_every_picture_is_shown_on_some_page():
    shown = {
        (page.parent / link).resolve() for page in PAGES for link in links_of(page) if link.endswith(".svg")
    }

    assert set(PICTURES) - shown == set()


@pytest.mark.parametrize("picture", PICTURES, ids=name_of)
def test_a_picture_has_words_for_those_who_cannot_see_it_and_letters_of_a_readable_size(picture: Path):
    root = ElementTree.parse(picture).getroot()
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    sizes = [float(node.get("font-size", TEXT_PX_MIN)) for node in root.iter()]

    assert title is not None
    assert title.text
    assert description is not None
    assert description.text
    assert min(sizes) >= TEXT_PX_MIN
    assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"


@pytest.mark.parametrize("picture", PICTURES, ids=name_of)
def test_a_picture_brings_its_own_background_so_that_it_is_readable_on_dark_pages(picture: Path):
    root = ElementTree.parse(picture).getroot()
    card = root.find(f"{SVG}rect")

    assert card is not None
    assert card.get("fill") == "#f6f8fa"
    assert float(card.get("width", 0)) >= float(root.get("width", 0)) - 2
