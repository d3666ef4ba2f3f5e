"""Entries of one form that may be one: their points lie close together in one village.

Two people who walk the same parcel on the same day make two records. Nobody is stopped, and
nothing is united by itself: a person who looks at one of them is told of the other.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from server.store.base import Unit
from sync.distance import distance_m
from sync.fold import decode_snapshot
from sync.forms.checks import is_point
from sync.forms.model import Form
from sync.record import SAME_AS, glance

CODE = "possible-duplicate"

SAME_PLACE_M_MAX = 50.0
"""Points of two entries that are no further apart may be of one parcel: a phone under trees is that wrong."""

NEIGHBOURS_MAX = 150
"""Records of a village that are looked at; more than a village has of one form."""


def near(
    unit: Unit, form: Form, record: str, shown: Mapping[str, Any], villages: tuple[str, ...]
) -> Iterator[tuple[str, str, float]]:
    """``(point's field, other record, metres)`` of every entry close by, nearest first.

    Not where somebody already said of the two that they are the same, or that they are not;
    not for forms with one record a village, and never by a restricted point. It reads the records of
    the entry's own villages, so it costs the same however many records the server has.
    """
    points = _points(form, shown)
    if form.record_key or not points:
        return
    found = set()
    for other, values in _neighbours(unit, form, record, villages):
        if SAME_AS + max(record, other) in (shown if record < other else values):
            continue  # the record with the smaller id says of the two what somebody decided
        for field, point in _points(form, values).items():
            if field in points and (away_m := _away_m(points[field], point)) <= SAME_PLACE_M_MAX:
                found.add((field, other, away_m))
    yield from sorted(found, key=lambda each: (each[2], each[1]))


def _neighbours(
    unit: Unit, form: Form, record: str, villages: tuple[str, ...]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The other records of these villages and this form, with what they show; not the deleted ones."""
    for village in villages:
        for row in unit.records.page(form_id=form.id, prefixes=[village], after="", limit=NEIGHBOURS_MAX):
            seen = glance(decode_snapshot(row.snapshot), form)
            if row.id != record and not seen.deleted:
                yield row.id, seen.shown


def _points(form: Form, shown: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    names = [
        question.name
        for question in form.questions
        if question.type == "geopoint" and question.security != "restricted" and question.name in shown
    ]
    return {name: shown[name] for name in names if is_point(shown[name])}


def _away_m(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    return distance_m(one["lat"], one["lon"], other["lat"], other["lon"])
