"""The fields of ``show``."""

from datetime import timedelta, timezone

from sync.fold import Line
from sync.record import view
from sync.shown import fields_json, heads_json, time_text

JAKARTA = timezone(timedelta(hours=7))


def snapshot(**values):
    return {
        id: Line(id, "p1", "verifier/tni", 1_764_040_000_123, "2026-11-20", 0, fields)
        for id, fields in values.items()
    }


def test_a_field_names_its_shown_value_and_who_wrote_each_head():
    seen = view(snapshot(a={"sengketa": "tidak"}), None)

    assert fields_json(seen, zone=JAKARTA) == {
        "sengketa": {
            "shown": "tidak",
            "conflict": False,
            "heads": [
                {
                    "id": "a",
                    "value": "tidak",
                    "person": "p1",
                    "organisation": "tni",
                    "saved_at": "2025-11-25T10:06:40.123+07:00",
                    "observed_on": "2026-11-20",
                }
            ],
        }
    }


def test_a_restricted_answer_is_open_to_whoever_holds_its_secret():
    seen = view(snapshot(a={"nik": {"#": "x"}}), None)

    closed = fields_json(seen, zone=JAKARTA)["nik"]
    opened = fields_json(seen, zone=JAKARTA, opened={("a", "nik"): "6271"})["nik"]

    assert (closed["shown"], closed["heads"][0]["value"]) == ({"#": "x"}, {"#": "x"})
    assert (opened["shown"], opened["heads"][0]["value"]) == ("6271", "6271")
    assert heads_json("nik", seen.fields["nik"], zone=JAKARTA)[0]["value"] == {"#": "x"}


def test_an_absurd_clock_still_gives_a_time():
    assert time_text(2**53 - 1, JAKARTA) == "9999-01-01T07:00:00.000+07:00"
    assert time_text(-5, JAKARTA) == "1970-01-01T07:00:00.000+07:00"
