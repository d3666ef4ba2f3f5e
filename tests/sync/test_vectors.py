"""The hand-written vectors of ``tests/vectors``, which a second implementation runs too."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sync.base import Author, Write, bases
from sync.bundle_reading import Stretch, read_bundle
from sync.chain import ids_along
from sync.feed import (
    Change,
    Cursor,
    checksum_text,
    next_hash,
    read_cursor,
    row_checksum,
    scope_tag,
    write_cursor,
)
from sync.fold import Line, Snapshot, fold
from sync.forms.completeness import Entry, topic_states
from sync.forms.expressions import Context, evaluate, text_of
from sync.forms.model import Form
from sync.policies import Head, Policy, settle
from sync.record import OwnRevision, conflicts_of, overlay, same_as_classes, view
from sync.revision import Malformed, Revision, Stub, read
from sync.secrets import commitment, opens, regroup
from tests.sync.histories import a_revision

FOLDER = Path(__file__).resolve().parents[1] / "vectors"
FILES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}
LONG_NAMES = {
    "a": "author",
    "o": "capacity",
    "t": "written_ms",
    "ta": "clock_age_s",
    "b": "base",
    "bf": "field_bases",
}


def vectors_of(rule: str) -> Any:
    vectors = FILES[rule]["vectors"]
    return pytest.mark.parametrize("vector", vectors, ids=[vector["name"] for vector in vectors])


def a_revision_of(short: dict[str, Any]) -> Revision:
    return a_revision(**{LONG_NAMES.get(key, "values"): value for key, value in short.items()})


def a_snapshot_of(lines: list[Any]) -> Snapshot:
    return {line.id: line for line in msgspec.convert(lines, list[Line])}


def lines_in(snapshot: Snapshot) -> list[Any]:
    return [msgspec.to_builtins(snapshot[id]) for id in sorted(snapshot)]


def heads_in(listed: list[Any]) -> tuple[Head, ...]:
    return tuple(msgspec.convert(listed, list[Head]))


@vectors_of("fold")
def test_fold(vector):
    revisions = {id: a_revision_of(short) for id, short in vector["revisions"].items()}

    assert fold(revisions) == vector["heads"]
    assert fold(dict(reversed(revisions.items()))) == vector["heads"]


@vectors_of("base")
def test_base(vector):
    writes = {
        field: Write(
            msgspec.convert(write["policy"], Policy),
            heads_in(write["heads"]),
            write["value"],
            tuple(write["named"]) if "named" in write else None,
        )
        for field, write in vector["writes"].items()
    }

    base, field_bases = bases(
        writes, msgspec.convert(vector["me"], Author), resolution=vector.get("resolution", False)
    )

    assert list(base) == vector["base"]
    assert {field: list(ids) for field, ids in field_bases.items()} == vector["field_bases"]


@vectors_of("policies")
def test_policies(vector):
    policy, heads = msgspec.convert(vector["policy"], Policy), heads_in(vector["heads"])

    for order in (heads, heads[::-1]):
        settled = msgspec.to_builtins(settle(policy, order))
        assert settled == {key: vector[key] for key in ("shown", "conflict", "differs", "head")}


@vectors_of("lines")
def test_lines(vector):
    line = vector["line"].encode() if "line" in vector else base64.b64decode(vector["line_base64"])

    outcome = read(line)

    kinds = {"revision": Revision, "stub": Stub, "malformed": Malformed}
    assert type(outcome) is kinds[vector["outcome"]]
    says = json.loads(json.dumps({"b": [], "bf": {}, **msgspec.to_builtins(outcome)}))
    assert {key: says[key] for key in vector.get("read", {})} == vector.get("read", {})
    if "observed_on" in vector:
        assert outcome.observed_on == vector["observed_on"]


@vectors_of("chain")
def test_chain(vector):
    lines = [line.encode() for line in vector["lines"]]

    assert list(ids_along(vector["previous"], [(line, read(line)) for line in lines])) == vector["ids"]


@vectors_of("bundle")
def test_bundle(vector):
    events = list(read_bundle([line.encode() for line in vector["lines"]], lines_max=100))

    said = [{"kind": type(event).__name__} | msgspec.to_builtins(event) for event in events]
    for one, event in zip(said, events, strict=True):
        if isinstance(event, Stretch):
            one |= {"lines": [line.decode() for line in event.lines], "sealed": len(event.sealed)}
    picked = [
        {key: one[key] for key in expected} for one, expected in zip(said, vector["events"], strict=True)
    ]
    assert json.loads(json.dumps(picked)) == vector["events"]


@vectors_of("record")
def test_record(vector):
    form, snapshot = msgspec.convert(FILES["record"]["form"], Form), a_snapshot_of(vector["snapshot"])

    seen = json.loads(json.dumps(msgspec.to_builtins(view(snapshot, form))))

    assert {key: seen[key] for key in vector["view"]} == vector["view"]
    assert list(conflicts_of(snapshot, form)) == vector["view"]["conflicts"]


@vectors_of("same_as")
def test_same_as(vector):
    assert same_as_classes([(one, other) for one, other in vector["pairs"]]) == vector["classes"]
    assert same_as_classes([(other, one) for one, other in reversed(vector["pairs"])]) == vector["classes"]


@vectors_of("overlay")
def test_overlay(vector):
    own = [
        OwnRevision(save["id"], a_revision_of(save["revision"]), save["laid_over"]) for save in vector["own"]
    ]

    assert lines_in(overlay(a_snapshot_of(vector["snapshot"]), own)) == vector["seen"]


@vectors_of("secrets")
def test_secrets(vector):
    if vector["kind"] == "commitment":
        assert commitment(vector["salt"], vector["text"]) == vector["value"]
    elif vector["kind"] == "opens":
        assert opens(vector["value"], vector["salt"], vector["text"]) is vector["opens"]
    else:
        snapshot = a_snapshot_of(vector["snapshot"])
        regroup(snapshot, {(id, field): value for id, field, value in vector["opened"]}, vector["fields"])
        assert lines_in(snapshot) == vector["seen"]


@vectors_of("feed")
def test_feed(vector):
    if vector["kind"] == "sum":
        total = 0
        for record, village, live_ids in vector["rows"]:
            total ^= row_checksum(record, village, live_ids)
        assert checksum_text(total) == vector["sum"]
    elif vector["kind"] == "hash":
        changes = [Change(*change) for change in vector["changes"]]
        assert next_hash(vector["previous"], changes) == vector["hash"]
    elif vector["kind"] == "tag":
        assert scope_tag(vector["prefixes"], opens_restricted=vector["opens_restricted"]) == vector["tag"]
    else:
        cursor = None if vector["cursor"] is None else Cursor(*vector["cursor"])
        assert read_cursor(vector["text"]) == cursor
        assert cursor is None or write_cursor(cursor) == vector["text"]


@vectors_of("expressions")
def test_expressions(vector):
    answers = {
        name: text_of(value if isinstance(value, str) else float(value))
        for name, value in vector.get("answers", {}).items()
    }
    context = Context(
        lambda name: answers.get(name, ""), FILES["expressions"]["today"], vector.get("own", "")
    )
    expected = vector["value"]

    value = evaluate(vector["tree"], context)

    if isinstance(expected, dict):
        assert text_of(value) == expected["number"]
    else:
        assert value == expected
        assert isinstance(value, bool) == isinstance(expected, bool)


@vectors_of("completeness")
def test_completeness(vector):
    forms = msgspec.convert(FILES["completeness"]["forms"], dict[str, Form])
    entries = [
        Entry(
            record=entry["record"],
            form=forms[entry["form"]],
            shown=entry["shown"],
            conflicts=tuple(entry.get("conflicts", ())),
            organisations=entry.get("organisations", {}),
        )
        for entry in vector["entries"]
    ]
    received = frozenset(vector["received"]) if "received" in vector else None

    states = topic_states(entries, today=FILES["completeness"]["today"], received=received)

    found = msgspec.json.decode(msgspec.json.encode(states))
    for topic, expected in vector["states"].items():
        assert {key: found[topic][key] for key in expected} == expected, topic


def test_every_file_of_vectors_has_a_test_and_every_vector_a_name_of_its_own():
    assert {f"test_{rule}" for rule in FILES} <= set(globals())
    for rule, file in FILES.items():
        names = [vector["name"] for vector in file["vectors"]]
        assert len(names) == len(set(names)), rule
