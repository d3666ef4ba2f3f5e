"""The page on the wire shows what really travels, and names every key, code and limit rightly."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from server.hub.exchange import HELD_BYTES_MAX
from server.hub.ingest import CLOCK_AHEAD_MAX_MS
from server.problems import PROBLEMS
from server.settings import Settings
from sync.chain import revision_id
from sync.revision import (
    BASE_IDS_MAX,
    DEPTH_MAX,
    FIELDS_MAX,
    LINE_BYTES_MAX,
    WHY_CHARACTERS_MAX,
    Revision,
    Stub,
    read,
)
from sync.secrets import opens, read_secret
from sync.wire import ROWS_MAX, AnswerHeader, SyncHeader, is_secret, read_answer, read_request
from tests.docs.wire_story import PAGE, examples, names_in, with_examples


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return examples(tmp_path_factory.mktemp("server"))


def test_every_example_is_what_the_code_writes(page: str, found: dict[str, str]):
    assert sorted(names_in(page)) == sorted(found)
    assert with_examples(page, found) == page, "write them anew: python -m tests.docs.wire_story"


def test_the_request_is_read_as_its_table_says(found: dict[str, str]):
    header, lines = read_request(found["request"].encode())
    revisions = [line for line in lines if not is_secret(line)]
    id = ""
    for line in revisions:
        id = revision_id(id, line)

    assert (header.n, header.last) == (len(revisions), id)
    assert all(isinstance(read(line), Revision) for line in revisions)


def test_the_secret_opens_the_commitment(found: dict[str, str]):
    line, secret_line = found["sealed"].encode().split(b"\n")
    officer, secret = read(line), read_secret(secret_line)
    assert isinstance(officer, Revision)
    assert secret is not None

    assert all(opens(officer.values[field], *pair) for field, pair in secret.texts.items())


def test_the_stub_and_the_move_are_read_as_such(found: dict[str, str]):
    assert isinstance(read(found["stub"].encode()), Stub)
    moved = read(found["move"].encode())
    assert isinstance(moved, Revision)
    assert moved.base_of("_area")


def test_the_answer_is_read_by_a_device(found: dict[str, str]):
    answer = read_answer(found["answer"].encode())

    assert answer.end is not None
    assert [len(line.L) for line in answer.snapshots] == [1, 1]
    assert answer.header.have.id == read_request(found["request"].encode())[0].tip.id


@pytest.mark.parametrize(("struct", "heading"), [(Revision, "A revision line"), (SyncHeader, "A request")])
def test_the_tables_name_every_key(page: str, struct: Any, heading: str):
    section = page.split(f"## {heading}\n")[1].split("\n## ")[0]
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", section, re.MULTILINE))))
    known = {field.encode_name for field in msgspec.structs.fields(struct)}

    # free_mb is taken and shown to nobody yet.
    assert named == known - {"free_mb"}


def test_the_answer_table_names_every_key(page: str):
    section = page.split("**Header**")[1].split("**Snapshot lines.**")[0]
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", section, re.MULTILINE))))

    assert named == {field.encode_name for field in msgspec.structs.fields(AnswerHeader)}


def test_the_error_table_has_the_statuses_of_the_catalogue(page: str):
    rows = re.findall(r"^\| (`[a-z-]+`[^|]*) \| ([\d, ]+)", page.split("## Errors")[1], re.MULTILINE)
    for codes, statuses in rows:
        named = re.findall(r"`([a-z]+-[a-z-]+)`", codes)
        expected = list(dict.fromkeys(PROBLEMS[code].status for code in named))

        assert [int(status) for status in statuses.split(",")] == expected, codes


def test_the_limits_are_those_of_the_code(page: str):
    kib, mib, defaults = 1024, 1024 * 1024, Settings()

    assert f"{LINE_BYTES_MAX // kib} KiB, {FIELDS_MAX} fields, {BASE_IDS_MAX:,} base ids" in page
    assert f"at most {WHY_CHARACTERS_MAX} characters" in page
    assert f"at most {DEPTH_MAX} levels" in page
    assert f"| {defaults.sync_raw_bytes_max // mib} MiB | `TAPAK_SYNC_RAW_BYTES_MAX`" in page
    assert f"| {defaults.sync_inflated_bytes_max // mib} MiB | `TAPAK_SYNC_INFLATED_BYTES_MAX`" in page
    assert f"| {ROWS_MAX}, or fewer as asked |" in page
    assert f"| {HELD_BYTES_MAX // mib} MiB, then `storage-full` |" in page
    assert f"| {CLOCK_AHEAD_MAX_MS // 1000} s |" in page
