"""Bytes on the wire: a body of 50 lines as a client compresses it, against zstd at its best."""

from collections.abc import Iterator

import zstandard

from tests.bench.bodies import Body, bodies_of
from tests.bench.fielddata import FIELDS_OF_AN_EDIT, FIELDS_OF_AN_ENTRY, field_log
from tests.bench.plan import Run
from tests.bench.table import Row

LINES_A_BODY = 50
BODIES = 20
OF_ZSTD_MAX = 1.25
ZSTD_LEVEL = 19
SEED = 50


def rows(run: Run) -> Iterator[Row]:
    """Bytes per new entry and per edit, headers of the body included."""
    run.say("bytes of a body")
    log = field_log(SEED, 0)
    entries = bodies_of(log, log.entries, count=BODIES, lines_a_body=LINES_A_BODY)
    edits = bodies_of(log, log.edits, count=BODIES, lines_a_body=LINES_A_BODY)
    yield from _rows(f"new {FIELDS_OF_AN_ENTRY}-field entry", entries)
    yield from _rows(f"{FIELDS_OF_AN_EDIT}-field edit", edits)


def _rows(name: str, bodies: list[Body]) -> Iterator[Row]:
    compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL)
    lines = sum(len(body.lines) for body in bodies)
    raw = sum(len(body.raw) for body in bodies) / lines
    best = sum(len(compressor.compress(body.raw)) for body in bodies) / lines
    ours = sum(len(body.compressed) for body in bodies) / lines
    yield Row(name=f"raw: {name}, {LINES_A_BODY} a body", figure=raw, unit="bytes")
    yield Row(name=f"zstd -{ZSTD_LEVEL}: {name}, {LINES_A_BODY} a body", figure=best, unit="bytes")
    yield Row(
        name=f"gzip: {name}, {LINES_A_BODY} a body", figure=ours, unit="bytes", limit=OF_ZSTD_MAX * best
    )
