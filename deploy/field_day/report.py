"""What the day came to: what merged by itself and why, what waits for a person and why.

Read from the store of one device that sees everything, so it is what a person would see there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlite_utils import Database

from deploy.field_day.screen import Screen
from deploy.field_day.words import Words, organisations
from field_client import records
from field_client.database import read
from field_client.records import Entry
from field_client.settings import TIME_ZONE
from sync.forms.model import Question
from sync.policies import Head, latest, rank
from sync.record import DELETED, FieldView, policy_of
from sync.shown import time_text

WAITS_BY_POLICY = {"cautious": "waits.cautious", "latest": "waits.clock", "unit": "waits.unit"}


@dataclass(frozen=True)
class Said:
    """One person's answer, in words."""

    head: Head
    value: str


@dataclass(frozen=True)
class Finding:
    """A question to which people gave different answers. ``shown``: what everybody sees."""

    record: str
    field: str
    title: str
    question: str
    shown: str
    said: tuple[Said, ...]
    why: str
    waits: bool
    areas: tuple[str, ...]

    @property
    def regency(self) -> str:
        """The regency whose coordinator decides."""
        return self.areas[0][:5] if self.areas else ""

    @property
    def head_to_choose(self) -> str:
        """The id of one of the answers, where choosing an answer is a decision."""
        return "" if self.field == DELETED else self.said[0].head.id


def findings(db: Database, screen: Screen) -> list[Finding]:
    """Everything on which people differ, by record."""
    with read(db):
        found = [records.load(db, listed.record) for listed in records.listed(db)]
        return [
            finding
            for entry in found
            if entry is not None
            for finding in _Reader(db, screen, entry).findings()
        ]


def tell(screen: Screen, found: list[Finding], persons: Mapping[str, str]) -> None:
    """Print findings, each under the record that it belongs to."""
    before = ""
    for finding in found:
        if finding.record != before:
            screen.put(finding.title)
        before = finding.record
        screen.put(f"{finding.question}: {finding.shown}", depth=2)
        for said in finding.said:
            screen.put(f"- {_said(screen, said, persons)}", depth=3)
        screen.put(f"→ {finding.why}", depth=3)


def _said(screen: Screen, said: Said, persons: Mapping[str, str]) -> str:
    head = said.head
    names = organisations(screen.language)
    return screen.text(
        "report.said",
        name=persons.get(head.person, head.person),
        organisation=names.get(head.organisation, head.organisation),
        day=screen.day(head.observed_on or time_text(head.written_ms, ZoneInfo(TIME_ZONE))[:10]),
        value=said.value,
    )


class _Reader:
    """What people differ on in one record."""

    def __init__(self, db: Database, screen: Screen, entry: Entry) -> None:
        self._screen, self._form, self._record = screen, entry.form, entry.record
        self._view = entry.view()
        self._words = Words(db, screen, entry)

    def findings(self) -> Iterator[Finding]:
        """One finding a question: the options of a question that takes several belong together.

        The visit date is none: it stands beside every answer.
        """
        told = {self._form.observation_date} if self._form else set()
        for name, field in self._view.fields.items():
            question = self._words.question(name)
            several = question is not None and question.type == "select_multiple"
            key = name.rpartition("/")[0] if several else name
            if (field.differs or field.conflict) and key not in told:
                told.add(key)
                yield self._finding(name, field, question if several else None)

    def _finding(self, name: str, field: FieldView, several: Question | None) -> Finding:
        if several is not None:
            shown, said = self._ticked(name.rpartition("/")[0], several)
        elif name == DELETED:
            shown, said = self._screen.text("report.deletion-open"), self._deletion(field)
        else:
            shown = self._words.value(name, field.shown)
            said = tuple(Said(head, self._words.value(name, head.value)) for head in field.heads)
        seen = {name: field.shown for name, field in self._view.fields.items()}
        return Finding(
            record=self._record,
            field=name,
            title=self._words.title(seen, self._view.areas),
            question=self._screen.text("report.deletion") if name == DELETED else self._words.label(name),
            shown=shown,
            said=tuple(sorted(said, key=lambda one: (one.head.written_ms, one.head.id))),
            why=self._waits(name) if field.conflict else self._why(name, field),
            waits=field.conflict,
            areas=self._view.areas,
        )

    def _ticked(self, answer: str, question: Question) -> tuple[str, tuple[Said, ...]]:
        """The options that are shown as ticked, and those that each person ticked."""
        shown: list[str] = []
        by_head: dict[str, tuple[Head, list[str]]] = {}
        for name, field in self._view.fields.items():
            before, _, option = name.rpartition("/")
            if before != answer:
                continue
            shown += [option] if field.shown is True else []
            for head in field.heads:
                by_head.setdefault(head.id, (head, []))[1].extend([option] if head.value is True else [])
        said = tuple(Said(head, self._words.options(question, options)) for head, options in by_head.values())
        return self._words.options(question, shown), said

    def _deletion(self, field: FieldView) -> tuple[Said, ...]:
        """Who deleted, and who wrote what the deletion did not know of."""
        known = {id for head in field.heads if isinstance(head.value, list) for id in head.value}
        edits: dict[str, tuple[Head, set[str]]] = {}
        for name, other in self._view.fields.items():
            for head in other.heads:
                if name != DELETED and head.id not in known:
                    edits.setdefault(head.id, (head, set()))[1].add(self._words.label(name))
        deleted = self._screen.text("report.deleted")
        edited = [
            Said(head, self._screen.text("report.edited", questions=", ".join(sorted(labels))))
            for head, labels in edits.values()
        ]
        return (*(Said(head, deleted) for head in field.heads if head.value is not None), *edited)

    def _waits(self, name: str) -> str:
        if name == DELETED:
            return self._screen.text("waits.deleted")
        kind = policy_of(self._form, name).kind
        return self._screen.text(WAITS_BY_POLICY.get(kind, "waits.manual"), policy=kind)

    def _why(self, name: str, field: FieldView) -> str:
        policy = policy_of(self._form, name)
        kind = policy.kind.partition(":")[0]
        if kind == "tolerance":
            unit = {"tolerance:percent": " %", "tolerance:metres": " m"}.get(policy.kind, "")
            return self._screen.text("why.tolerance", limit=f"{policy.limit:g}{unit}")
        if kind == "authority":
            best = min(field.heads, key=lambda head: rank(policy, head.capacity)).organisation
            name = organisations(self._screen.language).get(best, best)
            return self._screen.text("why.authority", organisation=name)
        if kind == "latest" and all(head.observed_on for head in field.heads):
            return self._screen.text(
                "why.latest", day=self._screen.day(latest(field.heads).observed_on or "")
            )
        return self._screen.text("why.union" if kind == "union" else "why.other", policy=policy.kind)
