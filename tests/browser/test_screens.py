"""Every page has a picture in the documentation; ``deploy/make_screens.py`` takes them anew."""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image

from tests.browser.conftest import DESK, PHONE, Opens
from tests.browser.test_office import PAGES
from tests.server.console.office import Office

SCREENS = Path(__file__).resolve().parents[2] / "docs" / "images" / "screens"
NAMES = [f"{page}-{kind}.png" for page in ("masuk", *PAGES) for kind in ("hp", "meja")]
BYTES_MAX = 60_000
COLOURS = 32


def test_every_page_has_its_pictures_and_they_are_small() -> None:
    assert sorted(path.name for path in SCREENS.glob("*.png")) == sorted(NAMES)
    assert [path.name for path in SCREENS.glob("*.png") if path.stat().st_size > BYTES_MAX] == []


def take(desk: Opens, office: Office) -> None:
    """Not a test: it is one only where the pictures are taken."""
    folder = Path(os.environ["TAPAK_SCREENS"])
    folder.mkdir(parents=True, exist_ok=True)
    for kind, size in (("hp", PHONE), ("meja", DESK)):
        rina = desk(size=size, logged_in=False)
        _save(rina.page.screenshot(), folder / f"masuk-{kind}.png")
        rina = desk(size=size)
        for name, path in PAGES.items():
            rina.opens(path)
            _save(rina.page.screenshot(), folder / f"{name}-{kind}.png")


if "TAPAK_SCREENS" in os.environ:
    test_take_the_pictures = take


def _save(picture: bytes, path: Path) -> None:
    """Few colours: the pages have few, and the repository keeps every version."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
