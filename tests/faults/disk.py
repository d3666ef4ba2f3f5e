"""What a process did to the files of a folder, call by call, and what a power cut leaves of it.

Certain after a cut is only what an fsync of the file, or of the folder for names, came after.
Everything else may be there or not, in any combination, and a page may be torn at a sector.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

CALLS = "write,pwrite64,fsync,fdatasync,openat,rename,unlink,unlinkat,ftruncate"
SECTOR_BYTES = 512
FRESH_FILES = ("-shm",)
"""Files that live in memory and are made anew."""

_LINE = re.compile(r"(\d+\.\d+) (\w+)\((.*)\)\s+= (-?\d+)(<[^>]*>)?.*?(?:<([\d.]+)>)?$")
_DESCRIPTOR = re.compile(r"(\d+)<((?:\\x[0-9a-f]{2})*)>")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True)
class Op:
    """One call. ``path`` and ``to`` are relative to the folder; ``at``: seconds when it took effect."""

    at: float
    kind: str
    path: str = ""
    data: bytes = b""
    offset: int = 0
    to: str = ""


def recording(prefix: Path) -> list[str]:
    """Options of strace that write down what ``read`` reads."""
    shape = ["-f", "-ff", "-y", "-xx", "-s", "100000000", "-ttt", "-T"]
    return [*shape, "-o", str(prefix), "-e", f"trace={CALLS}"]


def read(prefix: Path, folder: Path) -> list[Op]:
    """The calls that concern the folder, and what was said on stdout, in their order."""
    ops: list[Op] = []
    for file in sorted(prefix.parent.glob(prefix.name + ".*")):
        for line in file.read_text(encoding="ascii", errors="replace").splitlines():
            found = _LINE.match(line)
            if found and not found[4].startswith("-"):
                ops += _op(found, str(folder))
    return sorted(ops, key=lambda op: op.at)


def _op(found: re.Match[str], root: str) -> list[Op]:
    at, call, arguments = float(found[1]), found[2], found[3]
    if call in ("rename", "unlink", "unlinkat"):
        names = [_inside(_bytes(text).decode(), root) for text in _STRING.findall(arguments)]
        if not names or not names[0]:
            return []
        return [
            Op(
                at,
                "rename" if call == "rename" else "unlink",
                names[0],
                to=(names[-1] or "") if call == "rename" else "",
            )
        ]
    if call == "openat":
        path = _inside(_bytes((found[5] or "<>")[1:-1]).decode(errors="replace"), root)
        if not path or "O_CREAT" not in arguments:
            return []
        return [Op(at, "create", path)] + ([Op(at, "truncate", path)] if "O_TRUNC" in arguments else [])
    descriptor = _DESCRIPTOR.match(arguments)
    if descriptor is None:
        return []
    if call == "write" and descriptor[1] == "1":
        return [Op(at, "said", data=_text_in(arguments))]
    path = _inside(_bytes(descriptor[2]).decode(errors="replace"), root)
    if path is None:
        return []
    if call in ("fsync", "fdatasync"):
        return [Op(at + float(found[6] or 0), "sync", path)]
    if call == "ftruncate":
        return [Op(at, "truncate", path, offset=int(arguments.rpartition(",")[2]))]
    if call == "pwrite64":
        return [Op(at, "write", path, _text_in(arguments), int(arguments.rpartition(",")[2]))]
    return [Op(at, "append", path, _text_in(arguments))]


def _inside(path: str, root: str) -> str | None:
    if path == root:
        return "."
    inside = path.startswith(root + "/") and not path.endswith(FRESH_FILES)
    return path[len(root) + 1 :] if inside else None


def _text_in(arguments: str) -> bytes:
    found = _STRING.search(arguments)
    return _bytes(found[1]) if found else b""


def _bytes(escaped: str) -> bytes:
    return bytes.fromhex(escaped.replace("\\x", ""))


@dataclass
class Disk:
    """Files as they would be read. ``at_rest``: what was there before the first call."""

    at_rest: Path
    files: dict[str, bytearray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for path in self.at_rest.rglob("*"):
            if path.is_file() and not path.name.endswith(FRESH_FILES):
                self.files[path.relative_to(self.at_rest).as_posix()] = bytearray(path.read_bytes())

    def take(self, op: Op, *, bytes_kept: int | None = None) -> None:
        """What one call does; of a write only its first bytes, where it is torn."""
        if op.kind == "create":
            self.files.setdefault(op.path, bytearray())
        elif op.kind == "unlink":
            self.files.pop(op.path, None)
        elif op.kind == "rename" and op.path in self.files:
            self.files[op.to] = self.files.pop(op.path)
        elif op.path in self.files:
            self._change(self.files[op.path], op, op.data[:bytes_kept])

    def _change(self, content: bytearray, op: Op, data: bytes) -> None:
        if op.kind == "truncate":
            del content[op.offset :]
            content.extend(bytes(op.offset - len(content)))
        elif op.kind in ("write", "append"):
            offset = op.offset if op.kind == "write" else len(content)
            content.extend(bytes(max(0, offset - len(content))))
            content[offset : offset + len(data)] = data

    def put(self, folder: Path) -> None:
        """Write the files into a folder that is not there yet."""
        folder.mkdir(parents=True)
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def after_cut(at_rest: Path, ops: Sequence[Op], cut: int, *, keep: str, rng: Random) -> Disk:
    """The disk when the power went before ``ops[cut]``.

    ``keep``: what of the uncertain calls is there: ``none``, ``all`` or ``some``.
    """
    disk = Disk(at_rest)
    for index, op in enumerate(ops[:cut]):
        if op.kind in ("sync", "said"):
            continue
        if keep == "all" or _is_certain(op, ops[index + 1 : cut]):
            disk.take(op)
        elif keep == "some" and rng.random() < 0.5:
            torn = len(op.data) > SECTOR_BYTES and rng.random() < 0.3
            disk.take(op, bytes_kept=SECTOR_BYTES * rng.randrange(1, 8) if torn else None)
    return disk


def _is_certain(op: Op, later: Sequence[Op]) -> bool:
    of_name = op.kind in ("create", "rename", "unlink")
    # Of a renamed file it is the folder that it came into.
    needed = ((op.to or op.path).rpartition("/")[0] or ".") if of_name else op.path
    return any(other.kind == "sync" and other.path == needed for other in later)
