"""Merging: which writes of a record are alive.

``fold`` is the definition, a set expression over all revisions of a record: every write
(field, id), minus those that another write of the same field names in its base. It is
commutative, associative and idempotent for any order, gap, repetition or relay, and needs
no clock, no version vector and no waiting for what has not arrived.

``absorb`` does the same one revision at a time, as a server must. It needs one memory more:
the *awaited* ids, named in a base before their own revision arrived. The fields of such a
revision are dead on arrival. Without that memory 2,997 of 3,000 shuffled histories came out
wrong.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from sync.revision import Revision

Heads = dict[str, dict[str, Any]]
"""``{field: {id: value}}``"""


def fold(revisions: Mapping[str, Revision]) -> Heads:
    """``{id: revision} -> {field: {id: value}}``: the writes that no write of the same field names."""
    dead = superseded_writes(revisions.values())
    heads: Heads = {}
    for id, revision in revisions.items():
        for field, value in revision.values.items():
            if (id, field) not in dead:
                heads.setdefault(field, {})[id] = value
    return heads


def superseded_writes(revisions: Iterable[Revision]) -> set[tuple[str, str]]:
    """``(id, field)`` of every write that a revision names in the base of the same field.

    A base kills only in the fields that its revision writes: without that rule 36,173
    writes were lost in 3,000 simulated histories.
    """
    return {
        (base, field)
        for revision in revisions
        for field in revision.values
        for base in revision.base_of(field)
    }


class Line(msgspec.Struct, array_like=True):
    """A revision as a snapshot holds it: who, when, and those of its fields that are alive."""

    id: str
    person: str
    capacity: str
    written_ms: int
    observed_on: str | None
    suspect: int
    fields: dict[str, Any]


Snapshot = dict[str, Line]
"""``{id: line}``: all heads of a record, by the revision that wrote them."""

_encode_lines = msgspec.json.Encoder().encode
_decode_lines = msgspec.json.Decoder(list[Line]).decode


def line_of(id: str, revision: Revision, *, suspect: bool) -> Line:
    """The snapshot line of a revision all of whose writes are alive."""
    return Line(
        id,
        revision.author,
        revision.capacity,
        revision.written_ms,
        revision.observed_on,
        int(suspect),
        dict(revision.values),
    )


def absorb(
    snapshot: Snapshot,
    awaited: set[tuple[str, str]],
    id: str,
    revision: Revision,
    *,
    suspect: bool,
    merged: Callable[[str], bool],
) -> None:
    """Take one revision into ``snapshot`` and ``awaited`` (pairs of base id and field), in place.

    The caller offers each revision once. Afterwards ``awaited`` holds what the absorbed
    revisions name and has not been absorbed, whatever the order was. ``merged`` says
    whether an id has already been absorbed into this record; it is asked only for ids that
    are not in the snapshot.
    """
    for field in revision.values if revision.base or revision.field_bases else ():
        for base in revision.base_of(field):
            line = snapshot.get(base)
            if line is not None:
                kill(snapshot, line, field)
            elif not merged(base):
                awaited.add((base, field))
    line = line_of(id, revision, suspect=suspect)
    for pair in [pair for pair in awaited if pair[0] == id]:
        awaited.discard(pair)
        line.fields.pop(pair[1], None)
    if line.fields:
        snapshot[id] = line


def kill(snapshot: Snapshot, line: Line, field: str) -> None:
    """A write of ``field`` is superseded; a line without a living write leaves the snapshot."""
    if line.fields.pop(field, kill) is not kill and not line.fields:
        del snapshot[line.id]


def encode_snapshot(snapshot: Snapshot) -> bytes:
    """The ``L`` of a snapshot line: the same bytes for the same heads."""
    return _encode_lines([snapshot[id] for id in sorted(snapshot)])


def decode_snapshot(data: bytes) -> Snapshot:
    """Inverse of ``encode_snapshot``."""
    return {line.id: line for line in _decode_lines(data)}


def snapshot_of(revisions: Mapping[str, Revision], *, suspects: Iterable[str] = ()) -> Snapshot:
    """The snapshot that ``fold`` defines; what ``rebuild`` and ``verify`` compare with."""
    suspect_ids = set(suspects)
    dead = superseded_writes(revisions.values())
    snapshot: Snapshot = {}
    for id, revision in revisions.items():
        line = line_of(id, revision, suspect=id in suspect_ids)
        for field in revision.values:
            if (id, field) in dead:
                del line.fields[field]
        if line.fields:
            snapshot[id] = line
    return snapshot
