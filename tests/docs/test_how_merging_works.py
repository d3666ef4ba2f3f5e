"""The page on merging says what the merge does, its pictures included."""

from __future__ import annotations

import doctest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from sync.chain import follows, revision_id
from sync.revision import Revision, read
from tests.docs.stories import (
    HOUR,
    NINE,
    Phone,
    delete_against_edit,
    late_paper,
    lower_rank,
    siti,
    two_verifiers,
)

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "explanation/how-merging-works.md"


def words_of(picture: str) -> list[str]:
    """Every text of a picture, in the order of the file."""
    root = ElementTree.parse(DOCS / "images" / picture).getroot()
    return [node.text or "" for node in root.iter("{http://www.w3.org/2000/svg}text")]


def test_the_python_on_the_page_gives_what_the_page_says():
    result = doctest.testfile(str(PAGE), module_relative=False)

    assert result.failed == 0
    assert result.attempted >= 10


def test_two_verifiers_leave_one_question_to_a_person_and_the_picture_shows_the_rest():
    record, picture = two_verifiers(), words_of("two-verifiers.svg")

    assert record.conflicts == ("skema_lahan",)
    skema = record.fields["skema_lahan"]
    assert {head.value for head in skema.heads} == {"pinjam_pakai", "hibah"}
    assert f"{skema.shown} (Budi)" in picture
    assert "hibah (Siti)" in picture
    for field in ("jarak_permukiman_m", "catatan", "listrik"):
        after = picture[picture.index("The record afterwards, on every device and on the server") :]
        at = after.index(field)
        shown = str(record.fields[field].shown).split("\n")
        assert after[at + 1 : at + 1 + len(shown)] == shown


def test_a_delete_that_does_not_list_every_live_save_is_a_conflict():
    record = delete_against_edit()

    assert not record.deleted
    assert record.conflicts == ("_deleted",)
    (delete,) = record.fields["_deleted"].heads
    assert len(delete.value) == 1
    assert len(set(record.ids) - {delete.id}) == 2
    assert record.fields["listrik"].shown == "pln_ada"


def test_the_newest_day_of_looking_is_shown_although_it_was_typed_first():
    listrik = late_paper().fields["listrik"]

    assert (listrik.shown, listrik.conflict) == ("pln_ada", False)
    assert sorted((head.observed_on, head.value) for head in listrik.heads) == [
        ("2026-11-16", "tidak"),
        ("2026-11-19", "pln_ada"),
    ]
    picture = words_of("late-paper.svg")
    assert picture[picture.index("pln_ada") + 1] == "observed 2026-11-19, shown"
    assert picture[picture.index("tidak") + 1] == "observed 2026-11-16, stays visible beside it"


def test_a_lower_rank_stays_visible_beside_the_higher_one_that_is_shown():
    kesimpulan = lower_rank().fields["kesimpulan"]

    assert (kesimpulan.shown, kesimpulan.conflict, kesimpulan.differs) == ("layak", False, True)
    assert {head.value for head in kesimpulan.heads} == {"layak", "tidak_layak"}
    assert "army, rank 1: shown" in words_of("lower-rank.svg")


@pytest.fixture
def clones() -> tuple[Phone, Phone]:
    """One log of three saves, copied to a second phone."""
    first = siti()
    for hour, listrik in enumerate(["tidak", "genset", "pln_dekat"]):
        first.save(NINE + hour * HOUR, {"listrik": listrik})
    second = siti()
    second.log, second.seen = list(first.log), dict(first.seen)
    return first, second


def test_both_branches_of_a_cloned_phone_stand_in_one_chain_each(clones: tuple[Phone, Phone]):
    first, second = clones
    first.save(NINE + 4 * HOUR, {"catatan": "Dekat sekolah."})
    second.save(NINE + 5 * HOUR, {"catatan": "Jalan becek."})
    branch = second.save(
        NINE + 6 * HOUR, {"listrik": "pln_ada"}, device="phone-b", seq=1, branched_from=second.device
    )

    (own_id, own_line), (other_id, other_line) = first.log[3], second.log[3]
    assert own_id != other_id
    assert [
        revision.seq for line in (own_line, other_line) if isinstance(revision := read(line), Revision)
    ] == [4, 4]
    assert revision_id(first.log[2][0], own_line) == own_id
    assert revision_id(first.log[2][0], other_line) == other_id
    last = read(second.log[4][1])
    assert isinstance(last, Revision)
    assert follows(second.device, 4, last)
    assert revision_id(other_id, second.log[4][1]) == branch
