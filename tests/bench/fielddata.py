"""Entries as verifiers bring them from the field, the same for the same seed.

A new entry of the form ``lahan`` has 37 fields: choices, numbers, a point, a walked boundary,
two or three photos named by their hashes, the five options of a question, a short note. An
edit changes three fields that it names in its base. Lines are written by ``sync.revision`` and
chained by ``sync.chain``; what cannot be compressed in life (hashes, ids, coordinates) is
random here too.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cache
from random import Random
from typing import Any

from server.forms import compile_form, library_forms
from sync.chain import START, Place, revision_id
from sync.record_id import RANDOM_BYTES, fresh
from sync.revision import Revision, write

CAPACITY = "verifier/tni"
REGENCY = "62.02"
VILLAGES = tuple(
    f"{REGENCY}.{district:02}.{2000 + village}" for district in range(1, 18) for village in range(1, 12)
)
"""187 villages in one regency, as Kotawaringin Timur has them."""

FIRST_DAY_MS = 1_767_574_800_000  # 2026-01-05 08:00 at +07:00
FIELD_ZONE = timezone(timedelta(hours=7))
ENTRY_EVERY_S, EDIT_EVERY_S = 2400, 240
FIELDS_OF_AN_ENTRY, FIELDS_OF_AN_EDIT = 37, 3

CHOICES: dict[str, tuple[str, ...]] = {
    "unsur_petugas": ("tni",),
    "kepemilikan": ("desa", "desa", "desa", "kelurahan", "kab", "adat", "warga", "warga"),
    "skema_lahan": ("hibah", "pinjam_pakai", "milik", "milik", "belum"),
    "surat_kades": ("ada", "ada", "ada_lisan", "proses", "belum"),
    "ba_musdes": ("ada", "ada_lisan", "proses", "belum"),
    "sengketa": ("tidak", "tidak", "tidak", "klaim"),
    "jenis_tanah": ("keras", "pasir", "gambut", "rawa", "bantaran"),
    "kemiringan": ("datar", "datar", "landai", "miring"),
    "pematangan": ("tidak", "ringan", "sedang", "berat"),
    "banjir": ("tidak", "pernah", "tahunan"),
    "bawah_sutet": ("tidak", "tidak", "tidak", "ya"),
    "tutupan": ("kosong", "kosong", "kebun", "lapangan", "bangunan"),
    "kawasan_hutan": ("apl", "apl", "hpk", "hp"),
    "lp2b_lsd": ("bukan", "bukan", "lsd", "lp2b"),
    "akses_jalan": ("aspal", "tanah", "tanah", "titian", "sungai"),
    "muat_truk": ("ya", "ya", "musiman", "tidak"),
    "listrik": ("pln_ada", "pln_ada", "pln_dekat", "plts", "genset"),
    "internet": ("4g", "4g", "lemah", "satelit", "tidak"),
    "air": ("pdam", "bor", "gali", "sungai", "hujan"),
    "kesimpulan": ("layak", "layak", "catatan", "dipertimbangkan", "belum"),
}
HAZARDS = ("karhutla", "longsor", "abrasi", "angin", "tidak_ada")
PLACES = (
    "Lapangan",
    "Tanah kas desa",
    "Kebun karet lama",
    "Samping balai desa",
    "Eks pasar",
    "Lahan bola voli",
    "Belakang SDN",
)
NEAR = (
    "RT 1",
    "RT 2",
    "RT 3",
    "RT 5",
    "dekat mushola",
    "tepi jalan poros",
    "seberang dermaga",
    "ujung jembatan",
)
NOTES = (
    "Sudah dilihat bersama kepala desa.",
    "Batas sebelah timur masih dibicarakan.",
    "Kalau hujan jalan licin, truk lewat jalan sebelah.",
    "Pemilik bersedia hibah setelah musdes.",
    "Perlu urug kira-kira setengah meter.",
    "Tiang listrik terdekat di depan puskesdes.",
    "Warga minta akses kebun tetap dibuka.",
    "Surat ada di kantor desa, belum difoto.",
)


@dataclass
class FieldLog:
    """The log of one device whose verifier saves all day; every line is appended and remembered."""

    random: Random
    device: str
    author: str
    entry_every_s: int = ENTRY_EVERY_S
    now_ms: int = FIRST_DAY_MS
    tip: Place = START
    written_by: dict[str, dict[str, str]] = field(default_factory=dict)

    def entry(self) -> bytes:
        """The line of a new entry."""
        self._passes(self.entry_every_s)
        record = fresh(self.now_ms, self.random.randbytes(RANDOM_BYTES))
        return self._saved(record, entry_values(self.random, self.now_ms), base=())

    def edit(self, record: str) -> bytes:
        """The line of an edit of three fields of an entry that this log made."""
        self._passes(EDIT_EVERY_S)
        values = edit_values(self.random)
        heads = self.written_by[record]
        base = tuple(sorted({heads[name] for name in values if name in heads}))
        return self._saved(record, values, base=base)

    def entries(self, count: int) -> list[bytes]:
        """The lines of this many new entries."""
        return [self.entry() for _ in range(count)]

    def edits(self, count: int) -> list[bytes]:
        """The lines of edits of this many entries of this log, each another one as long as they last."""
        records = self.random.sample(list(self.written_by), min(count, len(self.written_by)))
        return [self.edit(records[number % len(records)]) for number in range(count)]

    def _passes(self, about_s: int) -> None:
        self.now_ms += round(1000 * about_s * self.random.uniform(0.5, 1.5))

    def _saved(self, record: str, values: dict[str, Any], *, base: tuple[str, ...]) -> bytes:
        revision = Revision(
            device=self.device,
            seq=self.tip.seq + 1,
            record=record,
            form=form_key(),
            author=self.author,
            capacity=CAPACITY,
            written_ms=self.now_ms,
            clock_age_s=self.random.randrange(60, 40_000),
            observed=values.get("tanggal_kunjungan"),
            base=base,
            values=values,
        )
        line = write(revision)
        self.tip = Place(revision.seq, revision_id(self.tip.id, line))
        self.written_by.setdefault(record, {}).update(dict.fromkeys(values, self.tip.id))
        return line


@cache
def form_key() -> str:
    """The version of ``lahan`` that the pack holds."""
    (form,) = [compile_form(source, name=name) for name, source in library_forms() if name == "lahan.md"]
    return form.key


def field_log(seed: int, number: int) -> FieldLog:
    """The log of device ``number`` of a seed."""
    random = Random(f"{seed}/{number}")
    return FieldLog(random, device_id(random), person_id(random))


def device_id(random: Random) -> str:
    """16 characters, as 12 random bytes give them."""
    return revision_id("", random.randbytes(12))


def person_id(random: Random) -> str:
    """``p`` and 10 characters of base 32."""
    return "p" + "".join(random.choices("abcdefghijklmnopqrstuvwxyz234567", k=10))


def entry_values(random: Random, now_ms: int) -> dict[str, Any]:
    """The 37 fields of a new entry."""
    latitude, longitude = -2.0 - 1.2 * random.random(), 112.4 + 0.9 * random.random()
    photos = ["foto_utama", "foto_sekunder", *(["foto_jalan"] if random.random() < 0.5 else [])]
    values: dict[str, Any] = {
        "_area": random.choice(VILLAGES),
        "sebutan_lahan": f"{random.choice(PLACES)} {random.choice(NEAR)}",
        "tanggal_kunjungan": local_time(now_ms).date().isoformat(),
        **{question: random.choice(options) for question, options in CHOICES.items()},
        "titik": {
            "lat": round(latitude, 7),
            "lon": round(longitude, 7),
            "acc": round(random.uniform(3, 20), 1),
            "src": "gps",
        },
        "batas": boundary(random, latitude, longitude),
        "ukuran": size_of_parcel(random),
        "jarak_permukiman_m": random.randrange(1, 60) * 50,
        "penduduk": random.randrange(300, 4500),
        **{f"rawan_lain/{hazard}": chosen for hazard, chosen in hazards(random).items()},
        **{photo_field(random, name): photo(random, latitude, longitude, now_ms) for name in photos},
        "catatan": note(random),
    }
    if len(photos) == 2:
        values["nomor_dokumen"] = f"{random.randrange(1, 999)}/SKT/{random.randrange(2004, 2025)}"
    return values


def edit_values(random: Random) -> dict[str, Any]:
    """Three fields that are often corrected or confirmed on a second visit."""
    questions = random.sample(
        ("surat_kades", "ba_musdes", "skema_lahan", "muat_truk", "listrik", "internet", "kesimpulan"), 2
    )
    values: dict[str, Any] = {question: random.choice(CHOICES[question]) for question in questions}
    third = random.random()
    if third < 0.4:
        values["catatan"] = note(random)
    elif third < 0.7:
        values["jarak_permukiman_m"] = random.randrange(1, 60) * 50
    else:
        values["ukuran"] = size_of_parcel(random)
    return values


def boundary(random: Random, latitude: float, longitude: float) -> dict[str, Any]:
    """A boundary of about twelve places that were walked around a point, closed."""
    angles = sorted(random.uniform(0, math.tau) for _ in range(random.randrange(11, 14)))
    ring = [
        [
            round(longitude + random.uniform(1.5e-4, 3e-4) * math.cos(angle), 6),
            round(latitude + random.uniform(1.5e-4, 3e-4) * math.sin(angle), 6),
        ]
        for angle in angles
    ]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def size_of_parcel(random: Random) -> dict[str, Any]:
    """The answers of the unit group ``ukuran``."""
    length_m, width_m = random.randrange(20, 80), random.randrange(15, 60)
    return {
        "panjang_m": length_m,
        "lebar_m": width_m,
        "luas_m2": length_m * width_m - random.randrange(0, 40),
    }


def hazards(random: Random) -> dict[str, bool]:
    """Answering a question of several answers writes every option."""
    chosen = {hazard for hazard in HAZARDS[:-1] if random.random() < 0.15}
    return {hazard: hazard in chosen or (hazard == "tidak_ada" and not chosen) for hazard in HAZARDS}


def photo_field(random: Random, question: str) -> str:
    """``foto_utama/<sha256>``."""
    return f"{question}/{random.randbytes(32).hex()}"


def photo(random: Random, latitude: float, longitude: float, now_ms: int) -> dict[str, Any]:
    """What a line says of a photo that was taken near a point."""
    taken = local_time(now_ms - random.randrange(60_000, 900_000))
    return {
        "bytes": random.randrange(90_000, 420_000),
        "type": "image/jpeg",
        "taken": taken.isoformat(timespec="seconds"),
        "lat": round(latitude + random.uniform(-2e-4, 2e-4), 6),
        "lon": round(longitude + random.uniform(-2e-4, 2e-4), 6),
        "acc": round(random.uniform(3, 20), 1),
    }


def local_time(at_ms: int) -> datetime:
    """The time in the field."""
    return datetime.fromtimestamp(at_ms / 1000, FIELD_ZONE)


def note(random: Random) -> str:
    """One or two short sentences."""
    return " ".join(random.sample(NOTES, random.randrange(1, 3)))


def in_bodies(lines: Sequence[bytes], lines_a_body: int) -> Iterator[Sequence[bytes]]:
    """The lines of a log cut into bodies."""
    return (lines[start : start + lines_a_body] for start in range(0, len(lines), lines_a_body))
