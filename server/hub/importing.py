"""A list that an office has, taken in by the server's own device in the name of a person."""

from collections.abc import Callable, Mapping
from typing import Any

from server.hub.areas import areas_for
from server.hub.console import Minted, is_restricted
from server.hub.errors import UsageError
from server.hub.forms import FormShelf
from server.hub.ingest import take_own
from server.hub.pages import Reader
from server.hub.people import capacity_of, known_person
from server.hub.records import Seen, see
from server.store.base import SecretRow, Store, Unit
from server.store.people import PersonRow
from sync.area import is_village, within
from sync.base import Author, Write, bases
from sync.forms.lists import WHY, Taken, news_of_row
from sync.forms.model import Form
from sync.forms.places import Places
from sync.forms.taking_in import only_counting
from sync.policies import Head, is_sealed
from sync.record import AREA, policy_of
from sync.revision import WHY_CHARACTERS_MAX, LimitExceeded, Revision, is_date, read, write
from sync.secrets import seal, value_of
from sync.shown import shown_value


def writer_of_lists(unit: Unit, person_id: str) -> PersonRow:
    """The person in whose name a list is taken in. Raises UsageError for nobody, and for an auditor."""
    person = known_person(unit, person_id)
    if person.role == "auditor":
        raise UsageError("server.error.import-auditor", name=person.name)
    return person


def places_of(unit: Unit, person: PersonRow, *, today: str) -> Places:
    """The villages that a list of this person may name: those in the person's scope.

    ``today``: the local date, by which a code is in force or has ended.
    """
    areas = areas_for(unit, person.areas)
    villages = [area.code for area in areas if is_village(area.code) and within(area.code, person.areas)]
    aliases = [(area.code, alias) for area in areas for alias in area.aliases]
    ended = [area.code for area in areas if area.valid_to is not None and area.valid_to <= today]
    return Places([(area.code, area.name) for area in areas], villages, aliases=aliases, ended=ended)


def storing(
    store: Store, shelf: FormShelf, form: Form, person: PersonRow, *, file: str, salt: Minted, now_ms: int
) -> Callable[[Taken], bool]:
    """What ``take_in`` calls with each row: whether it said anything new, which is on disk then.

    A transaction a row, so that a long list does not keep devices waiting.
    """
    why = (WHY + file)[:WHY_CHARACTERS_MAX]

    def stored(row: Taken) -> bool:
        with store.write() as unit:
            known = unit.records.get(row.record)
            seen = see(unit, shelf, known, Reader(person.areas, opens_all=True)) if known else None
            values = _news(unit, form, row, seen)
            if values:
                if seen is None:
                    values = {**values, AREA: row.area}
                _save(unit, shelf, form, person, row.record, seen, values, why=why, salt=salt, now_ms=now_ms)
            return bool(values)

    return stored


def comparing(store: Store, shelf: FormShelf, form: Form, person: PersonRow) -> Callable[[Taken], bool]:
    """Whether a row says anything new, without keeping it: what ``--dry-run`` counts with."""

    def is_news(row: Taken) -> bool:
        with store.read() as unit:
            known = unit.records.get(row.record)
            seen = see(unit, shelf, known, Reader(person.areas, opens_all=True)) if known else None
            return bool(_news(unit, form, row, seen))

    return only_counting(is_news)


def _news(unit: Unit, form: Form, row: Taken, seen: Seen | None) -> dict[str, Any]:
    if seen is None:
        return news_of_row(form, row, shown={}, stated=[])
    shown = {name: shown_value(name, field, opened=seen.opened) for name, field in seen.view.fields.items()}
    return news_of_row(form, row, shown=shown, stated=_stated(unit, row.record))


def _stated(unit: Unit, record: str) -> list[tuple[str, Any]]:
    """What lists have said of a record, here or on a device, restricted answers opened."""
    said = [
        (line.id, revision)
        for line in unit.log.history(record)
        if isinstance(revision := read(line.line), Revision) and (revision.why or "").startswith(WHY)
    ]
    secrets = unit.log.secrets_of(id for id, _ in said)
    found: list[tuple[str, Any]] = []
    for id, revision in said:
        for field, value in revision.values.items():
            secret = secrets.get((id, field)) if is_sealed(value) else None
            opened = secret is not None and secret.text is not None
            found.append((field, value_of(secret.text) if opened else value))  # type: ignore[union-attr, arg-type]
    return found


def _save(
    unit: Unit,
    shelf: FormShelf,
    form: Form,
    person: PersonRow,
    record: str,
    seen: Seen | None,
    values: Mapping[str, Any],
    *,
    why: str,
    salt: Minted,
    now_ms: int,
) -> None:
    """Append the row to the own log as a save of the person.

    It stands on the person's own heads alone: a list knows nothing of what others wrote, so
    where they differ both stand, and the policy or a person decides.
    """
    own = unit.log.own_device()
    if own is None:
        raise UsageError("server.error.not-initialised")
    device, tip = own
    sealed, texts = seal(values, lambda field: is_restricted(form, field), salt)
    me = Author(person.id, capacity_of(person), _observed_on(form, values, seen))
    writes = {
        name: Write(policy_of(form, name), _own_heads(seen, name, person), value)
        for name, value in sealed.items()
    }
    base, field_bases = bases(writes, me)
    revision = Revision(
        device=device,
        seq=tip.seq + 1,
        record=record,
        form=form.key,
        author=me.person,
        capacity=me.capacity,
        written_ms=now_ms,
        clock_age_s=0,
        observed=me.observed_on,
        base=base,
        values=dict(sealed),
        field_bases=field_bases,
        why=why,
    )
    try:
        id = take_own(unit, shelf, write(revision), now_ms=now_ms)
    except LimitExceeded as error:
        raise UsageError("server.error.too-large", reason=str(error)) from error
    rows = [SecretRow(id, field, sealed[field]["#"], *pair, False) for field, pair in texts.items()]
    unit.log.put_secrets(rows)


def _own_heads(seen: Seen | None, field: str, person: PersonRow) -> tuple[Head, ...]:
    found = seen.view.fields.get(field) if seen else None
    return tuple(head for head in found.heads if head.person == person.id) if found else ()


def _observed_on(form: Form, values: Mapping[str, Any], seen: Seen | None) -> str | None:
    """The observation date of a row: its own, else the one that the record shows."""
    question = form.observation_date
    shown = seen.view.fields[question].shown if seen and question in seen.view.fields else None
    date = values.get(question, shown) if question else None
    return date if isinstance(date, str) and is_date(date) else None
