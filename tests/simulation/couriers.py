"""Saved work that travels as a file: made by one phone, carried by anybody, delivered whenever."""

from __future__ import annotations

import tempfile
from pathlib import Path

from field_client import bundles
from sync.packing import packed, unpacked
from tests.simulation.hub import FILE_LIMITS
from tests.simulation.phone import Phone
from tests.simulation.survey import Survey

FILES_KEPT = 6


def hand_over(survey: Survey, phone: Phone) -> None:
    """A phone writes all that it has, or what the server has not stated to have, into a file."""
    plan = bundles.planned(phone.db, since_receipt=survey.rng.random() < 0.5, with_photos=True)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "work.tapak"
        made_ms = phone.wall_ms(survey.now_ms)
        exported = bundles.export(phone.db, Path(folder), plan, file, made_ms=made_ms, on_step=lambda: None)
        survey.files.append(file.read_bytes())
    del survey.files[:-FILES_KEPT]
    survey.counts["handed over by file"] += 1
    survey.trace(f"{phone.name} hands over {exported.lines} lines in a file")


def deliver(survey: Survey, phone: Phone) -> None:
    """One of the files comes to the server, whole or cut, for the first time or again."""
    if not survey.files:
        return
    file = survey.rng.choice(survey.files)
    if survey.rng.random() < 0.2:
        # Between lines: signatures are never the same bytes twice, so no byte of a seed is.
        lines = list(unpacked([file], bytes_max=FILE_LIMITS.inflated_bytes_max))
        file = b"".join(packed(lines[: survey.rng.randrange(1, len(lines) + 1)]))
    report = survey.hub.bring(file, survey.rng.randbytes, survey.now_ms)
    survey.counts["carried by file"] += 1
    survey.trace(f"a file is delivered: {report}")
