"""Restricted answers: committed to in the line, opened beside it, compared without being seen."""

from __future__ import annotations

import copy

from hypothesis import given
from hypothesis import strategies as st

from sync.fold import snapshot_of
from sync.policies import is_sealed
from sync.record import conflicts_of, view
from sync.secrets import (
    SecretLine,
    commitment,
    may_hold_commitment,
    opens,
    read_secret,
    regroup,
    reveal,
    seal,
    value_of,
    write_secret,
)
from sync.wire import is_secret
from tests.sync.a_form import LAHAN
from tests.sync.histories import a_revision, histories, values

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.dictionaries(st.sampled_from(["nik", "listrik"]), values), texts)
def test_what_is_sealed_is_opened_by_its_own_secret_alone(answers, salt):
    sealed, secrets = seal(answers, lambda field: field == "nik", lambda: salt)

    assert {field: value for field, value in sealed.items() if field != "nik"} == {
        field: value for field, value in answers.items() if field != "nik"
    }
    if answers.get("nik") is None:
        assert (sealed, secrets) == (answers, {})
    else:
        assert value_of(secrets["nik"][1]) == answers["nik"]
        assert opens(sealed["nik"], *secrets["nik"])
        assert not opens(sealed["nik"], secrets["nik"][0], secrets["nik"][1] + " ")
        assert not opens("6271", *secrets["nik"])


@given(histories(fields=("nik", "listrik")), st.data())
def test_readers_with_and_without_the_right_find_the_same_conflicts(history, data):
    opened, snapshot = {}, snapshot_of(history)
    for id, line in snapshot.items():
        if "nik" in line.fields and data.draw(st.integers(0, 4)):
            salt, plain = f"salt-{id}", data.draw(st.sampled_from(['"6271"', '"6272"', "5"]))
            line.fields["nik"] = commitment(salt, plain)
            if data.draw(st.integers(0, 4)):
                opened[id, "nik"] = value_of(plain)
        elif "nik" in line.fields:
            line.fields["nik"] = None
    before = copy.deepcopy(snapshot)

    with_right = reveal(snapshot, opened)
    assert snapshot == before
    regroup(snapshot, opened, ["nik"])

    assert conflicts_of(with_right, LAHAN) == conflicts_of(snapshot, LAHAN)
    for field, seen in view(snapshot, LAHAN).fields.items():
        assert seen.conflict == view(with_right, LAHAN).fields[field].conflict
        assert field != "nik" or seen.shown is None or is_sealed(seen.shown)


def test_equal_opened_values_share_a_group_and_an_unopened_one_has_none():
    one, other, third = (a_revision(values={"nik": commitment(salt, '"6271"')}) for salt in "abc")
    alone = a_revision(values={"npwp": commitment("d", "1")})
    snapshot = snapshot_of({"a": one, "b": other, "c": third, "d": alone})

    regroup(snapshot, {("a", "nik"): "6271", ("b", "nik"): "6271", ("d", "npwp"): 1}, ["nik", "npwp"])

    assert [snapshot[id].fields["nik"].get("g") for id in "abc"] == [1, 1, None]
    assert snapshot["d"].fields["npwp"] == commitment("d", "1")


def test_a_group_number_that_a_device_wrote_itself_does_not_count():
    forged = a_revision(values={"nik": {**commitment("a", "1"), "g": 1}})
    snapshot = snapshot_of({"a": forged, "b": forged})

    regroup(snapshot, {}, ["nik"])

    assert snapshot["a"].fields["nik"] == commitment("a", "1")


def test_a_secret_line_is_told_apart_by_its_first_bytes():
    line = write_secret("AAAAAAAAAAAAAAAA", {"nik": ("salt", '"6271"')})

    assert line == b'{"of":"AAAAAAAAAAAAAAAA","x":{"nik":["salt","\\"6271\\""]}}'
    assert is_secret(line)
    assert read_secret(line) == SecretLine("AAAAAAAAAAAAAAAA", {"nik": ("salt", '"6271"')})


def test_a_secret_line_that_cannot_be_read_is_nothing():
    assert read_secret(b'{"of":5}') is None
    assert read_secret(b'{"of":"\xff","x":{}}') is None
    assert read_secret(b'{"of":' + b"[" * 100_000) is None


def test_a_secret_text_that_is_no_json_is_the_text_itself():
    assert value_of("0812 3456") == "0812 3456"
    assert value_of("[" * 100_000) == "[" * 100_000


def test_a_line_without_a_commitment_is_told_by_its_bytes():
    assert not may_hold_commitment(b'{"v":{"catatan":"RT 3"}}')
    assert not may_hold_commitment(b'{"v":{"catatan":"RT #3"}}')
    assert may_hold_commitment(b'{"v":{"nik":{ "#" : "abc"}}}')
