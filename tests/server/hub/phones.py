"""Phones without a screen: they write real lines and speak real bodies to the exchange."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from server.hub.exchange import exchange
from server.hub.forms import FormShelf
from server.store.base import Store
from server.store.people import PersonRow
from sync.chain import START, Place, revision_id
from sync.forms import model
from sync.revision import Revision
from sync.secrets import seal, write_secret
from sync.wire import Answer, Limit, SyncHeader, read_answer, write_request
from tests.pack import pack

NOW_MS = 1_764_040_000_000
VILLAGE, NEIGHBOUR, FAR = "62.02.01.2004", "62.02.01.2005", "62.03.05.2001"


def publish_pack(store: Store, *, only: Iterable[str] = ()) -> None:
    """The forms of the pack, or some of them, are published."""
    wanted = set(only)
    with store.write() as unit:
        for form in pack().values():
            if not wanted or form.id in wanted:
                unit.catalogue.publish(
                    form.id, form.version, title=form.id, body=model.encode(form), now_ms=NOW_MS
                )


@dataclass
class Phone:
    """An enrolled device with one person on it, and its whole log in memory."""

    store: Store
    shelf: FormShelf
    device: str
    person: str
    capacity: str = "verifier/tni"
    areas: tuple[str, ...] = ("62.02",)
    role: str = "verifier"
    log: list[tuple[Place, bytes, list[bytes]]] = field(default_factory=list)
    feeds: dict[str, str] = field(default_factory=dict)
    after: Place = START
    token_device: str = ""

    def enrols(self) -> Phone:
        self.token_device = self.token_device or self.device
        organisation = self.capacity.partition("/")[2]
        person = PersonRow(
            id=self.person, name=self.person, role=self.role, organisation=organisation, areas=self.areas
        )
        with self.store.write() as unit:
            if unit.people.person(self.person) is None:
                unit.people.add_person(person, now_ms=NOW_MS)
            unit.people.put_device(self.device, name=self.device, public_key="", app="test", now_ms=NOW_MS)
            unit.people.link(self.device, [self.person])
        return self

    @property
    def tip(self) -> Place:
        return self.log[-1][0] if self.log else START

    def saves(
        self,
        record: str,
        values: dict[str, Any],
        *,
        base: Iterable[str] = (),
        form: str = "lahan/2026112301",
        restricted: Iterable[str] = (),
        was: str | None = None,
        author: str | None = None,
    ) -> str:
        hidden = set(restricted)
        sealed, texts = seal(values, hidden.__contains__, lambda: "s" * 22)
        revision = Revision(
            device=self.device,
            seq=1 if was else self.tip.seq + 1,
            record=record,
            form=form,
            author=author or self.person,
            capacity=self.capacity,
            written_ms=NOW_MS + len(self.log),
            clock_age_s=1,
            base=tuple(base),
            values=sealed,
            branched_from=was,
        )
        # Not sync.revision.write: a phone that nobody of ours wrote has no limits.
        return self.appends(msgspec.json.encode(revision), texts=texts, seq=revision.seq)

    def appends(self, line: bytes, *, seq: int | None = None, texts: dict[str, Any] | None = None) -> str:
        id = revision_id(self.tip.id, line)
        secrets = [write_secret(id, texts)] if texts else []
        self.log.append((Place(seq or self.tip.seq + 1, id), line, secrets))
        return id

    def body(self, *, after: Place | None = None, with_secrets: bool = True, rows: int = 500) -> bytes:
        after = self.after if after is None else after
        start = [place for place, _, _ in self.log].index(after) + 1 if after != START else 0
        rest = self.log[start:]
        lines = [text for _, line, secrets in rest for text in (line, *(secrets if with_secrets else ()))]
        header = SyncHeader(
            v=1,
            device=self.device,
            after=after,
            tip=self.tip,
            n=len(rest),
            last=rest[-1][0].id if rest else "",
            feeds=self.feeds,
            limit=Limit(rows),
        )
        return write_request(header, lines)

    def sends(self, body: bytes, *, now_ms: int = NOW_MS) -> Answer:
        return read_answer(exchange(self.store, self.shelf, self.token_device, body, now_ms=now_ms))

    def syncs(self, *, rows: int = 500, now_ms: int = NOW_MS, **options: Any) -> Answer:
        answer = self.sends(self.body(rows=rows, **options), now_ms=now_ms)
        assert answer.end is not None
        self.feeds = {feed: end.cursor for feed, end in answer.end.items()}
        self.after = answer.header.have
        return answer
