"""What the use cases ask of a store about forms and areas: what surveys are made of."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import msgspec


class FormRow(msgspec.Struct, frozen=True, kw_only=True):
    """A published form version. ``current``: the one published last of its form."""

    id: str
    version: str
    title: str
    published_ms: int
    current: bool


class AreaRow(msgspec.Struct, frozen=True, kw_only=True):
    """An area: code, name, level (province, regency, district, village) and the code above it."""

    code: str
    name: str
    level: str
    parent: str


class Catalogue(Protocol):
    """Published forms, and the list of areas."""

    def current_forms(self) -> dict[str, str]:
        """``{form id: version published last}``."""
        ...

    def form(self, form_id: str, version: str | None = None) -> bytes | None:
        """``form.json`` of a version, or of the current one."""
        ...

    def forms(self) -> list[FormRow]:
        """Every published version, by form, the newest first."""
        ...

    def publish(self, form_id: str, version: str, *, title: str, body: bytes, now_ms: int) -> None:
        """Store a version, which is the current one from now on. Its key must be new."""
        ...

    def load_areas(self, rows: Iterable[AreaRow]) -> int:
        """Add areas, or replace those with the same code; how many rows there were."""
        ...

    def areas(self, prefixes: Sequence[str]) -> Iterator[AreaRow]:
        """The areas inside these prefixes, by code; none for no prefix."""
        ...

    def area(self, code: str) -> AreaRow | None:
        """One area."""
        ...

    def area_count(self) -> int:
        """How many areas are loaded."""
        ...
