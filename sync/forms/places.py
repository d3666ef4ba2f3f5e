"""Names of villages as lists have them -> codes; of two villages with one name neither is guessed."""

import difflib
import re
from collections.abc import Iterable

import msgspec

from sync.area import is_village

CANDIDATES_MAX = 5

_NOT_A_LETTER = re.compile(r"[\W_]+")
_KINDS = re.compile(r"^(desa|kelurahan|kel|ds|kecamatan|kec|kabupaten|kab|kota) ")
_WITH_DISTRICT = re.compile(r"(?P<name>[^(,]+)[(,]\s*(?P<district>[^()]+?)\)?\s*")
_UNDOTTED = re.compile(r"(\d\d)(\d\d)(\d\d)(\d{4})", re.ASCII)


class Village(msgspec.Struct, frozen=True):
    """A village with the names above it."""

    code: str
    name: str
    district: str = ""
    regency: str = ""

    def __str__(self) -> str:
        return f"{self.code} {self.name} ({self.district or self.regency})"


class Sought(msgspec.Struct, frozen=True):
    """What was found for a name: the one village, or whom it may have meant.

    ``is_ambiguous``: several villages have exactly this name.
    """

    village: Village | None
    candidates: tuple[Village, ...] = ()
    is_ambiguous: bool = False


class Places:
    """The villages that a person may name."""

    def __init__(
        self,
        areas: Iterable[tuple[str, str]],
        villages: Iterable[str],
        *,
        aliases: Iterable[tuple[str, str]] = (),
        ended: Iterable[str] = (),
    ) -> None:
        """``areas``: (code, name) of every level; ``villages``: the codes that may be meant.

        ``aliases``: (code, other name); one that is also the name of another village is ambiguous.
        ``ended``: those that are no longer in force; a name means another one, where it can.
        """
        self._ended = frozenset(ended)
        names = dict(areas)
        self._by_code = {
            code: Village(code, names.get(code, code), names.get(code[:8], ""), names.get(code[:5], ""))
            for code in sorted(set(villages))
        }
        self._by_name: dict[str, list[Village]] = {}
        called = [(village.code, village.name) for village in self._by_code.values()]
        for code, name in (*called, *aliases):
            village = self._by_code.get(code)
            if village is not None and village not in self._by_name.setdefault(fold(name), []):
                self._by_name[fold(name)].append(village)

    def find(self, text: str, *, district: str = "", regency: str = "") -> Sought:
        """The village of a code, of a name, or of a name with its district behind it.

        ``Sumber Makmur (Parenggean)`` and ``Sumber Makmur, Parenggean`` name the district
        themselves; else ``district`` and ``regency`` narrow the choice, where they are given.
        """
        text = text.strip()
        code = _UNDOTTED.sub(r"\1.\2.\3.\4", text)
        if is_village(code):
            return Sought(self._by_code.get(code))
        with_district = _WITH_DISTRICT.fullmatch(text)
        if with_district and fold(text) not in self._by_name:
            text, district = with_district["name"], with_district["district"]
        named = self._by_name.get(fold(text), [])
        found = self._in_force([village for village in named if _lies_in(village, district, regency)])
        if len(found) == 1:
            return Sought(found[0])
        candidates = found or named or self._alike(text)
        return Sought(None, tuple(candidates[:CANDIDATES_MAX]), is_ambiguous=bool(found))

    def _in_force(self, found: list[Village]) -> list[Village]:
        """A village whose code changed is there twice: the new code is meant, not the one that ended."""
        return [village for village in found if village.code not in self._ended] or found

    def _alike(self, text: str) -> list[Village]:
        names = difflib.get_close_matches(fold(text), self._by_name, n=CANDIDATES_MAX, cutoff=0.7)
        return [village for name in names for village in self._by_name[name]]


def fold(text: str) -> str:
    """A name without what people write differently: case, signs, ``Desa`` or ``Kec.`` before it."""
    words = _NOT_A_LETTER.sub(" ", text).strip().casefold()
    return _KINDS.sub("", words)


def _lies_in(village: Village, district: str, regency: str) -> bool:
    return (not fold(district) or fold(village.district) == fold(district)) and (
        not fold(regency) or fold(village.regency) == fold(regency)
    )
