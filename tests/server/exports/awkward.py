"""A table with cells that spreadsheets and maps like to change, and two places on a map."""

from __future__ import annotations

from typing import Any

from server.exports.table import NUMBER, ROWS, Cell, Column, Row, Sheet, Table

AS_OF = "2026-11-23T10:00:00.000+07:00"
RING = [[112.9, -2.5], [112.9, -2.51], [112.91, -2.51], [112.9, -2.5]]
CLOCKWISE_RING = [RING[0], RING[2], RING[1], RING[0]]
BOUNDARY = {"type": "Polygon", "coordinates": [CLOCKWISE_RING]}
POINT = {"type": "Point", "coordinates": [112.95, -2.53]}
LINE = {"type": "LineString", "coordinates": [[112.9, -2.5], [112.92, -2.52]]}

COLUMNS = (
    Column(name="record"),
    Column(name="area_code"),
    Column(name="nik", about={"id": "NIK", "en": "National id"}),
    Column(name="luas_m2", kind=NUMBER, unit="m2"),
    Column(name="catatan"),
    Column(name="pengurus", kind=ROWS),
)
MEMBERS = Sheet("pengurus", (Column(name="record"), Column(name="row"), Column(name="nama")))

CELLS: tuple[tuple[Cell, ...], ...] = (
    ("r01", "62.02.01.2004", "6202017001900099", 1250.5, "biasa", None),
    ("r02", "62.02.01.2004", "0012", 0, '=HYPERLINK("http://x","klik")', None),
    ("r03", "62.02.01.2005", "1.2E+15", "(tidak diketahui)", "+62 812-3456-789", None),
    ("r04", None, None, None, "(kosong)", None),
    ("r05", "62.02.01.2005", "(tertutup)", "(tidak berlaku)", "@SUM(A1)", None),
    ("r06", "62.02.01.2005", "-1", -7, "-2+3", None),
    ("r07", "62.02.01.2005", "true", 3.1, "http://contoh.id/?a=1&b=<2>", None),
    ("r08", "62.02.01.2005", "12/3", 1e-07, 'baris satu\nbaris "dua"; tiga, empat\ttab', None),
    ("r09", "62.02.01.2005", "1,5", 123456789012, "Désa Tumbang ’Óé 😀 漢字", None),
    ("r10", "62.02.01.2005", "2026-11-20", 0.1, "_x0041_ dan <b>&amp;</b>", None),
    ("r12", "62.02.01.2005", "<r></r>", 1, "<r><t>bukan markah & ini teks</t></r>", None),
    ("r11", "62.02.01.2005", "  depan belakang  ", 99, "x" * 5000, '[{"row":"b1"},{"row":"b2"}]'),
)
MARKS = {2: {3: "luas_m2\n1250 · Siti (tni), 2026-11-20\n1300 · Budi (desa), 2026-11-21"}}
ROWS_BESIDE = {11: {"pengurus": [["r11", "b1", "=1+1"], ["r11", "b2", "Ani"]]}}
PLACES: dict[int, dict[str, Any]] = {0: BOUNDARY, 1: POINT, 4: LINE}


def awkward() -> Table:
    """The table, its rows still to be read."""
    rows = (
        Row(
            list(cells),
            marks=MARKS.get(number, {}),
            sheets=ROWS_BESIDE.get(number, {}),
            geometry=PLACES.get(number),
        )
        for number, cells in enumerate(CELLS)
    )
    return Table(
        name="lahan", title="Verifikasi lahan", as_of=AS_OF, columns=COLUMNS, sheets=(MEMBERS,), rows=rows
    )
