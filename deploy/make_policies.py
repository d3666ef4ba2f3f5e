"""Writes ``docs/reference/policies.md``: every policy with examples that ``sync.policies`` decides.

Run it after a change of ``sync/policies.py`` or ``sync/base.py``::

    python deploy/make_policies.py
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "reference" / "policies.md"

HEAD = """# Merge policies

Written by `deploy/make_policies.py`, which asks `sync/policies.py` and `sync/base.py`; do not edit.

A policy stands in the survey column `merge` of a question. It looks at the *heads* of a field, the
answers that nobody has superseded, and says which value is shown and whether a person must decide.
It never writes and never removes an answer. With one head, that one is shown. Which answers of
other people a save may supersede depends on the policy too; one's own it always may.

In the examples Siti works for the cooperative office and Budi for the army. The answers are those
that are alive after both worked without seeing each other.
"""

FOOT = """
## Not written by form authors

Fields whose names begin with `_` are `manual`, but `_review`, whose newest note is shown. A delete counts
only if it lists every live save, and a verification holds only for the saves that it judged: see [how
merging works](../explanation/how-merging-works.md). In a `select_multiple` with `union`, an option
that the choices sheet marks `exclusive` ("tidak ada") is a conflict when it is true beside another.

## Equal, and newest

Two answers agree when their JSON types are equal and numbers are equal as doubles, texts character
by character, objects by keys, arrays in order. The newest is the one with the latest day of
observation; where an answer has none, or several have the same, the latest time of saving; then the
larger id. A clock that was never corrected or was ahead of the server is *suspect*.
"""

CHOICES = ("tidak", "tidak_tahu", "klaim", "sengketa")
RANKS = {"dinas_koperasi": 3, "tni": 1}

# Policy as written, what it is for, what it shows, what a save may supersede of others, and the
# answers of Siti and Budi in its examples; a pair is (value, day of observation).
POLICIES: tuple[tuple[str, str, str, str, tuple[tuple[Any, Any], ...]], ...] = (
    (
        "manual",
        "everything; also what an empty cell means",
        "the newest, marked, until a person decides",
        "every answer that was on the screen",
        (("hibah", "sewa"), ("hibah", "hibah"), (10, 10.0), ("10", 10), ("hibah", None)),
    ),
    (
        "latest",
        "facts of the world that change: progress, condition, signal",
        "the newest observation. A conflict only where time alone must decide and a clock is suspect",
        "answers that were not observed on a later day",
        ((("tidak", "2026-11-16"), ("pln_ada", "2026-11-19")), ("tidak", "pln_ada")),
    ),
    (
        "authority:LIST",
        "questions that an office answers by right; LIST is a choices list of organisation codes",
        "the best rank, and of several the newest. A conflict among equal ranks; a lower rank that "
        "differs stays visible. An organisation that is not in the list comes last",
        "answers of the same rank or a lower one",
        (("belum", "layak"),),
    ),
    (
        "cautious",
        "a `select_one` whose last choice is the worst: dispute, flood, missing letters",
        "the worst, marked, until a person decides. `tidak_tahu` stands at its place in the list; with "
        "an answer outside the list, or a cleared one, as `manual`",
        "answers that are not worse; none that the list cannot compare",
        (("klaim", "tidak"), (("tidak", None), ({"$": "unknown"}, None)), ("tidak", None)),
    ),
    (
        "cautious:max",
        "numbers where more is worse",
        "the largest, marked, until a person decides",
        "numbers that are not larger",
        ((40, 120),),
    ),
    (
        "cautious:min",
        "numbers where less is worse",
        "the smallest, marked, until a person decides",
        "numbers that are not smaller",
        ((40, 120),),
    ),
    (
        "union",
        "`select_multiple`, photos, notes",
        "everything: true over false for an option, all photos, all notes in order of saving",
        "nothing of others",
        ((True, False), ("Dekat sekolah.", "Jalan becek."), ("Dekat sekolah.", None)),
    ),
    (
        "tolerance:10%",
        "measurements; the percentage is of the largest absolute value",
        "the lower median, a number that somebody wrote. A conflict where smallest and largest lie "
        "further apart; with an answer that is no number, as `manual`",
        "every answer that was on the screen",
        ((1200, 1250), (1200, 1500), (1200, {"$": "unknown"})),
    ),
    (
        "tolerance:5",
        "measurements; in the unit of the question",
        "the same, with a fixed limit",
        "every answer that was on the screen",
        ((40, 44), (40, 46)),
    ),
    (
        "tolerance:30m",
        "points",
        "the most accurate one. A conflict where any two lie further apart",
        "every answer that was on the screen",
        (
            ({"lat": -2.53, "lon": 112.95, "acc": 8}, {"lat": -2.5301, "lon": 112.9501, "acc": 4}),
            ({"lat": -2.53, "lon": 112.95, "acc": 8}, {"lat": -2.54, "lon": 112.95, "acc": 4}),
        ),
    ),
    (
        "identity",
        "what a record is: a number on its papers",
        "the first that was saved. A conflict where another differs",
        "every answer that was on the screen",
        (("0231", "0232"),),
    ),
    (
        "derived",
        "what is computed from other answers",
        "the newest, until it is computed again",
        "every answer that was on the screen",
        (),
    ),
    (
        "unit",
        "groups (`begin_group`) that are one answer: its parts never mix",
        "as `manual`, on the whole group",
        "every answer that was on the screen",
        (({"panjang_m": 50, "lebar_m": 20}, {"panjang_m": 48, "lebar_m": 22}),),
    ),
    (
        "unit:latest",
        "such groups where the facts change",
        "as `latest`, on the whole group",
        "answers that were not observed on a later day",
        (),
    ),
)


def page() -> str:
    """The text of the page."""
    return "".join([HEAD, *(_section(*row) for row in POLICIES), FOOT])


def _section(
    name: str, purpose: str, shows: str, supersedes: str, examples: tuple[tuple[Any, Any], ...]
) -> str:
    lines = [f"\n## {name}\n\nFor {purpose}.\n\n"]
    lines.append(f"- Shows {shows}.\n- A save may supersede {supersedes}.\n")
    if examples:
        lines.append("\n| Siti | Budi, later | shown | conflict |\n|---|---|---|---|\n")
    lines += [_row(name, *pair) for pair in examples]
    return "".join(lines)


def _row(name: str, siti: Any, budi: Any) -> str:
    from sync.policies import Head, settle

    (one, one_day), (other, other_day) = (_dated(answer) for answer in (siti, budi))
    heads = [
        Head("A", one, "siti", "verifier/dinas_koperasi", 1, one_day),
        Head("B", other, "budi", "verifier/tni", 2, other_day),
    ]
    settled = settle(_policy(name), heads)
    cells: Iterable[str] = (
        _cell(one, one_day),
        _cell(other, other_day),
        _cell(settled.shown, None),
        "yes" if settled.conflict else "no",
    )
    return f"| {' | '.join(cells)} |\n"


def _policy(name: str) -> Any:
    from sync.policies import Policy, policy_from

    return Policy(name) if name.startswith("unit") else policy_from(name, choices=CHOICES, ranks=RANKS)


def _dated(answer: Any) -> tuple[Any, str | None]:
    return answer if isinstance(answer, tuple) else (answer, None)


def _cell(value: Any, day: str | None) -> str:
    text = "cleared" if value is None else f"`{json.dumps(value)}`"
    return f"{text}, seen {day}" if day else text


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    TARGET.write_text(page(), encoding="utf-8")
