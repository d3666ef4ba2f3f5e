"""What is installed is declared, explained and locked."""

from __future__ import annotations

import ast
import configparser
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = {"sync", "field_client", "server"}

# Parts that a dependency's own documentation hands to its users.
PARTS = {"flask": {"werkzeug", "jinja2", "markupsafe"}, "requests": {"urllib3"}}


def declared() -> dict[str, set[str]]:
    """The names of the dependencies by extra; the core under ``""``."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    texts = {"": config["options"]["install_requires"], **config["options.extras_require"]}
    return {extra: {name_in(line) for line in text.split("\n") if line} for extra, text in texts.items()}


def name_in(requirement: str) -> str:
    name = re.match(r"[\w.-]+", requirement.strip())
    assert name, f"not a requirement: {requirement!r}"
    return normal(name.group())


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imported_by(package: str) -> Iterator[tuple[str, str]]:
    """Each foreign top-level module that ``package`` imports, with the file that does."""
    for path in sorted((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            else:
                continue
            for top in {name.split(".")[0] for name in names}:
                if top not in OURS and top not in sys.stdlib_module_names:
                    yield top, path.relative_to(ROOT).as_posix()


def test_every_dependency_has_a_line_that_says_why_it_is_there():
    text = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    explained = {normal(name) for name in re.findall(r"^- \*\*([\w.-]+)\*\*: \S", text, re.MULTILINE)}

    assert explained == set().union(*declared().values())


def test_the_lock_holds_every_dependency_by_hash_and_names_no_address():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = re.findall(r"^([\w.-]+)==(?:[^\n]+\\\n    --hash=sha256:)", text, re.MULTILINE)

    assert set().union(*declared().values()) <= {normal(name) for name in locked}
    assert len(locked) == len(re.findall(r"^[\w.-]+==", text, re.MULTILINE))
    assert "://" not in text


@pytest.mark.parametrize(
    ("package", "extras"),
    [("sync", {""}), ("field_client", {"", "excel"}), ("server", {"", "server", "postgres"})],
)
def test_a_package_imports_only_what_its_installation_brings(package: str, extras: set[str]):
    allowed = set().union(*(declared()[extra] for extra in extras))
    allowed |= set().union(*(PARTS.get(name, set()) for name in allowed))
    providers = packages_distributions()

    foreign = [
        f"{path} imports {module}"
        for module, path in imported_by(package)
        if not allowed & {normal(name) for name in providers.get(module, [])}
    ]

    assert foreign == []
