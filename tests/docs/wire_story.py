"""The examples of docs/reference/wire-format.md, played on a real server.

``python -m tests.docs.wire_story`` writes them into the page anew.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from server import problems
from server.forms import compile_form, library_forms
from server.hub.errors import HubError
from server.hub.exchange import exchange
from server.hub.forms import FormShelf
from server.store.people import PersonRow
from server.store.sqlite.database import SqliteStore, open_store
from sync.chain import START, Place, revision_id
from sync.feed import read_cursor
from sync.forms import model
from sync.record_id import keyed
from sync.revision import Revision, write
from sync.secrets import seal, write_secret
from sync.wire import SyncHeader, write_request

PAGE = Path(__file__).resolve().parents[2] / "docs/reference/wire-format.md"
NOW_MS = 1_764_040_000_000
SITI, BUDI, RINI = "pa7k2m9x4qd", "pc3n8v5t2wf", "pe6r4b7h3zj"
SITI_PHONE, RINI_LAPTOP = "q1hJ0cV4mT8yB2xN", "Zk3wP9sL6dF0aG7u"
VILLAGE, ELSEWHERE = "62.02.01.2004", "62.02.02.2001"
PARCEL = "019ab8c1-4f00-7a2b-8c3d-5e6f708192a3"
OFFICE = keyed("kelembagaan", "_area", {"_area": VILLAGE}) or ""
CHAIR = "019ab8c1-5a10-7b3c-9d4e-6f708192a3b4"
_EXAMPLE = re.compile(r"(<!-- example: ([\w-]+) -->\n```json\n).*?(```\n)", re.DOTALL)


def examples(folder: Path) -> dict[str, str]:
    """``{name: text of the example}``; the same texts in every run."""
    store = open_store(folder / "tapak.db")
    try:
        return _played(store)
    finally:
        store.close()


def with_examples(page: str, found: dict[str, str]) -> str:
    """The page with the example after each marker replaced by the one of that name."""
    return _EXAMPLE.sub(lambda match: f"{match[1]}{found[match[2]]}\n{match[3]}", page)


def names_in(page: str) -> list[str]:
    return [match[2] for match in _EXAMPLE.finditer(page)]


def _played(store: SqliteStore) -> dict[str, str]:
    shelf = FormShelf()
    _prepare(store)
    found: dict[str, str] = {}

    # Siti saves a parcel and an officer of the co-op, whose NIK is restricted.
    parcel = _revision(
        1,
        PARCEL,
        "lahan/2026112301",
        {"_area": VILLAGE, "tanggal_kunjungan": "2026-11-20", "sengketa": "tidak"},
        observed="2026-11-20",
    )
    sealed, texts = seal(
        {f"pengurus/{CHAIR}/nik_pengurus": "6202014107850002"},
        lambda field: True,
        lambda: "mJ4tq0WvYb8sXh2LkR6nDA",
    )
    officer = _revision(
        2,
        OFFICE,
        "kelembagaan/2026112301",
        {"_area": VILLAGE, f"pengurus/{CHAIR}/jabatan": "ketua", **sealed},
    )
    lines = [write(parcel), write(officer)]
    first = revision_id("", lines[0])
    second = revision_id(first, lines[1])
    secret = write_secret(second, texts)
    found["revision"] = lines[0].decode()
    found["sealed"] = f"{lines[1].decode()}\n{secret.decode()}"

    tip = Place(2, second)
    header = SyncHeader(
        v=1, device=SITI_PHONE, app="1.0.0", tip=tip, n=2, last=second, now=NOW_MS, left={"revisions": 2}
    )
    body = write_request(header, [*lines, secret])
    found["request"] = _text(body)
    answer = exchange(store, shelf, SITI_PHONE, body, now_ms=NOW_MS + 900)
    found["answer"] = _text(answer)
    cursor = _end_of(answer)["62.02"]["cursor"]
    found["cursor"] = _cursor_text(cursor)

    # Rini, a coordinator, moves the parcel out of Siti's area.
    move = write(
        Revision(
            device=RINI_LAPTOP,
            seq=1,
            record=PARCEL,
            form="lahan/2026112301",
            author=RINI,
            capacity="coordinator/dinas_koperasi",
            written_ms=NOW_MS + 60_000,
            clock_age_s=59,
            field_bases={"_area": (first,)},
            values={"_area": ELSEWHERE},
            why="Salah pilih desa",
        )
    )
    found["move"] = move.decode()
    moved = Place(1, revision_id("", move))
    push = SyncHeader(v=1, device=RINI_LAPTOP, app="1.0.0", tip=moved, n=1, last=moved.id, now=NOW_MS)
    exchange(store, shelf, RINI_LAPTOP, write_request(push, [move]), now_ms=NOW_MS + 61_000)
    asks = SyncHeader(
        v=1, device=SITI_PHONE, app="1.0.0", after=tip, tip=tip, feeds={"62.02": cursor}, now=NOW_MS
    )
    gone = exchange(store, shelf, SITI_PHONE, write_request(asks, []), now_ms=NOW_MS + 62_000)
    found["gone"] = "\n".join(_text(gone).split("\n")[1:])

    # Siti's phone goes on from a line that this server never got.
    lost = Place(9, "AAAAAAAAAAAAAAAA")
    late = SyncHeader(v=1, device=SITI_PHONE, app="1.0.0", after=lost, tip=lost, feeds={"62.02": cursor})
    known = exchange(store, shelf, SITI_PHONE, write_request(late, []), now_ms=NOW_MS + 63_000)
    found["known"] = _text(known).split("\n")[0]

    # A line is damaged on the phone: a stub stands for it.
    stub = {
        "d": SITI_PHONE,
        "s": 3,
        "p": second,
        "omitted": "Yt6Rk0Qw1Zx8Lm3N",
        "size": 412,
        "sha256": "9c2f7a4e5b1d8036f4c9e2a7d5b8013f6e4c9a2d7b5f80136c4e9a2f7d5b8013",
        "why": "hash differs",
    }
    found["stub"] = msgspec.json.encode(stub).decode()

    with store.write() as unit:
        unit.people.revoke(SITI_PHONE, now_ms=NOW_MS + 64_000)
    found["revoked"] = _problem(store, shelf, write_request(asks, []))
    return found


def _prepare(store: SqliteStore) -> None:
    """A server with the form pack, a verifier of one district and a coordinator of the regency."""
    people = (
        (SITI, "Siti", "verifier", "tni", "62.02.01", SITI_PHONE),
        (RINI, "Rini", "coordinator", "dinas_koperasi", "62.02", RINI_LAPTOP),
    )
    with store.write() as unit:
        unit.log.set_own_device("E5nC8rU2vK7iO0pS", START)
        for name, source in library_forms():
            form = compile_form(source, name=name)
            unit.catalogue.publish(
                form.id, form.version, title=form.id, body=model.encode(form), now_ms=NOW_MS
            )
        for id, name, role, organisation, area, device in people:
            person = PersonRow(id=id, name=name, role=role, organisation=organisation, areas=(area,))
            unit.people.add_person(person, now_ms=NOW_MS)
            unit.people.put_device(device, name=name, public_key="", app="1.0.0", now_ms=NOW_MS)
            unit.people.link(device, [id])


def _revision(
    seq: int, record: str, form: str, values: dict[str, Any], *, observed: str | None = None
) -> Revision:
    return Revision(
        device=SITI_PHONE,
        seq=seq,
        record=record,
        form=form,
        author=SITI,
        capacity="verifier/tni",
        written_ms=NOW_MS - 3_600_000 + seq,
        clock_age_s=8123,
        observed=observed,
        values=values,
    )


def _problem(store: SqliteStore, shelf: FormShelf, body: bytes) -> str:
    try:
        exchange(store, shelf, SITI_PHONE, body, now_ms=NOW_MS + 65_000)
    except HubError as error:
        return msgspec.json.format(
            msgspec.json.encode(problems.body_of(error.code, error.details)), indent=1
        ).decode()
    raise AssertionError("a revoked device was answered")


def _text(body: bytes) -> str:
    return body.decode().removesuffix("\n")


def _end_of(answer: bytes) -> Any:
    return msgspec.json.decode(_text(answer).split("\n")[-1])["end"]


def _cursor_text(cursor: str) -> str:
    return msgspec.json.encode(read_cursor(cursor)).decode()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        new = with_examples(PAGE.read_text(encoding="utf-8"), examples(Path(folder)))
    PAGE.write_text(new, encoding="utf-8")
    sys.stdout.write(f"{PAGE.name} has its examples.\n")
