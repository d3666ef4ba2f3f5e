"""Writes the pictures in ``docs/images/screens/``: every page of the office, on a phone and a desk.

Run it after a change of a page; it needs Debian's chromium::

    python deploy/make_screens.py
"""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Let the browser stories of the tests take them."""
    os.environ["TAPAK_SCREENS"] = str(ROOT / "docs" / "images" / "screens")
    stories = str(ROOT / "tests" / "browser" / "test_screens.py")
    return int(pytest.main([stories, "-q", "-k", "take_the_pictures"]))


if __name__ == "__main__":
    sys.exit(main())
