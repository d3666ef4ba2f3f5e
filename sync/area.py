"""Area codes of the Home Ministry: ``62`` province, ``62.02`` regency, ``62.02.01.2004`` village."""

import re
from collections.abc import Iterable
from typing import Any, TypeGuard

_VILLAGE = re.compile(r"\d\d\.\d\d\.\d\d\.\d{4}", re.ASCII)
_AREA = re.compile(r"\d\d(\.\d\d(\.\d\d(\.\d{4})?)?)?", re.ASCII)
_REGENCY_CHARACTERS = len("62.02")


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
