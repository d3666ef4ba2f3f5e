"""A thousand records of three hundred villages leave as files in which every cell is what was saved."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from server.exports.formats import FORMATS
from server.exports.table import NUMBER, Cell
from server.hub.areas import load_areas
from server.hub.export import Asked, table
from sync.forms.model import Form
from sync.revision import NOT_APPLICABLE, UNKNOWN
from tests.bench.fielddata import FIRST_DAY_MS, edit_values, entry_values
from tests.server.conftest import Handset, House, pack_form
from tests.server.hub.phones import NOW_MS

AREA_LIST = Path(__file__).resolve().parents[3] / "server" / "data" / "areas_62.csv"
RECORDS, VILLAGES, EDITS, IN_CONFLICT, A_BODY = 1_000, 300, 60, 12, 100
ZONE = ZoneInfo("Asia/Jakarta")

CLEARED, NOT_KNOWN, APPLIES_NOT = "(kosong)", "(tidak diketahui)", "(tidak berlaku)"
AWKWARD = ("=1+1", 'kata "desa", RT 3;\nsebelah', "0081", "-2,5", "🌴 Sei Hanyu", "@kades", " ")
NOT_COMPARED = {"flags", "titik_teliti", "luas_hitung", "kelas_luas"}
"""What nobody saved: it follows from answers, and has stories of its own."""


@dataclass
class Saved:
    """What the last one who knew of the others has left in a record."""

    values: dict[str, Any]
    id: str
    at_ms: int
    by: str
    conflict: str = ""


@dataclass
class Survey:
    """Two phones in one regency, and what they have saved."""

    house: House
    siti: Handset
    budi: Handset
    places: dict[str, tuple[str, str, str]]
    random: Random = field(default_factory=lambda: Random(1_000))
    records: dict[str, Saved] = field(default_factory=dict)

    def visits(self) -> None:
        """Every village three times or more, half of the records by each phone."""
        villages = self.random.sample(sorted(self.places), VILLAGES)
        for number in range(RECORDS):
            phone = (self.siti, self.budi)[number % 2]
            values = self._entry(number, villages[number % VILLAGES])
            self._saves(phone, f"rekaman-{number:04}", values)
            if len(phone.log) % A_BODY == 0:
                phone.syncs()
        self._both_sync()

    def corrects(self) -> None:
        """Each phone edits records of the other, knowing what stands there."""
        persons = (self.siti.person, self.budi.person)
        by = {
            person: [record for record, one in self.records.items() if one.by == person] for person in persons
        }
        for phone, other in ((self.siti, self.budi), (self.budi, self.siti)):
            for record in self.random.sample(by[other.person], EDITS):
                self._saves(phone, record, edit_values(self.random), base=[self.records[record].id])
        self._both_sync()

    def disagrees(self) -> None:
        """Both answer one question of the same records, neither knowing of the other; Budi thinks twice."""
        chosen = self.random.sample(sorted(self.records), IN_CONFLICT)
        for phone, ground in ((self.siti, "gambut"), (self.budi, "pasir"), (self.budi, "keras")):
            for record in chosen:
                base = [] if ground == "pasir" else [self.records[record].id]
                self._saves(phone, record, {"jenis_tanah": ground}, base=base)
        for record in chosen:
            self.records[record].conflict = "jenis_tanah"
        self._both_sync()

    def _entry(self, number: int, village: str) -> dict[str, Any]:
        values = entry_values(self.random, FIRST_DAY_MS) | {"_area": village}
        values["pemilik_nama"] = AWKWARD[number % len(AWKWARD)]
        nothing = (None, UNKNOWN, NOT_APPLICABLE)[number % 3]
        values[("sengketa", "penduduk", "titik", "batas", "catatan")[number % 5]] = nothing
        return values

    def _saves(
        self, phone: Handset, record: str, values: dict[str, Any], *, base: list[str] | None = None
    ) -> None:
        at_ms = NOW_MS + len(phone.log)
        id = phone.saves(record, values, base=base or [])
        before = self.records[record].values if record in self.records else {}
        self.records[record] = Saved({**before, **values}, id, at_ms, phone.person)

    def _both_sync(self) -> None:
        for phone in (self.siti, self.budi):
            assert phone.syncs().header.have == phone.tip


@pytest.fixture
def survey(house: House, handset: Callable[..., Handset]) -> Survey:
    """The province's list is loaded, and two phones have brought in what they saved."""
    with AREA_LIST.open(encoding="utf-8", newline="") as file:
        lines = file.readlines()
    with house.server.store.write() as unit:
        load_areas(unit, lines, version="areas_62", now_ms=NOW_MS, zone=UTC)
    names = {row["code"]: row["name"] for row in csv.DictReader(lines)}
    places = {code: (names[code[:5]], names[code[:8]], names[code]) for code in names if len(code) == 13}
    made = Survey(house, handset("Siti", area="62"), handset("Budi", organisation="dpmd", area="62"), places)
    made.visits()
    made.corrects()
    made.disagrees()
    return made


