"""Readiness of a village: the state of each of the four topics, with what is missing.

A topic looks at one entry of its form (the chosen parcel, the newest outlet visit, the newest
month) and at the village file (``berkas``). What is mandatory stands in the forms: the questions
with this ``topic`` that are relevant, and calculations with it, which must come out true. What
blocks stands in the choices with this ``topic``. Who confirms it, and for how long an observation
counts, is the table ``RULES``.

States, worst first: ``kosong`` nothing yet · ``sebagian`` started · ``lengkap`` all mandatory items,
their photos on the server · ``terverifikasi`` that, confirmed by the authority, no open conflict,
not stale · ``terhambat`` an obstacle is active, on top of any of these · ``tidak_berlaku``. A topic
is never the average of anything.
"""

from collections.abc import Iterable, Mapping, Set
from datetime import date
from typing import Any

import msgspec

from sync.forms.answers import check, check_members
from sync.forms.checks import is_date
from sync.forms.document import Document
from sync.forms.expressions import Unjudged, truth_of
from sync.forms.flags import is_relevant, is_required
from sync.forms.model import ATTACHMENTS, TOPICS, Form, Question
from sync.revision import NOT_APPLICABLE

EMPTY, PARTIAL, COMPLETE, VERIFIED = "kosong", "sebagian", "lengkap", "terverifikasi"
BLOCKED, DOES_NOT_APPLY = "terhambat", "tidak_berlaku"

