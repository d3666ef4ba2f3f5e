"""Area codes of the Home Ministry: ``62`` province, ``62.02`` regency, ``62.02.01.2004`` village."""

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeGuard

_VILLAGE = re.compile(r"\d\d\.\d\d\.\d\d\.\d{4}", re.ASCII)
_AREA = re.compile(r"\d\d(\.\d\d(\.\d\d(\.\d{4})?)?)?", re.ASCII)
_REGENCY_CHARACTERS = len("62.02")
_DISTRICT_CHARACTERS = len("62.02.01")
_WARD = "1"
"""The last block of a village's code begins with it where the village is a kelurahan."""


def is_village(value: Any) -> TypeGuard[str]:
    """Whether a value is written as a village code."""
    return isinstance(value, str) and _VILLAGE.fullmatch(value) is not None


def is_area(value: Any) -> TypeGuard[str]:
    """Whether a value is written as the code of a province, regency, district or village."""
    return isinstance(value, str) and _AREA.fullmatch(value) is not None


def is_regency(value: Any) -> TypeGuard[str]:
    """Whether a value is written as the code of a regency, which is the name of its feed."""
    return is_area(value) and len(value) == _REGENCY_CHARACTERS


def regency_of(village: str) -> str:
    """The regency whose feed carries a village: ``62.02`` of ``62.02.01.2004``."""
    return village[:_REGENCY_CHARACTERS]


def within(area: str, prefixes: Iterable[str]) -> bool:
    """Whether an area lies in a scope, given as area codes that end at a level."""
    return any(area == prefix or area.startswith(prefix + ".") for prefix in prefixes)


def minimal(prefixes: Iterable[str]) -> tuple[str, ...]:
    """The same scope without codes that another one contains, sorted."""
    kept: list[str] = []
    for prefix in sorted(set(prefixes)):
        if not within(prefix, kept):
            kept.append(prefix)
    return tuple(kept)


def in_regency(prefixes: Iterable[str], regency: str) -> tuple[str, ...]:
    """The part of a scope that lies in one regency; empty where none does."""
    return minimal(
        regency if within(regency, [prefix]) else prefix
        for prefix in prefixes
        if within(regency, [prefix]) or within(prefix, [regency])
    )


def place_name(code: str, name_of: Callable[[str], str | None], say: Callable[..., str]) -> str:
    """What people call an area: ``Sumber Makmur (Kec. Parenggean)``; the code where no list has it.

    Of 1,571 villages 114 share their name with another, but none with one of its district.
    ``name_of``: the name that the list gives a code; ``say``: a text of the catalogue.
    """
    name = name_of(code)
    if name is None:
        return code
    if is_village(code):
        district = code[:_DISTRICT_CHARACTERS]
        return say("area.village", village=name, district=name_of(district) or district)
    return say("area.district", district=name) if len(code) == _DISTRICT_CHARACTERS else name


def titled_name(code: str, name_of: Callable[[str], str | None], say: Callable[..., str]) -> str:
    """The same inside a sentence: ``Desa Sumber Makmur (Kec. Parenggean)``."""
    name = place_name(code, name_of, say)
    if not is_village(code) or name == code:
        return name
    kind = "ward" if code[_DISTRICT_CHARACTERS + 1] == _WARD else "village"
    return say(f"area.titled-{kind}", name=name)
