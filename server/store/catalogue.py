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


class AreaRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An area: code, name, level (province, regency, district, village) and the code above it.

    ``valid_from``: the first local date on which the code is in force, ``valid_to`` the first
    on which it is no longer (``None``: always, still). ``successor``: the code that took its
    place. ``aliases``: other names, earlier ones among them.
    """

    code: str
    name: str
    level: str
    parent: str
    valid_from: str | None = None
    valid_to: str | None = None
    successor: str | None = None
    aliases: tuple[str, ...] = ()


class AreaList(msgspec.Struct, frozen=True, kw_only=True):
    """A list that was loaded: its version, how many areas it had, and when that was."""

    version: str
    areas: int
    loaded_ms: int


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

    def area_list(self) -> AreaList | None:
        """The list that was loaded last."""
        ...

    def put_area_list(self, loaded: AreaList) -> None:
        """Note a list, which is the one in force from now on."""
        ...

    def villages(self, prefixes: Iterable[str], *, on: str) -> list[str]:
        """The villages that lie in these prefixes and are in force on a date, each once."""
        ...
