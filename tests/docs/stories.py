"""The stories of docs/explanation, played on the real merge; the pages and pictures must agree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from server.forms import LIBRARY, compile_form
from sync.base import Author, Write, bases
from sync.chain import revision_id
from sync.fold import snapshot_of
from sync.forms.model import Form
from sync.record import RecordView, heads_by_field, ids_to_delete, policy_of, view
from sync.revision import Revision, write

RECORD = "019ab3f2-5e00-7c31-9d2b-0f6f4a1c2e77"
VILLAGE = "62.02.01.2004"


@cache
def lahan() -> Form:
    """The land form of the pack."""
    path = LIBRARY / "lahan.md"
    return compile_form(path.read_bytes(), name=path.name)


@dataclass
class Phone:
    """A device with its log: the lines that it wrote, and what it has seen of others."""

    device: str
    person: str
    capacity: str
    seen: dict[str, Revision] = field(default_factory=dict)
    log: list[tuple[str, bytes]] = field(default_factory=list)

    def save(self, at_ms: int, values: dict[str, Any], *, observed: str | None = None, **extra: Any) -> str:
        """Save as the client does: base from the heads on the screen, line, id."""
        me = Author(self.person, self.capacity, observed)
        heads = heads_by_field(snapshot_of(self.seen), values)
        writes = {
            name: Write(policy_of(lahan(), name), tuple(heads.get(name, ())), value)
            for name, value in values.items()
        }
        base, field_bases = bases(writes, me)
        revision = Revision(
            device=extra.pop("device", self.device),
            seq=extra.pop("seq", len(self.log) + 1),
            record=RECORD,
            form=lahan().key,
            author=self.person,
            capacity=self.capacity,
            written_ms=at_ms,
            clock_age_s=60,
            observed=observed,
            base=base,
            field_bases=field_bases,
            values=values,
            **extra,
        )
        line = write(revision)
        id = revision_id(self.log[-1][0] if self.log else "", line)
        self.log.append((id, line))
        self.seen[id] = revision
        return id

    def delete(self, at_ms: int) -> str:
        """Delete the record as it stands on this screen."""
        return self.save(at_ms, {"_deleted": ids_to_delete(snapshot_of(self.seen))})

    def receive(self, *phones: Phone) -> None:
        for phone in phones:
            self.seen.update(phone.seen)


def merged(phones: Iterable[Phone]) -> RecordView:
    """The record when everything has arrived everywhere."""
    revisions: dict[str, Revision] = {}
    for phone in phones:
        revisions.update(phone.seen)
    return view(snapshot_of(revisions), lahan())


MONDAY, THURSDAY, FRIDAY = "2026-11-16", "2026-11-19", "2026-11-20"
NINE = 1_764_036_000_000
HOUR = 3_600_000


def siti() -> Phone:
    return Phone("siti-phone", "p7siti", "verifier/dinas_koperasi")


def budi() -> Phone:
    return Phone("budi-phone", "p4budi", "verifier/tni")


def two_verifiers() -> RecordView:
    """Both have the parcel; both work on it offline on the same day."""
    one, other = siti(), budi()
    one.save(NINE, {"_area": VILLAGE, "sebutan_lahan": "Lapangan RT 3", "skema_lahan": "belum"})
    other.receive(one)
    one.save(
        NINE + HOUR,
        {"skema_lahan": "hibah", "jarak_permukiman_m": 1200, "catatan": "Dekat sekolah."},
    )
    other.save(
        NINE + 2 * HOUR,
        {
            "skema_lahan": "pinjam_pakai",
            "jarak_permukiman_m": 1250,
            "catatan": "Jalan becek.",
            "listrik": "tidak",
        },
    )
    return merged([one, other])


def delete_against_edit() -> RecordView:
    """Siti deletes what she sees; meanwhile Budi has answered one more question."""
    one, other = siti(), budi()
    one.save(NINE, {"_area": VILLAGE, "sebutan_lahan": "Lapangan RT 3"})
    other.receive(one)
    one.delete(NINE + HOUR)
    other.save(NINE + 2 * HOUR, {"listrik": "pln_ada"})
    return merged([one, other])


def late_paper() -> RecordView:
    """Budi visits on Thursday; on Friday Siti types her paper of Monday, his answer on her screen."""
    one, other = siti(), budi()
    other.save(NINE, {"_area": VILLAGE, "listrik": "pln_ada"}, observed=THURSDAY)
    one.receive(other)
    one.save(NINE + 24 * HOUR, {"listrik": "tidak"}, observed=MONDAY)
    return merged([one, other])


def lower_rank() -> RecordView:
    """The army finds the parcel fit; two days later the village says it is not."""
    army, village = budi(), Phone("desa-phone", "p2desa", "verifier/desa")
    army.save(NINE, {"_area": VILLAGE, "kesimpulan": "layak"})
    village.receive(army)
    village.save(NINE + 48 * HOUR, {"kesimpulan": "tidak_layak"})
    return merged([army, village])
