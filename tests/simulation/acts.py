"""What people do: save, leave a form open, decide, delete, move, confirm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from field_client import capture, decisions, records
from field_client.capture import Change
from field_client.errors import CommandProblem
from tests.simulation.forms import FORM_ID, VALUES
from tests.simulation.phone import Draft, Opening, Phone
from tests.simulation.survey import VILLAGES, Survey


def save(survey: Survey, phone: Phone) -> None:
    """Somebody fills in a form from what is on the screen now."""
    known = phone.records()
    record: str | None = None
    if known and (survey.new_records >= survey.records_max or survey.rng.random() < 0.8):
        record = _one_of(survey, known)
    _, opening = phone.opening(record) if record else ((), {})
    area = survey.rng.choice(VILLAGES) if record is None else None
    survey.new_records += record is None
    _capture(survey, phone, record, area, None, opening)


def save_again(survey: Survey, phone: Phone, other: Phone) -> bool:
    """Somebody answers anew what was last saved on a phone; False where it is not known here."""
    record, fields = other.last_saved()
    names = [name for name in fields if name in VALUES]
    if not names or record not in phone.records():
        return False
    _, opening = phone.opening(record)
    _capture(survey, phone, record, None, None, opening, names)
    return True


def open_draft(survey: Survey, phone: Phone) -> None:
    """Somebody opens a form and leaves it open."""
    known = phone.records()
    if known:
        record = _one_of(survey, known)
        base, opening = phone.opening(record)
        phone.drafts.append(Draft(record, base, opening))
        survey.trace(f"{phone.name} opens {record}")


def save_draft(survey: Survey, phone: Phone) -> None:
    """Somebody saves a form that was opened before; much may have come in between."""
    if phone.drafts:
        draft = phone.drafts.pop(survey.rng.randrange(len(phone.drafts)))
        _capture(survey, phone, draft.record, None, draft.base, draft.opening)
        survey.counts["saved from an old opening"] += 1


def _capture(
    survey: Survey,
    phone: Phone,
    record: str | None,
    area: str | None,
    base: tuple[str, ...] | None,
    opening: Opening,
    fields: Sequence[str] = (),
) -> None:
    names = fields or survey.rng.sample(sorted(VALUES), survey.rng.choice((1, 1, 2, 3, 5)))
    change = Change(
        form_id=FORM_ID,
        record=record,
        area=area,
        person=survey.rng.choice(phone.persons).id,
        fields={name: survey.rng.choice(VALUES[name]) for name in names},
        base=base,
    )
    saved = capture.save(
        phone.db, change, now_ms=phone.wall_ms(survey.now_ms), random_bytes=phone.random_bytes
    )
    _noted(survey, phone, opening, resolution=False, what=f"saves {saved.record} {names} {saved.revisions}")


def delete(survey: Survey, phone: Phone) -> None:
    """Somebody deletes an entry."""
    _decide(
        survey,
        phone,
        "deletes",
        lambda record, person: decisions.delete(**_act(survey, phone, record, person)),
    )


def undelete(survey: Survey, phone: Phone) -> None:
    """Somebody brings an entry back."""
    _decide(
        survey,
        phone,
        "undeletes",
        lambda record, person: decisions.undelete(**_act(survey, phone, record, person)),
    )


def move(survey: Survey, phone: Phone) -> None:
    """Somebody says that an entry lies in another village."""
    village = survey.rng.choice(VILLAGES)
    _decide(
        survey,
        phone,
        f"to {village} moves",
        lambda record, person: decisions.move(village=village, **_act(survey, phone, record, person)),
    )


def resolve(survey: Survey, phone: Phone) -> None:
    """A coordinator decides a conflict on a phone."""
    people = [person for person in phone.persons if person.role == "coordinator"]
    conflicts = [
        (record, field)
        for record in phone.records()
        if (entry := records.load(phone.db, record)) is not None
        for field in entry.view().conflicts
    ]
    if not people or not conflicts:
        return
    record, field = survey.rng.choice(conflicts)
    _, opening = phone.opening(record)
    head = survey.rng.choice(sorted(opening[field]))
    try:
        decisions.resolve(
            phone.db,
            record,
            field,
            head=head,
            typed=None,
            why="dilihat",
            person_id=people[0].id,
            now_ms=phone.wall_ms(survey.now_ms),
            random_bytes=phone.random_bytes,
        )
    except CommandProblem:  # a sealed head that is not open here
        return
    _noted(survey, phone, opening, resolution=True, what=f"resolves {field} of {record}")


def verify(survey: Survey, phone: Phone) -> None:
    """Somebody confirms what he found."""
    known = phone.records()
    if not known:
        return
    record = _one_of(survey, known)
    base, opening = phone.opening(record)
    verdict = {"state": survey.rng.choice(("cocok", "berbeda")), "of": list(base)}
    change = Change(form_id=FORM_ID, record=record, person=phone.persons[0].id, fields={"_verified": verdict})
    capture.save(phone.db, change, now_ms=phone.wall_ms(survey.now_ms), random_bytes=phone.random_bytes)
    _noted(survey, phone, opening, resolution=False, what=f"verifies {record}")


def _act(survey: Survey, phone: Phone, record: str, person: str) -> dict[str, Any]:
    return {
        "db": phone.db,
        "record": record,
        "person_id": person,
        "why": None,
        "now_ms": phone.wall_ms(survey.now_ms),
        "random_bytes": phone.random_bytes,
    }


def _decide(survey: Survey, phone: Phone, word: str, act: Callable[[str, str], object]) -> None:
    known = phone.records()
    if known:
        record = _one_of(survey, known)
        _, opening = phone.opening(record)
        act(record, survey.rng.choice(phone.persons).id)
        _noted(survey, phone, opening, resolution=False, what=f"{word} {record}")
        survey.counts[word.split()[-1]] += 1


def _noted(survey: Survey, phone: Phone, opening: Opening, *, resolution: bool, what: str) -> None:
    survey.trace(f"{phone.name} {what}")
    survey.counts["saves"] += survey.chronicle.note_save(phone, opening, resolution=resolution)


def _one_of(survey: Survey, known: list[str]) -> str:
    """The first records are opened more often, so that people meet."""
    return known[min(survey.rng.randrange(len(known)), survey.rng.randrange(len(known)))]
