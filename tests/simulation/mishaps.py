"""What happens to phones, to the server, and what its operator and coordinators do."""

from __future__ import annotations

from field_client import facts
from sync.fold import decode_snapshot
from tests.simulation import checks
from tests.simulation.forms import form_version
from tests.simulation.hub import person_row
from tests.simulation.phone import Phone
from tests.simulation.survey import HOUR_MS, SCOPES, Survey


def clone(survey: Survey, phone: Phone) -> None:
    """A phone's database is copied to another phone, and both go on."""
    if len(survey.phones) < 8:
        copy = Phone(f"{phone.name}'", phone.copied(), phone.persons, survey.rng.randbytes)
        copy.noted = phone.noted
        survey.phones.append(copy)
        survey.counts["cloned"] += 1
        survey.trace(f"{phone.name} is cloned to {copy.name}")


def set_clock(survey: Survey, phone: Phone) -> None:
    """A phone's clock goes wrong."""
    days = 24 * HOUR_MS
    phone.clock_off_ms = survey.rng.choice((0, 3 * HOUR_MS, -3 * HOUR_MS, 400 * days, -400 * days))
    survey.counts["wrong clock"] += 1
    survey.trace(f"{phone.name}'s clock is off by {phone.clock_off_ms} ms")


def part(survey: Survey, phone: Phone) -> None:
    """A phone loses the network, or finds it again."""
    phone.online = not phone.online
    survey.counts["partition"] += 1
    survey.trace(f"{phone.name} is {'online' if phone.online else 'offline'}")


def new_scope(survey: Survey, phone: Phone) -> None:
    """Somebody works in another area from now on."""
    person, areas = survey.rng.choice(phone.persons), survey.rng.choice(SCOPES)
    survey.hub.set_scope(person.id, areas)
    survey.counts["scope changed"] += 1
    survey.trace(f"{person.id} works in {areas}")


def back_up(survey: Survey, phone: Phone) -> None:
    """The operator makes a backup."""
    survey.backups.append(survey.hub.copied())
    survey.trace("backup")


def restore(survey: Survey, phone: Phone) -> None:
    """The operator puts a backup back."""
    survey.hub.put_back(survey.rng.choice(survey.backups[-3:]), survey.device_id())
    survey.counts["server restored"] += 1
    survey.trace("server restored")


def publish(survey: Survey, phone: Phone) -> None:
    """A new form version is published."""
    if survey.published < 8:
        survey.published += 1
        survey.known_forms = max(survey.known_forms, survey.published)
        for number in range(1, survey.published + 1):
            survey.hub.publish(form_version(number), survey.now_ms)
        survey.counts["form changed"] += 1
        survey.trace(f"form version {survey.published} is published")


def form_by_hand(survey: Survey, phone: Phone) -> None:
    """A phone has a form version that the server does not know yet."""
    if survey.published < 8:
        survey.known_forms = max(survey.known_forms, survey.published + 1)
        phone.follow_form(survey.published + 1)
        survey.counts["form unknown to the server"] += 1
        survey.trace(f"{phone.name} gets form version {survey.published + 1} by hand")


def release(survey: Survey, phone: Phone) -> None:
    """A coordinator releases a held line."""
    held = survey.hub.held()
    if held:
        line = survey.rng.choice(held)
        survey.hub.release(line, boss(survey), survey.now_ms)
        survey.counts["held and released"] += 1
        survey.trace(f"{line} is released")


def console(survey: Survey, phone: Phone) -> None:
    """A decision at the console."""
    with survey.hub.store.read() as unit:
        rows = unit.records.in_conflict(["62"])
    if not rows:
        return
    row = survey.rng.choice(rows)
    field = survey.rng.choice(row.conflicts)
    heads = sorted(checks.heads_in(decode_snapshot(row.snapshot))[field])
    id = survey.hub.resolve(
        row.id,
        field,
        survey.rng.choice(heads),
        boss(survey),
        lambda: facts.fresh_salt(survey.rng.randbytes),
        survey.now_ms,
    )
    if id is not None:
        with survey.hub.store.read() as unit:
            line = unit.log.get(id)
        assert line is not None
        survey.chronicle.note(id, line.line)
        survey.counts["resolved at the console"] += 1
        survey.trace(f"the console resolves {field} of {row.id}: {id}")


def boss(survey: Survey) -> str:
    """A coordinator of the whole province, known again after every restore."""
    with survey.hub.store.write() as unit:
        if unit.people.person("pboss") is None:
            unit.people.add_person(
                person_row("pboss", "coordinator", "agrinas", ("62",)), now_ms=survey.now_ms
            )
    return "pboss"


def replay(survey: Survey, phone: Phone) -> None:
    """The network delivers an old body once more, or for the first time; nobody hears the answer."""
    if survey.sent:
        device, body = survey.rng.choice(survey.sent)
        survey.hub.exchange(device, body, survey.now_ms)
        survey.counts["late or duplicate body"] += 1
        survey.trace(f"an old body of {device} arrives")