def test_a_thousand_records_are_read_back_from_every_format(survey: Survey, tmp_path: Path) -> None:
    form = pack_form("lahan")
    wanted = {record: expected(survey, form, record) for record in survey.records}
    assert len(wanted) == RECORDS
    assert len({cells["area_code"] for cells in wanted.values()}) == VILLAGES

    for kind, read in READERS.items():
        path = tmp_path / f"lahan.{kind}"
        numbers = written(survey.house, kind, path)
        found = list(read(path, numbers))
        assert [cells["record"] for cells in found] == sorted(wanted), kind
        assert len({cells["area_code"] for cells in found}) == VILLAGES, kind
        for cells in found:
            assert filled(cells) == wanted[str(cells["record"])], kind


def written(house: House, kind: str, path: Path) -> set[str]:
    """Write the file; the columns of numbers."""
    with house.server.store.read() as unit:
        asked = Asked(area=None)
        made = table(unit, house.server.shelf, "lahan", asked, FORMATS[kind], zone=ZONE, now_ms=NOW_MS)
        path.write_bytes(b"".join(FORMATS[kind].write(made)))
    return {column.name for column in made.columns if column.kind == NUMBER}


def filled(cells: dict[str, Cell]) -> dict[str, Cell]:
    """The cells that hold something and that somebody saved."""
    return {name: cell for name, cell in cells.items() if cell is not None and name not in NOT_COMPARED}


def expected(survey: Survey, form: Form, record: str) -> dict[str, Cell]:
    """The cells of a record, from what was saved and from nothing that the server computed."""
    saved = survey.records[record]
    regency, district, village = survey.places[saved.values["_area"]]
    cells: dict[str, Cell] = {
        "record": record,
        "form_version": form.version,
        "area_code": saved.values["_area"],
        "regency": regency,
        "district": district,
        "village": village,
        "held": 0,
        "saved_at": local(saved.at_ms),
        "saved_by": "Siti" if saved.by == survey.siti.person else "Budi",
        "organisation": "tni" if saved.by == survey.siti.person else "dpmd",
        "received_at": local(NOW_MS),
        **({"conflicts": saved.conflict} if saved.conflict else {}),
    }
    parts: dict[str, list[str]] = {}
    for name, value in saved.values.items():
        question, _, part = name.partition("/")
        if part:
            parts.setdefault(question, []).extend([part] if value else [])
        elif not name.startswith("_"):
            cells |= cells_of(name, value)
    codes = [choice.name for choice in form.choices["rawan"]]
    cells["rawan_lain"] = " ".join(sorted(parts.pop("rawan_lain"), key=codes.index))
    return cells | {photos: " ".join(sorted(hashes)) for photos, hashes in parts.items()}


def cells_of(name: str, value: Any) -> dict[str, Cell]:
    """The cells of a field that holds its whole answer."""
    if not isinstance(value, dict):
        cell = CLEARED if value is None else value
    elif value in (UNKNOWN, NOT_APPLICABLE):
        cell = NOT_KNOWN if value == UNKNOWN else APPLIES_NOT
    elif name == "ukuran":
        return value
    elif name == "titik":
        return {f"titik_{part}": value[part] for part in ("lat", "lon", "acc")}
    else:
        cell = json.dumps(value, separators=(",", ":"))
    return {"titik_lat" if name == "titik" else name: cell}


def local(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, ZONE).isoformat(timespec="milliseconds")


def in_csv(path: Path, numbers: set[str]) -> Iterator[dict[str, Cell]]:
    """As a program reads it that knows which columns hold numbers, and which texts were guarded."""
    for row in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")):
        yield {
            name: number_or_text(cell) if name in numbers else cell.removeprefix("'") or None
            for name, cell in row.items()
        }


def number_or_text(cell: str) -> Cell:
    return cell or None if cell[:1] in ("(", "") else json.loads(cell)


def in_xlsx(path: Path, numbers: set[str]) -> Iterator[dict[str, Cell]]:
    header, *rows = load_workbook(path, read_only=True)["lahan"].iter_rows(values_only=True)
    for row in rows:
        cells = [unescape(cell) if isinstance(cell, str) else cell for cell in row]
        yield dict(zip(header, cells, strict=True))


def in_geojson(path: Path, numbers: set[str]) -> Iterator[dict[str, Cell]]:
    for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
        yield feature["properties"]


def in_gpkg(path: Path, numbers: set[str]) -> Iterator[dict[str, Cell]]:
    """What stands in words beside a number column is put back into it."""
    db = sqlite3.connect(path)
    db.row_factory = sqlite3.Row
    for row in db.execute("SELECT * FROM lahan ORDER BY record"):
        cells = {name: row[name] for name in row.keys() if name not in ("fid", "geom")}  # noqa: SIM118
        words = {name: cells.pop(f"{name}_text", None) for name in numbers}
        yield cells | {name: text for name, text in words.items() if text is not None}
    db.close()


READERS: dict[str, Callable[[Path, set[str]], Iterator[dict[str, Cell]]]] = {
    "csv": in_csv,
    "xlsx": in_xlsx,
    "geojson": in_geojson,
    "gpkg": in_gpkg,
}
