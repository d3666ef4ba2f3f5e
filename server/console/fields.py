"""A record's fields as the page shows them: labels and values in words, in the order of the form."""

from collections.abc import Iterator, Set
from typing import Any

import msgspec

from server.console.naming import Names
from server.console.words import Words
from server.hub.records import Seen
from sync.forms.echo import echo
from sync.forms.model import ATTACHMENTS, Form, Question, field_of
from sync.policies import Head, is_point, is_sealed
from sync.record import AREA, DELETED, REVIEW, SAME_AS, VERIFIED, FieldView
from sync.revision import NOT_APPLICABLE, UNKNOWN
from sync.shown import shown_value


class HeadRow(msgspec.Struct, frozen=True, kw_only=True):
    """One write that stands: its value in words, whose it is and from when."""

    id: str
    text: str
    person: str
    organisation: str
    saved: str
    saved_iso: str
    observed: str
    suspect: bool
    shown: bool


class FieldRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the page. ``name``: the field, to decide on it. ``answered``: it has a value."""

    name: str
    label: str
    text: str
    answered: bool = True
    conflict: bool = False
    differs: bool = False
    heads: tuple[HeadRow, ...] = ()
    sha256: str = ""
    """Of a photo or document that is here."""


class Section(msgspec.Struct, frozen=True):
    """Lines under a heading of the form."""

    title: str
    rows: tuple[FieldRow, ...]


class Reading:
    """Puts one record into words."""

    def __init__(self, seen: Seen, names: Names, words: Words, *, received: Set[str] = frozenset()) -> None:
        self._seen = seen
        self._received = received
        self._names = names
        self._words = words

    def sections(self) -> list[Section]:
        """Everything that the record holds: where it is, the answers in form order, and the rest."""
        form = self._seen.form
        left = dict.fromkeys(self._seen.view.fields)
        answers: list[FieldRow] = []
        for question in form.questions if form else ():
            fields = [name for name in left if name.partition("/")[0] == question.name]
            for name in fields:
                del left[name]
            answers += self._question(question, fields)
        of_record = [self.row(name) for name in left if name.startswith("_")]
        others = [self.row(name) for name in left if not name.startswith("_")]
        titles = ("console.section.record", "console.section.answers", "console.section.others")
        return [
            Section(self._words(title), tuple(rows))
            for title, rows in zip(titles, (of_record, answers, others), strict=True)
            if rows
        ]

    def row(self, name: str) -> FieldRow:
        """One field that has a head."""
        field = self._seen.view.fields[name]
        value = shown_value(name, field, opened=self._seen.opened)
        heads = tuple(self._head(name, field, head, value) for head in field.heads)
        return FieldRow(
            name=name,
            label=self.label(name),
            text=self.value(name, value),
            answered=value is not None,
            conflict=field.conflict,
            differs=field.differs,
            heads=heads,
            sha256=self._file_in(name, value),
        )

    def label(self, name: str) -> str:
        """What a field is called: the question, the option, the row of a repeat. ``""``: the whole record."""
        form = self._seen.form
        if not name:
            return self._words("console.label.whole")
        if name.startswith("_"):
            return self._reserved(name)
        found = field_of(form, name) if form else None
        if form is None or found is None:
            return self._words("console.label.row-deleted") if name.endswith("/" + DELETED) else name
        label = label_of(found.question.labels, self._words.language) or found.question.name
        if found.row:
            repeat = form.by_name[found.question.repeat]
            label = f"{label_of(repeat.labels, self._words.language)} {found.row[:4]}: {label}"
        if found.option:
            return f"{label}: {_option_label(form, found.question, found.option, self._words.language)}"
        return label

    def value(self, name: str, value: Any) -> str:
        """A value in words; what is cleared, not known, not applicable or closed says so."""
        words = self._words
        if name == DELETED or name.endswith("/" + DELETED):
            return words("console.value.kept" if value is None else "console.value.deleted")
        if value is None:
            return words("form.cleared")
        if name == AREA:
            return self._names.place(value)
        if name in (VERIFIED, REVIEW) and isinstance(value, dict):
            return str(value.get("text") or value.get("state") or "")
        form = self._seen.form
        found = field_of(form, name) if form else None
        return self._plain(form, found.question if found else None, value)

    def _file_in(self, name: str, value: Any) -> str:
        """The SHA-256 of the file that a field names, if it is here and open to this reader."""
        form = self._seen.form
        found = field_of(form, name) if form and "/" in name else None
        open_here = found is not None and found.sha256 in self._received and isinstance(value, dict)
        return found.sha256 if found is not None and open_here and not is_sealed(value) else ""

    def _plain(self, form: Form | None, question: Question | None, value: Any) -> str:
        words = self._words
        if value == UNKNOWN:
            return words("form.unknown")
        if value == NOT_APPLICABLE:
            return words("form.not-applicable")
        if is_sealed(value):
            return words("console.value.closed")
        if isinstance(value, bool):
            return words("console.value.yes" if value else "console.value.no")
        if isinstance(value, dict) and isinstance(value.get("coordinates"), list):
            return words("console.value.shape", points=_corners(value))
        if question is not None and question.type in ATTACHMENTS and isinstance(value, dict):
            return self._attachment(value)
        if question is not None and question.type == "unit" and isinstance(value, dict) and form is not None:
            return self._unit(form, value)
        said = echo(form, question, value, words.language) if form and question else ""
        return said or (value if isinstance(value, str) else msgspec.json.encode(value).decode())

    def _unit(self, form: Form, value: dict[str, Any]) -> str:
        said = []
        for name, answer in value.items():
            member = form.by_name.get(name)
            label = label_of(member.labels, self._words.language) if member else name
            cleared = self._words("form.cleared")
            said.append(f"{label}: {cleared if answer is None else self._plain(form, member, answer)}")
        return "; ".join(said)

    def _attachment(self, value: dict[str, Any]) -> str:
        size = value.get("bytes")
        kib = round(size / 1024) if isinstance(size, int | float) else 0
        return self._words("console.value.attachment", kib=kib, type=str(value.get("type", "")))

    def _question(self, question: Question, fields: list[str]) -> Iterator[FieldRow]:
        """The lines of one question: the options of a choice are one, unless people differ on them."""
        if question.type != "select_multiple" or question.repeat or not fields:
            yield from (self.row(name) for name in fields)
            return
        rows = [self.row(name) for name in fields]
        form = self._seen.form
        chosen = [
            _option_label(form, question, name.partition("/")[2], self._words.language)
            for name in fields
            if form and self._seen.view.fields[name].shown is True
        ]
        yield FieldRow(
            name=question.name,
            label=label_of(question.labels, self._words.language),
            text=", ".join(chosen) or rows[0].text,
            answered=bool(chosen) or rows[0].answered,
        )
        yield from (row for row in rows if row.conflict or row.differs)

    def _head(self, name: str, field: FieldView, head: Head, value: Any) -> HeadRow:
        own = self._seen.opened.get((head.id, name), head.value)
        return HeadRow(
            id=head.id,
            text=self.value(name, own),
            person=self._names.person(head.person),
            organisation=self._names.organisation(head.organisation),
            saved=self._words.moment(head.written_ms),
            saved_iso=self._words.iso(head.written_ms),
            observed=self._words.day(head.observed_on),
            suspect=head.suspect,
            shown=own == value,
        )

    def _reserved(self, name: str) -> str:
        if name.startswith(SAME_AS):
            return self._words("console.label.same-as", record=name.removeprefix(SAME_AS))
        known = {AREA: "area", DELETED: "deleted", VERIFIED: "verified", REVIEW: "review"}
        return self._words(f"console.label.{known[name]}") if name in known else name


def label_of(labels: dict[str, str], language: str) -> str:
    """The label in this language, else in any."""
    return labels.get(language) or next(iter(labels.values()), "")


def point_of(seen: Seen) -> tuple[float, float] | None:
    """Latitude and longitude of the record's first point that is open to everybody."""
    for question in seen.form.questions if seen.form else ():
        field = seen.view.fields.get(question.name) if question.type == "geopoint" else None
        if field is not None and is_point(field.shown):
            return float(field.shown["lat"]), float(field.shown["lon"])
    return None


def shapes_of(seen: Seen) -> list[list[tuple[float, float]]]:
    """Latitude and longitude of every corner of the record's boundaries and lines."""
    shapes = []
    for question in seen.form.questions if seen.form else ():
        field = seen.view.fields.get(question.name) if question.type in ("geoshape", "geotrace") else None
        corners = (
            list(_flat(field.shown.get("coordinates"))) if field and isinstance(field.shown, dict) else []
        )
        if corners:
            shapes.append(corners)
    return shapes


def _option_label(form: Form, question: Question, option: str, language: str) -> str:
    for choice in form.choices.get(question.list_name, ()):
        if choice.name == option:
            return label_of(choice.labels, language) or option
    return option


def _corners(shape: dict[str, Any]) -> int:
    return len(list(_flat(shape["coordinates"])))


def _flat(coordinates: Any) -> Iterator[tuple[float, float]]:
    """Every position of a GeoJSON geometry, latitude first."""
    if not isinstance(coordinates, list):
        return
    if len(coordinates) >= 2 and all(isinstance(part, int | float) for part in coordinates[:2]):
        yield float(coordinates[1]), float(coordinates[0])
        return
    for part in coordinates:
        yield from _flat(part)
