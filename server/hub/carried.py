"""Whose word the lines of a bundle are: which of them a device's signature covers.

Who carries a file vouches for nothing in it. A signature of a place covers, by the chain, every
line before it in the file; a stub ends that, for its own bytes are in no chain.
"""

from collections.abc import Iterable, Iterator

import msgspec

from server.hub.intake import Incoming, read_lines
from server.hub.sealing import is_signed
from server.store.base import Unit
from sync.bundle import Tip
from sync.bundle_reading import Event, Stretch
from sync.chain import Place
from sync.revision import Revision, Stub

BRANCHES_MAX = 64
"""Device ids that one log in a file is followed back through."""


class Piece(msgspec.Struct, frozen=True):
    """Lines of one device without a gap and without a stub, the first one behind ``after``."""

    device: str
    after: Place
    lines: list[Incoming]

    @property
    def last(self) -> str:
        """The id of its last line."""
        return self.lines[-1].id

    @property
    def branched_from(self) -> str | None:
        """The device id whose log goes on here under another one."""
        first = self.lines[0].outcome
        return first.branched_from if isinstance(first, Revision) else None

    @property
    def is_of_one_device(self) -> bool:
        """Whether every line that can be read names the device of its segment."""
        return all(
            line.outcome.device == self.device for line in self.lines if isinstance(line.outcome, Revision)
        )


class _Head(msgspec.Struct, frozen=True):
    previous: str
    device: str


class Survey:
    """A file as it was read the first time: what it must hold for a line to be its device's word."""

    def __init__(self, events: Iterable[Event]) -> None:
        self.tips: list[Tip] = []
        self._heads: dict[str, _Head] = {}
        self._branches: dict[str, str] = {}
        for event in events:
            if isinstance(event, Tip):
                self.tips.append(event)
            elif isinstance(event, Stretch):
                self._note(event)

    def root_of(self, unit: Unit, device: str) -> str:
        """The enrolled device whose log this would be, as the file has it."""
        for _ in range(BRANCHES_MAX):
            root = unit.log.root_of(device)
            if unit.people.device(root) is not None or root not in self._branches:
                return root
            device = self._branches[root]
        return device

    def signed_tips(self, unit: Unit) -> list[Tip]:
        """The tips that the key of their device signed."""
        return [
            tip for tip in self.tips if is_signed(tip, unit.people.public_key(self.root_of(unit, tip.device)))
        ]

    def signed(self, unit: Unit, tips: Iterable[Tip]) -> set[str]:
        """The ids of the last lines of all pieces that these tips cover.

        A log goes back under the device ids that it had before, and never into another one.
        """
        covered: set[str] = set()
        for tip in tips:
            root, id = self.root_of(unit, tip.device), tip.id
            while (head := self._heads.get(id)) is not None and id not in covered:
                if self.root_of(unit, head.device) != root:
                    break
                covered.add(id)
                id = head.previous
        return covered

    def _note(self, stretch: Stretch) -> None:
        for piece in pieces_of(stretch):
            if piece.is_of_one_device:
                self._heads[piece.last] = _Head(piece.lines[0].previous, piece.device)
            if piece.after.seq == 0 and piece.branched_from is not None:
                self._branches.setdefault(piece.device, piece.branched_from)


def pieces_of(stretch: Stretch) -> Iterator[Piece]:
    """The lines of a segment, parted where a stub stands for one."""
    segment = stretch.segment
    run: list[Incoming] = []
    after = Place(segment.first - 1, segment.previous)
    for seq, line in enumerate(read_lines(segment.previous, stretch.lines), start=segment.first):
        if not isinstance(line.outcome, Stub):
            run.append(line)
            continue
        if run:
            yield Piece(segment.device, after, run)
        run, after = [], Place(seq, line.id)
    if run:
        yield Piece(segment.device, after, run)
