"""Decisions at the server: who may decide, and what a decision is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from server.hub.console import Choice, release_held, resolve
from server.hub.errors import UsageError
from server.hub.exchange import reader_of
from server.hub.people import known_person
from server.hub.records import record_json, seen_record
from server.hub.verify import verify
from server.texts import text
from sync.revision import Revision, read
from tests.server.conftest import Handset, House
from tests.server.hub.phones import FAR, NEIGHBOUR, VILLAGE

Handsets = Callable[..., Handset]

NIK = "pengurus/0192f0c1-7d1e-7cc3-9a55-1f2e3d4c5b6a/nik_pengurus"


def decide(
    house: House, record: str, field: str, person: str, *, reason: str = "Cek ulang", **choice: str
) -> str:
    with house.server.store.write() as unit:
        return resolve(
            unit,
            house.server.shelf,
            record,
            field,
            Choice(**choice),
            reason=reason,
            person_id=person,
            new_row=lambda: "row",
            salt=lambda: "s" * 22,
            now_ms=house.clock_ms,
        )


def shown(house: House, record: str, person: str | None = None) -> dict[str, Any]:
    with house.server.store.read() as unit:
        reader = reader_of([known_person(unit, person)]) if person else None
        seen = seen_record(unit, house.server.shelf, record, reader)
        assert seen is not None
        return record_json(unit, seen, ZoneInfo("Asia/Jakarta"), language="id", now_ms=house.clock_ms)


def refusal(error: pytest.ExceptionInfo[UsageError]) -> str:
    return text(error.value.key, "en", **error.value.values)


@pytest.fixture
def contested(handset: Handsets) -> tuple[Handset, Handset]:
    """Siti and Budi disagree about the ground of r1."""
    siti, budi = handset("Siti"), handset("Budi")
    siti.saves("r1", {"_area": VILLAGE, "jenis_tanah": "gambut"})
    siti.syncs()
    budi.saves("r1", {"jenis_tanah": "mineral"})
    budi.syncs()
    return siti, budi


def test_a_coordinator_ends_a_conflict_by_choosing_an_answer(
    house: House, contested: tuple[Handset, Handset]
) -> None:
    siti, budi = contested
    ani = house.person("Ani", role="coordinator", organisation="dpmd")
    assert shown(house, "r1")["fields"]["jenis_tanah"]["conflict"] is True

    revision = decide(house, "r1", "jenis_tanah", ani, head=siti.tip.id, reason="Sudah ke lapangan")

    field = shown(house, "r1")["fields"]["jenis_tanah"]
    assert (field["shown"], field["conflict"]) == ("gambut", False)
    assert [head["id"] for head in field["heads"]] == [revision]
    with house.server.store.read() as unit:
        row = unit.log.get(revision)
        assert row is not None
        line = read(row.line)
    assert isinstance(line, Revision)
    assert (line.why, line.author, line.capacity) == ("Sudah ke lapangan", ani, "coordinator/dpmd")
    assert set(line.base) == {siti.tip.id, budi.tip.id}
    assert list(verify(house.server.store, house.server.shelf)) == []


def test_devices_learn_a_decision_with_their_next_exchange(
    house: House, contested: tuple[Handset, Handset]
) -> None:
    siti, _ = contested
    siti.syncs()
    ani = house.person("Ani", role="coordinator")
    revision = decide(house, "r1", "jenis_tanah", ani, typed="mineral")

    answer = siti.syncs()

    assert [
        line.id for snapshot in answer.snapshots for line in snapshot.L if "jenis_tanah" in line.fields
    ] == [revision]


def test_a_typed_value_is_read_by_its_question(house: House, contested: tuple[Handset, Handset]) -> None:
    ani = house.person("Ani", role="coordinator")

    decide(house, "r1", "ukuran.luas_m2", ani, typed="1.250,5")
    decide(house, "r1", "dokumen_hak", ani, typed="shm,skt")

    fields = shown(house, "r1")["fields"]
    assert fields["ukuran"]["shown"] == {"luas_m2": 1250.5}
    assert [name for name, field in fields.items() if field["shown"] is True] == [
        "dokumen_hak/shm",
        "dokumen_hak/skt",
    ]


def test_a_decision_to_delete_lists_every_live_id(house: House, contested: tuple[Handset, Handset]) -> None:
    siti, budi = contested
    siti.saves("r1", {"_deleted": [siti.tip.id]})
    siti.syncs()
    assert shown(house, "r1")["deleted"] is False
    ani = house.person("Ani", role="coordinator")

    decide(house, "r1", "_deleted", ani, head=siti.tip.id)
    assert shown(house, "r1")["deleted"] is True

    decide(house, "r1", "_deleted", ani, typed="")
    assert shown(house, "r1")["deleted"] is False
    assert budi.tip.id in shown(house, "r1")["ids"]


def test_a_chosen_restricted_answer_stays_closed_and_can_be_opened(house: House, handset: Handsets) -> None:
    siti, budi = handset("Siti"), handset("Budi")
    form = "kelembagaan/2026112301"
    siti.saves("k1", {"_area": VILLAGE, NIK: "6202017001900099"}, form=form, restricted=[NIK])
    budi.saves("k1", {NIK: "6202017001900088"}, form=form, restricted=[NIK])
    siti.syncs()
    budi.syncs()
    ani = house.person("Ani", role="coordinator")

    decide(house, "k1", NIK, ani, head=siti.tip.id)
    assert set(shown(house, "k1")["fields"][NIK]["shown"]) == {"#"}
    assert shown(house, "k1", ani)["fields"][NIK]["shown"] == "6202017001900099"

    decide(house, "k1", NIK, ani, typed="6202017001900077")
    assert set(shown(house, "k1")["fields"][NIK]["shown"]) == {"#"}
    assert shown(house, "k1", ani)["fields"][NIK]["shown"] == "6202017001900077"
    assert list(verify(house.server.store, house.server.shelf)) == []


@pytest.mark.parametrize(
    ("role", "area", "says"),
    [
        ("verifier", "62.02", "Dewi has the role verifier; a coordinator or above decides."),
        ("auditor", "62", "Dewi has the role auditor; a coordinator or above decides."),
        ("coordinator", "62.03", f"This record ({VILLAGE}) lies outside the area of Dewi."),
    ],
)
def test_who_may_not_decide_is_told_why(
    house: House, contested: tuple[Handset, Handset], role: str, area: str, says: str
) -> None:
    dewi = house.person("Dewi", role=role, area=area)

    with pytest.raises(UsageError) as error:
        decide(house, "r1", "jenis_tanah", dewi, typed="mineral")

    assert refusal(error) == says


def test_a_decision_without_a_reason_or_about_nothing_is_not_taken(
    house: House, contested: tuple[Handset, Handset]
) -> None:
    ani = house.person("Ani", role="coordinator")
    siti, budi = contested

    with pytest.raises(UsageError) as no_reason:
        decide(house, "r1", "jenis_tanah", ani, typed="mineral", reason=" ")
    with pytest.raises(UsageError) as no_record:
        decide(house, "r9", "jenis_tanah", ani, typed="mineral")
    with pytest.raises(UsageError) as no_head:
        decide(house, "r1", "jenis_tanah", ani, head="abc")

    assert refusal(no_reason) == "Give a reason with --reason."
    assert refusal(no_record) == "There is no record 'r9' on this server."
    known = ", ".join(sorted([siti.tip.id, budi.tip.id]))
    assert refusal(no_head) == f"Field jenis_tanah has no head 'abc'. There are: {known}."


def test_a_held_line_is_released_by_a_coordinator_of_its_area(house: House, handset: Handsets) -> None:
    siti = handset("Siti")
    siti.saves("r1", {"_area": FAR})
    siti.syncs()
    ani, rina = (
        house.person("Ani", role="coordinator"),
        house.person("Rina", role="coordinator", area="62.03"),
    )

    with house.server.store.write() as unit:
        with pytest.raises(UsageError) as error:
            release_held(unit, house.server.shelf, siti.tip.id, person_id=ani, now_ms=house.clock_ms)
        assert refusal(error) == f"This record ({FAR}) lies outside the area of Ani."
        assert (
            release_held(unit, house.server.shelf, siti.tip.id, person_id=rina, now_ms=house.clock_ms) == "r1"
        )

    assert shown(house, "r1")["areas"] == [FAR]
    with house.server.store.write() as unit, pytest.raises(UsageError) as error:
        release_held(unit, house.server.shelf, siti.tip.id, person_id=rina, now_ms=house.clock_ms)
    assert refusal(error) == f"There is no held save '{siti.tip.id}'. See 'tapak-server held list'."


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        (
            "jenis_tanha",
            "mineral",
            "Form lahan has no field 'jenis_tanha'. See the names in 'tapak-server record show'.",
        ),
        (
            "_verified",
            "ok",
            "Form lahan has no field '_verified'. See the names in 'tapak-server record show'.",
        ),
        ("_area", "62.02", "'62.02' is no village code. Write it like 62.02.01.2004."),
        (
            "luas_m2:",
            "1e999",
            "The value for luas_m2: cannot be read: ukuran:=1e999 is no JSON. After ':=' stands a number, "
            "a text in double quotes, true, false, null, a list or an object.",
        ),
    ],
)
def test_a_slip_in_a_decision_is_named_and_writes_nothing(
    house: House, contested: tuple[Handset, Handset], field: str, typed: str, says: str
) -> None:
    ani = house.person("Ani", role="coordinator")
    before = shown(house, "r1")

    with pytest.raises(UsageError) as error:
        decide(house, "r1", field, ani, typed=typed)

    assert refusal(error) == says
    assert shown(house, "r1") == before


def test_a_record_in_two_villages_is_moved_to_the_right_one(
    house: House, contested: tuple[Handset, Handset]
) -> None:
    siti, _ = contested
    siti.saves("r1", {"_area": NEIGHBOUR})
    siti.syncs()
    assert shown(house, "r1")["areas"] == [VILLAGE, NEIGHBOUR]

    decide(house, "r1", "_area", house.person("Ani", role="coordinator"), typed=NEIGHBOUR)

    assert shown(house, "r1")["areas"] == [NEIGHBOUR]