VILLAGE_FILE = "berkas"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A record of the village that is not deleted, as it is shown.

    ``shown``: see ``sync.forms.flags.values_of``. ``conflicts``: fields on which a person must
    decide. ``organisations``: field -> organisation whose value is shown.
    """

    record: str
    form: Form
    shown: Mapping[str, Any]
    conflicts: tuple[str, ...] = ()
    organisations: Mapping[str, str] = {}


class Proof(msgspec.Struct, frozen=True):
    """An answer that confirms a topic: one of ``values``, from one of ``organisations`` (empty: any)."""

    form: str
    question: str
    values: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()


class Rule(msgspec.Struct, frozen=True):
    """Of a topic: its form, what confirms it, how many days an observation counts.

    ``fresh_days_building`` counts instead while the building is under construction; ``None``
    there: an observation does not go stale any more once building has begun.
    """

    form: str
    proofs: tuple[Proof, ...]
    fresh_days: int
    fresh_days_building: int | None


RULES: dict[str, Rule] = {
    "lahan": Rule(
        "lahan",
        (
            Proof("lahan", "kesimpulan", ("layak", "catatan"), ("tni",)),
            Proof(VILLAGE_FILE, "status_lahan", ("terverifikasi", "selesai")),
            Proof(VILLAGE_FILE, "sah_lahan", ("disahkan",)),
        ),
        fresh_days=90,
        fresh_days_building=None,
    ),
    "kelembagaan": Rule(
        "kelembagaan",
        (Proof(VILLAGE_FILE, "sah_kelembagaan", ("disahkan",), ("dinas_koperasi",)),),
        fresh_days=180,
        fresh_days_building=180,
    ),
    "gerai": Rule(
        "gerai",
        (
            Proof("gerai", "progres_persen", (), ("tni", "agrinas", "dinas_koperasi")),
            Proof("gerai", "siap_gerai", (), ("tni", "agrinas", "dinas_koperasi")),
            Proof(VILLAGE_FILE, "sah_gerai", ("disahkan",)),
        ),
        fresh_days=90,
        fresh_days_building=14,
    ),
    "operasional": Rule(
        "operasional",
        (
            Proof("operasional", "status_ops", (), ("dinas_koperasi", "ba")),
            Proof(VILLAGE_FILE, "sah_operasional", ("disahkan",)),
        ),
        fresh_days=35,
        fresh_days_building=35,
    ),
}

# A village whose co-op is another village's answers for its land only.
_OF_ANOTHER_VILLAGE = frozenset({"kelembagaan", "gerai", "operasional"})


class TopicState(msgspec.Struct, frozen=True, kw_only=True):
    """Where a topic stands. ``beneath``: the state without obstacles.

    ``asked`` and ``answered`` count mandatory items that are relevant; ``missing`` names those
    without an answer, ``form/question``, a form alone where there is no entry of it.
    ``obstacles``: ``question/choice``. ``observed_on``: date of the newest observation.
    """

    state: str
    beneath: str
    asked: int = 0
    answered: int = 0
    missing: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    confirmed: bool = False
    observed_on: str = ""
    stale: bool = False


def topic_states(
    entries: Iterable[Entry], *, today: str, received: Set[str] | None = None
) -> dict[str, TopicState]:
    """The state of each topic of one village.

    ``received``: SHA-256 of the photos that the server has; ``None``: all of them count.
    """
    entries = sorted(entries, key=lambda entry: entry.record)
    return {topic: _state(topic, entries, today, received) for topic in TOPICS}


def _state(topic: str, entries: list[Entry], today: str, received: Set[str] | None) -> TopicState:
    village_file = next((entry for entry in entries if entry.form.id == VILLAGE_FILE), None)
    if village_file is not None and _does_not_apply(topic, village_file):
        return TopicState(state=DOES_NOT_APPLY, beneath=DOES_NOT_APPLY)
    rule = RULES[topic]
    entry = _entry_of(rule, entries, village_file)
    looked_at = [each for each in (entry, village_file) if each is not None]
    items = [item for each in looked_at for item in _items(topic, each, today, received)]
    missing = [name for name, filled in items if not filled] + ([] if entry else [rule.form])
    answered = sum(filled for _, filled in items)
    conflicts = _conflicts(topic, entry, village_file)
    observed_on = _observed_on(entry)
    stale = _is_stale(rule, observed_on, entries, today)
    confirmed = any(_confirms(proof, looked_at) for proof in rule.proofs)
    obstacles = tuple(name for each in looked_at for name in _obstacles(topic, each, today))
    if not missing:
        beneath = VERIFIED if confirmed and not conflicts and not stale else COMPLETE
    else:
        beneath = PARTIAL if entry is not None or answered else EMPTY
    return TopicState(
        state=BLOCKED if obstacles else beneath,
        beneath=beneath,
        asked=len(items),
        answered=answered,
        missing=tuple(missing),
        obstacles=obstacles,
        conflicts=conflicts,
        confirmed=confirmed,
        observed_on=observed_on,
        stale=stale,
    )


def _does_not_apply(topic: str, village_file: Entry) -> bool:
    if topic in _OF_ANOTHER_VILLAGE:
        return village_file.shown.get("pelayanan") == "desa_lain"
    return village_file.shown.get("lahan_terpilih") == NOT_APPLICABLE


def _entry_of(rule: Rule, entries: list[Entry], village_file: Entry | None) -> Entry | None:
    """The entry that speaks for the village: the chosen parcel, else the newest."""
    candidates = [entry for entry in entries if entry.form.id == rule.form]
    chosen = village_file.shown.get("lahan_terpilih") if village_file is not None else None
    for entry in candidates:
        if rule.form == "lahan" and entry.record == chosen:
            return entry
    return max(
        candidates, key=lambda entry: (_period(entry), _observed_on(entry), entry.record), default=None
    )


def _period(entry: Entry) -> str:
    """The month of a monthly report."""
    _, _, question = entry.form.record_key.partition(",")
    period = entry.shown.get(question)
    return period if isinstance(period, str) else ""


def _observed_on(entry: Entry | None) -> str:
    day = entry.shown.get(entry.form.observation_date) if entry is not None else None
    return str(day) if is_date(day) else ""


def _items(topic: str, entry: Entry, today: str, received: Set[str] | None) -> list[tuple[str, bool]]:
    """(``form/question``, whether it is filled) of every mandatory item that is relevant."""
    document = Document(entry.form, entry.shown, today=today)
    items = []
    for question in entry.form.questions:
        if question.topic == topic:
            rows = [row for row in document.rows_of(question) if is_relevant(document, question, row)]
            if rows:
                filled = all(_is_filled(document, question, row, received) for row in rows)
                items.append((f"{entry.form.id}/{question.name}", filled))
    return items


def _is_filled(document: Document, question: Question, row: str, received: Set[str] | None) -> bool:
    if question.type == "calculate":
        return _comes_out_true(document, question, row)
    if question.type == "unit":
        members = [each for each in document.form.questions if each.unit == question.name]
        wanted = [
            each for each in members if is_required(document, each, row) and is_relevant(document, each, row)
        ]
        return all(_is_filled(document, each, row, received) for each in wanted or members)
    if not document.is_answered(question, row):
        return False
    if question.type in ATTACHMENTS:
        return received is None or any(sha256 in received for sha256 in document.parts(question, row))
    return question.type == "repeat" or _is_readable(document, question, row)


def _comes_out_true(document: Document, question: Question, row: str) -> bool:
    try:
        return truth_of(document.calculated(question, row))
    except Unjudged:
        return True


def _is_readable(document: Document, question: Question, row: str) -> bool:
    """Whether the answer is one, and not text that could not be read."""
    value = document.answer(question, row)
    if question.unit:
        unit = document.form.by_name[question.unit]
        return not isinstance(value, dict) and not check_members(document.form, unit, {question.name: value})
    field = f"{question.repeat}/{row}/{question.name}" if row else question.name
    return question.type == "select_multiple" or not check(document.form, field, value)


def _conflicts(topic: str, entry: Entry | None, village_file: Entry | None) -> tuple[str, ...]:
    """All of the topic's entry, and those of the topic's questions in the village file."""
    found = [f"{entry.form.id}/{field}" for field in entry.conflicts] if entry is not None else []
    if village_file is not None:
        proving = {proof.question for proof in RULES[topic].proofs if proof.form == VILLAGE_FILE}
        mandatory = {question.name for question in village_file.form.questions if question.topic == topic}
        for field in village_file.conflicts:
            if field.partition("/")[0] in proving | mandatory:
                found.append(f"{VILLAGE_FILE}/{field}")
    return tuple(found)


def _is_stale(rule: Rule, observed_on: str, entries: list[Entry], today: str) -> bool:
    days = rule.fresh_days_building if any(map(_is_building, entries)) else rule.fresh_days
    if days is None or not observed_on:
        return False
    return (date.fromisoformat(today) - date.fromisoformat(observed_on)).days > days


def _is_building(entry: Entry) -> bool:
    stage = entry.shown.get("tahap")
    return (
        entry.form.id == "gerai"
        and entry.shown.get("jenis_gedung") == "baru"
        and isinstance(stage, str)
        and stage not in ("belum", "selesai")
    )


def _confirms(proof: Proof, entries: list[Entry]) -> bool:
    for entry in entries:
        value = entry.shown.get(proof.question)
        if entry.form.id != proof.form or value is None or isinstance(value, dict):
            continue
        by = entry.organisations.get(proof.question, "")
        if (not proof.values or value in proof.values) and (
            not proof.organisations or by in proof.organisations
        ):
            return True
    return False


def _obstacles(topic: str, entry: Entry, today: str) -> list[str]:
    """The chosen obstacles that belong to the topic."""
    document = Document(entry.form, entry.shown, today=today)
    return [
        f"{question.name}/{choice.name}"
        for question in entry.form.questions
        if question.type == "select_multiple"
        for choice in entry.form.choices.get(question.list_name, ())
        if choice.topic == topic
        for row in document.rows_of(question)
        if document.parts(question, row).get(choice.name) is True
    ]
