"""Random histories of one record: revisions whose bases name earlier ones, or ones not made yet."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from sync.chain import revision_id
from sync.fold import Snapshot, line_of
from sync.policies import Head, Policy
from sync.revision import NOT_APPLICABLE, UNKNOWN, Revision, write

FIELDS = ("luas_m2", "listrik", "catatan", "_area", "_deleted", "unit_ada/sembako")
PERSONS = ("psiti", "pbudi", "pwati")
CAPACITIES = ("verifier/tni", "verifier/desa", "coordinator/agrinas", "verifier/ba")

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1000, 1000),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from([UNKNOWN, NOT_APPLICABLE, "pln", "tidak", "klaim"]),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text("abz", max_size=3), inner)),
    max_leaves=6,
)
dates = st.one_of(st.none(), st.sampled_from(["2026-11-18", "2026-11-20", "2026-11-21"]))


def a_revision(**given: Any) -> Revision:
    """A revision of which the story mentions what matters."""
    usual: dict[str, Any] = {
        "device": "d-siti",
        "seq": 1,
        "record": "r-1",
        "form": "lahan/2026112301",
        "author": "psiti",
        "capacity": "verifier/tni",
        "written_ms": 1_764_040_000_000,
        "values": {},
    }
    return Revision(**{**usual, **given})


def a_head(id: str = "h1", value: Any = "pln", **given: Any) -> Head:
    """A head of which the story mentions what matters."""
    usual: dict[str, Any] = {"person": "psiti", "capacity": "verifier/tni", "written_ms": 1000}
    return Head(id=id, value=value, **{**usual, **given})


def a_snapshot(**revisions: Revision) -> Snapshot:
    """A snapshot in which every write of these revisions is alive."""
    return {
        id: line_of(id, revision, suspect=revision.clock_age_s is None) for id, revision in revisions.items()
    }


@st.composite
def histories(draw: st.DrawFn, fields: tuple[str, ...] = FIELDS, size_max: int = 9) -> dict[str, Revision]:
    """``{id: revision}``: each base is any choice of the other ids, with a field base here and there.

    Ids cover the lines, so that only earlier ids can be named, and ids that never arrive.
    """
    made: dict[str, Revision] = {}
    for seq in range(1, draw(st.integers(1, size_max)) + 1):
        ids = st.lists(st.sampled_from([*made, "neverarrives1", "neverarrives2"]), max_size=4, unique=True)
        revision = a_revision(
            device=draw(st.sampled_from(["d-siti", "d-budi"])),
            seq=seq,
            author=draw(st.sampled_from(PERSONS)),
            capacity=draw(st.sampled_from(CAPACITIES)),
            written_ms=draw(st.integers(0, 50)),
            clock_age_s=draw(st.sampled_from([None, 5])),
            observed=draw(dates),
            base=tuple(draw(ids)),
            values=draw(st.dictionaries(st.sampled_from(fields), values, max_size=3)),
            field_bases={
                field: tuple(named)
                for field, named in draw(st.dictionaries(st.sampled_from(fields), ids, max_size=1)).items()
            },
        )
        made[revision_id("", write(revision))] = revision
    return made


@st.composite
def heads(draw: st.DrawFn, of: st.SearchStrategy[Any] = values, size_max: int = 5) -> list[Head]:
    """One to five heads of a field with different ids."""
    return [
        Head(
            id=id,
            value=draw(of),
            person=draw(st.sampled_from(PERSONS)),
            capacity=draw(st.sampled_from(CAPACITIES)),
            written_ms=draw(st.integers(0, 3)),
            observed_on=draw(dates),
            suspect=draw(st.booleans()),
        )
        for id in draw(
            st.lists(st.text("abcdef", min_size=2, max_size=2), min_size=1, max_size=size_max, unique=True)
        )
    ]


RANKS = {"tni": 1, "agrinas": 2, "desa": 3}
ORDER = ("tidak", "klaim", "tidak_tahu", "sengketa")
policies = st.sampled_from(
    [
        Policy("manual"),
        Policy("latest"),
        Policy("authority", ranks=RANKS),
        Policy("cautious", order=ORDER),
        Policy("cautious:max"),
        Policy("cautious:min"),
        Policy("union"),
        Policy("tolerance:percent", limit=5),
        Policy("tolerance:unit", limit=2),
        Policy("tolerance:metres", limit=15),
        Policy("identity"),
        Policy("derived"),
        Policy("unit"),
        Policy("unit:latest"),
        Policy("of a later version"),
    ]
)
numbers = st.one_of(st.integers(-20, 20), st.floats(-20, 20))
points = st.fixed_dictionaries(
    {"lat": st.floats(-2.51, -2.5), "lon": st.floats(112.9, 112.91)},
    optional={"acc": st.one_of(st.none(), st.floats(1, 50))},
)
choice_values = st.sampled_from([*ORDER, UNKNOWN, None, "lain"])
answers = st.one_of(numbers, points, choice_values, st.booleans(), st.text("ab", max_size=2))
