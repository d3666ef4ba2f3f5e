"""The text format of Prometheus, version 0.0.4: figures become lines, nothing else."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_IN_HELP = str.maketrans({"\\": r"\\", "\n": r"\n"})
_IN_VALUE = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


class Sample(msgspec.Struct, frozen=True):
    """A value with its labels. ``suffix``: what a histogram puts behind the name."""

    value: float
    labels: Mapping[str, str] = {}
    suffix: str = ""


class Family(msgspec.Struct, frozen=True):
    """A figure, what it is, and its values: none where it is not known."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    samples: tuple[Sample, ...]


def text_of(families: Iterable[Family]) -> str:
    """All families as text. Raises ValueError for a name that the format does not allow."""
    return "".join(f"{line}\n" for family in families for line in _lines(family))


def histogram(
    bounds: Iterable[float], counts: Iterable[int], total: float, labels: Mapping[str, str]
) -> Iterator[Sample]:
    """The samples of one histogram. ``counts``: how many fell between bounds, above the last one too."""
    so_far = 0
    for bound, count in zip((*bounds, math.inf), counts, strict=True):
        so_far += count
        yield Sample(so_far, {**labels, "le": number(bound)}, "_bucket")
    yield Sample(total, labels, "_sum")
    yield Sample(so_far, labels, "_count")


def number(value: float) -> str:
    """A number as the format writes it."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) else repr(float(value))


def _lines(family: Family) -> Iterator[str]:
    if not _NAME.fullmatch(family.name):
        raise ValueError(f"'{family.name}' is no name of a figure.")
    yield f"# HELP {family.name} {family.help.translate(_IN_HELP)}"
    yield f"# TYPE {family.name} {family.kind}"
    for sample in family.samples:
        yield f"{family.name}{sample.suffix}{_labels(sample.labels)} {number(sample.value)}"


def _labels(labels: Mapping[str, str]) -> str:
    for name in labels:
        if not _LABEL.fullmatch(name):
            raise ValueError(f"'{name}' is no name of a label.")
    inside = ",".join(f'{name}="{value.translate(_IN_VALUE)}"' for name, value in labels.items())
    return f"{{{inside}}}" if inside else ""
