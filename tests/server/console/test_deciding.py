"""A coordinator decides: choose, type, give a reason; nothing that nobody saw is superseded."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest

from server.hub.records import seen_record
from sync.record import RecordView
from tests.server.conftest import Handset
from tests.server.console.office import FIELD, HALL, SIZE, Office, Visitor

REASON = "Sudah dicek bersama kepala desa."


def shown(office: Office, record: str) -> RecordView:
    with office.house.server.store.read() as unit:
        seen = seen_record(unit, office.house.server.shelf, record, None)
    assert seen is not None
    return seen.view


def form_of(visitor: Visitor, field: str, record: str = FIELD) -> dict[str, str]:
    """What the form of a field sends along, as the page shows it."""
    page = visitor.opens(f"records/{record}/decide?field={field}").text
    found = re.search(r'name="seen" value="(\w+)"', page)
    return {"field": field, "seen": found[1] if found else "", "reason": REASON}


def head_of(office: Office, field: str, person: str) -> str:
    return next(head.id for head in shown(office, FIELD).fields[field].heads if person in head.person)


def test_the_queue_shows_every_answer_with_its_author(office: Office) -> None:
    page = unescape(office.at_desk("Rina").opens("conflicts").text)

    assert "3 isian pada 2 entri menunggu keputusan." in page
    assert "Ada klaim lisan" in page
    assert "Budi · TNI" in page
    assert "Siti · Dinas koperasi" in page
    assert "Verifikasi lahan: Lapangan RT 3, Samuda Besar (Kec. Mentaya Hilir Selatan)" in page


def test_choosing_an_answer_ends_the_conflict_with_a_reason_in_the_history(office: Office) -> None:
    rina = office.at_desk("Rina")

    response = rina.sends(
        f"records/{FIELD}/decide", choice=head_of(office, "sengketa", "siti"), **form_of(rina, "sengketa")
    )

    assert response.status_code == 303
    assert response.headers["Location"] == f"/console/records/{FIELD}?done=1"
    assert shown(office, FIELD).conflicts == ("ukuran",)
    assert shown(office, FIELD).fields["sengketa"].shown == "tidak"
    page = unescape(rina.opens(f"records/{FIELD}").text)
    assert f"Alasan: {REASON}" in page
    assert "Rina" in page


def test_a_decision_from_the_queue_leads_back_to_the_queue(office: Office) -> None:
    rina = office.at_desk("Rina")
    values = form_of(rina, "sengketa")

    response = rina.sends(
        f"records/{FIELD}/decide",
        choice=head_of(office, "sengketa", "siti"),
        back="conflicts",
        area="62.02.01",
        **values,
    )

    assert response.headers["Location"] == "/console/conflicts?area=62.02.01&done=1"


def test_another_value_is_read_by_its_question(office: Office) -> None:
    rina = office.at_desk("Rina")

    typed = rina.sends(
        f"records/{FIELD}/decide", choice="typed", typed="sengketa", **form_of(rina, "sengketa")
    )
    of_unit = rina.sends(
        f"records/{FIELD}/decide",
        choice="typed",
        **{"typed.panjang_m": "50", "typed.lebar_m": "19,5", "typed.luas_m2": "9,75 are"},
        **form_of(rina, "ukuran"),
    )

    assert (typed.status_code, of_unit.status_code) == (303, 303)
    assert shown(office, FIELD).conflicts == ()
    assert shown(office, FIELD).fields["sengketa"].shown == "sengketa"
    assert shown(office, FIELD).fields["ukuran"].shown == {
        "panjang_m": 50,
        "lebar_m": 19.5,
        "luas_m2": 975,
    }


@pytest.mark.parametrize(("choice", "deleted"), [("delete", True), ("keep", False)])
def test_a_deletion_on_which_people_differ_is_carried_out_or_taken_back(
    office: Office, choice: str, deleted: bool
) -> None:
    rina = office.at_desk("Rina")

    response = rina.sends(f"records/{HALL}/decide", choice=choice, **form_of(rina, "_deleted", HALL))

    assert response.status_code == 303
    assert shown(office, HALL).conflicts == ()
    assert shown(office, HALL).deleted is deleted


def test_an_answer_that_came_in_meanwhile_is_never_superseded_unseen(
    office: Office, handset: Callable[..., Handset]
) -> None:
    rina = office.at_desk("Rina")
    values = form_of(rina, "sengketa")
    choice = head_of(office, "sengketa", "siti")
    late = handset("Tono")
    late.saves(FIELD, {"sengketa": "sengketa"})
    late.syncs()

    response = rina.sends(f"records/{FIELD}/decide", choice=choice, **values)

    assert response.status_code == 409
    page = unescape(response.text)
    assert "Ada isian baru untuk sengketa sejak Anda membukanya. Lihat lagi, lalu putuskan." in page
    assert REASON in page  # what was typed is still there
    assert "Tono" in page
    assert len(shown(office, FIELD).fields["sengketa"].heads) == 3


def test_without_a_reason_nothing_is_decided(office: Office) -> None:
    rina = office.at_desk("Rina")

    response = rina.sends(
        f"records/{FIELD}/decide",
        choice=head_of(office, "sengketa", "siti"),
        **{**form_of(rina, "sengketa"), "reason": "  "},
    )

    assert response.status_code == 409
    assert "sengketa" in shown(office, FIELD).conflicts


def test_an_auditor_reads_and_decides_nothing(office: Office) -> None:
    auditor = office.at_desk("Audi", role="auditor")

    page = auditor.opens(f"records/{FIELD}").text
    response = auditor.sends(
        f"records/{FIELD}/decide", choice=head_of(office, "sengketa", "siti"), **form_of(auditor, "sengketa")
    )

    assert "Pilih ini" not in page
    assert response.status_code == 403
    assert shown(office, FIELD).fields["ukuran"].shown == SIZE
    assert len(shown(office, FIELD).conflicts) == 2


def test_who_lacks_the_area_can_neither_see_nor_decide(office: Office) -> None:
    other = office.at_desk("Oni", area="62.03")

    assert other.opens(f"records/{FIELD}").status_code == 404
    response = other.sends(
        f"records/{FIELD}/decide", field="sengketa", choice=head_of(office, "sengketa", "siti"), reason=REASON
    )

    assert response.status_code == 404
    assert len(shown(office, FIELD).conflicts) == 2
