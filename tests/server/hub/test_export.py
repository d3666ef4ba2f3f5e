"""An export says what the record says, and keeps four kinds of nothing apart."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from zoneinfo import ZoneInfo

from server.exports.formats import FORMATS
from server.hub.export import Asked, table
from sync.fold import decode_snapshot
from sync.record import ids_to_delete
from sync.revision import NOT_APPLICABLE, UNKNOWN
from tests.server.conftest import Handset, House
from tests.server.hub.phones import FAR, NEIGHBOUR, NOW_MS, VILLAGE

Handsets = Callable[..., Handset]
ZONE = ZoneInfo("Asia/Jakarta")
PHOTO, OTHER_PHOTO = "a" * 64, "b" * 64
RING = {"type": "Polygon", "coordinates": [[[112.9, -2.5], [112.91, -2.5], [112.91, -2.51], [112.9, -2.5]]]}


def exported(
    house: House,
    form: str = "lahan",
    area: str | None = None,
    *,
    with_deleted: bool = False,
    labels: str = "",
) -> list[dict[str, str]]:
    asked = Asked(area=area, with_deleted=with_deleted, labels=labels)
    with house.server.store.read() as unit:
        found = table(
            unit,
            house.server.shelf,
            form,
            asked,
            FORMATS["csv"],
            zone=ZoneInfo("Asia/Jakarta"),
            now_ms=NOW_MS,
        )
        data = b"".join(FORMATS["csv"].write(found))
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))


def test_every_cell_of_a_record_is_what_was_saved(house: House, handset: Handsets) -> None:
    siti = handset("Siti")
    siti.saves(
        "r1",
        {
            "_area": VILLAGE,
            "sebutan_lahan": "=Lapangan RT 3\n(utara)",
            "tanggal_kunjungan": "2025-11-20",
            "kepemilikan": "desa",
            "pemilik_nama": None,
            "skema_lahan": UNKNOWN,
            "dokumen_hak/shm": True,
            "dokumen_hak/hibah": True,
            "dokumen_hak/skt": False,
            f"foto_dokumen/{PHOTO}": {"bytes": 10, "type": "image/jpeg"},
            "sengketa": NOT_APPLICABLE,
            "titik": {"lat": -2.53, "lon": 112.95, "acc": 8, "src": "gps"},
            "batas": RING,
            "ukuran": {"panjang_m": 40.5, "luas_m2": 0, "lebar_m": UNKNOWN},
            "tinggi_banjir_cm": 0,
            "rawan_lain/longsor": False,
            f"foto_utama/{PHOTO}": {"bytes": 10, "type": "image/jpeg"},
            f"foto_utama/{OTHER_PHOTO}": {"bytes": 10, "type": "image/jpeg"},
            f"foto_jalan/{PHOTO}": None,
            "catatan": "+62 812-3456",
            "penduduk": "seribuan",
            "pertanyaan_lama": "tetap ada",
        },
    )
    siti.syncs()

    (row,) = exported(house)

    flags = row.pop("flags").split()
    assert {"required-missing:unsur_petugas", "wrong-type:penduduk", "unknown-field:pertanyaan_lama"} <= set(
        flags
    )
    assert {name: cell for name, cell in row.items() if cell} == {
        "record": "r1",
        "form_version": "2026112301",
        "area_code": VILLAGE,
        "regency": "Kabupaten Kotawaringin Timur",
        "district": "Mentaya Hilir Selatan",
        "village": "Samuda Besar",
        "sebutan_lahan": "'=Lapangan RT 3\n(utara)",
        "tanggal_kunjungan": "2025-11-20",
        "kepemilikan": "desa",
        "pemilik_nama": "(kosong)",
        "skema_lahan": "(tidak diketahui)",
        "dokumen_hak": "shm hibah",
        "foto_dokumen": "(tertutup)",
        "sengketa": "(tidak berlaku)",
        "titik_lat": "-2.53",
        "titik_lon": "112.95",
        "titik_acc": "8",
        "batas": json.dumps(RING, separators=(",", ":")),
        "panjang_m": "40.5",
        "lebar_m": "(tidak diketahui)",
        "luas_m2": "0",
        "titik_teliti": "ya",
        "tinggi_banjir_cm": "0",
        "rawan_lain": "(tidak ada)",
        "foto_utama": f"{PHOTO} {OTHER_PHOTO}",
        "foto_jalan": "(kosong)",
        "catatan": "+62 812-3456",
        "penduduk": "seribuan",
        "other_fields": '{"pertanyaan_lama":"tetap ada"}',
        "held": "0",
        "saved_at": "2025-11-25T10:06:40.000+07:00",
        "saved_by": "Siti",
        "organisation": "tni",
        "received_at": "2025-11-25T10:06:40.000+07:00",
    }


def test_restricted_answers_are_closed_even_where_a_phone_sent_them_open(
    house: House, handset: Handsets
) -> None:
    siti = handset("Siti")
    siti.saves(
        "k1",
        {"_area": VILLAGE, "pengurus/row-1/nik_pengurus": "6202017001900099"},
        form="kelembagaan/2026112301",
    )
    siti.saves(
        "k2",
        {
            "_area": VILLAGE,
            "pengurus/row-1/nama_pengurus": "Ani",
            "pengurus/row-1/nik_pengurus": "6202017001900099",
        },
        form="kelembagaan/2026112301",
        restricted=["pengurus/row-1/nik_pengurus"],
    )
    siti.syncs()

    first, second = [json.loads(row["pengurus"]) for row in exported(house, "kelembagaan")]
    assert first == [{"row": "row-1", "nik_pengurus": "(tertutup)", "inti": 0}]
    assert second[0] == {
        "row": "row-1",
        "nama_pengurus": "Ani",
        "nik_pengurus": "(tertutup)",
        "inti": 0,
    }


def test_an_area_takes_only_its_own_records_and_all_takes_orphans_too(
    house: House, handset: Handsets
) -> None:
    siti = handset("Siti", area="62")
    for record, fields in {
        "r1": {"_area": VILLAGE},
        "r2": {"_area": NEIGHBOUR},
        "r3": {"_area": FAR},
        "r4": {"catatan": "belum ada desanya"},
    }.items():
        siti.saves(record, fields)
    siti.syncs()

    def records(area: str | None) -> list[str]:
        return [row["record"] for row in exported(house, area=area)]

    assert records("62.02") == ["r1", "r2"]
    assert records(VILLAGE) == ["r1"]
    assert records(None) == ["r1", "r2", "r3", "r4"]


def test_conflicts_and_held_lines_are_named_beside_the_record(house: House, handset: Handsets) -> None:
    siti, budi = handset("Siti"), handset("Budi")
    siti.saves("r1", {"_area": VILLAGE, "jenis_tanah": "gambut"})
    siti.syncs()
    budi.saves("r1", {"jenis_tanah": "mineral"})
    budi.saves("r1", {"catatan": "x"}, form="lahan/9999")
    budi.syncs()

    (row,) = exported(house)

    assert (row["conflicts"], row["held"]) == ("jenis_tanah", "1")


def test_deleted_records_are_left_out_unless_asked_for(house: House, handset: Handsets) -> None:
    siti = handset("Siti")
    siti.saves("r1", {"_area": VILLAGE})
    siti.syncs()
    with house.server.store.read() as unit:
        row = unit.records.get("r1")
    assert row is not None
    siti.saves("r1", {"_deleted": ids_to_delete(decode_snapshot(row.snapshot))})
    siti.syncs()

    assert exported(house) == []
    assert [(one["record"], one["deleted"]) for one in exported(house, with_deleted=True)] == [("r1", "ya")]


def test_a_deleted_row_is_left_out_as_soon_as_its_deletion_counts(house: House, handset: Handsets) -> None:
    siti = handset("Siti")
    row = {"pengurus/row-2/nama_pengurus": "Budi", "pengurus/row-1/nama_pengurus": "Ani"}
    first = siti.saves("k1", {"_area": VILLAGE, **row}, form="kelembagaan/2026112301")
    siti.syncs()

    siti.saves("k1", {"pengurus/row-2/_deleted": ["another id"]}, form="kelembagaan/2026112301")
    siti.syncs()
    (before,) = exported(house, "kelembagaan")
    siti.saves("k1", {"pengurus/row-2/_deleted": [first]}, base=[siti.tip.id], form="kelembagaan/2026112301")
    siti.syncs()
    (after,) = exported(house, "kelembagaan")

    assert [one["nama_pengurus"] for one in json.loads(before["pengurus"])] == ["Ani", "Budi"]
    assert [one["nama_pengurus"] for one in json.loads(after["pengurus"])] == ["Ani"]


def test_labels_stand_where_codes_stood_if_asked_for(house: House, handset: Handsets) -> None:
    siti = handset("Siti")
    options = {"dokumen_hak/shm": True, "dokumen_hak/hibah": True, "dokumen_hak/skt": False}
    siti.saves("r1", {"_area": VILLAGE, "kepemilikan": "desa", "sengketa": "kata lain", **options})
    siti.syncs()

    (row,) = exported(house, labels="id")
    (english,) = exported(house, labels="en")

    assert row["kepemilikan"] == "Aset desa / tanah kas desa"
    assert english["kepemilikan"] == "Village asset"
    assert row["dokumen_hak"].count("; ") == 1
    assert row["sengketa"] == "kata lain"


def test_what_a_form_calculates_is_a_column(house: House, handset: Handsets) -> None:
    siti = handset("Siti")
    size = {"panjang_m": 40.5, "lebar_m": 20, "luas_m2": 900}
    siti.saves("r1", {"_area": VILLAGE, "ukuran": size})
    siti.saves("r2", {"_area": VILLAGE, "ukuran": {"panjang_m": 40, "lebar_m": UNKNOWN}})
    siti.syncs()

    first, second = exported(house)

    assert (first["luas_hitung"], first["kelas_luas"]) == ("810", "b600")
    assert (second["luas_hitung"], second["kelas_luas"]) == ("", "")
    assert (first["titik_teliti"], first["other_fields"]) == ("", "")


def test_a_row_holds_what_is_calculated_in_it_and_the_record_what_comes_of_all_rows(
    house: House, handset: Handsets
) -> None:
    siti = handset("Siti")
    offices = ["ketua", "sekretaris", "bendahara", "wk_usaha", "wk_anggota", "pengawas"]
    fields = {f"pengurus/b{place}/jabatan": office for place, office in enumerate(offices)}
    siti.saves("k1", {"_area": VILLAGE, **fields}, form="kelembagaan/2026112301")
    siti.syncs()

    (row,) = exported(house, "kelembagaan")
    rows = json.loads(row["pengurus"])

    assert row["pengurus_lengkap"] == "ya"
    assert [one["jabatan_aktif"] for one in rows] == offices
    assert [one["inti"] for one in rows] == [1, 1, 1, 1, 1, 0]


def test_an_answer_named_like_a_calculation_stays_an_answer_of_another_version(
    house: House, handset: Handsets
) -> None:
    siti, budi = handset("Siti"), handset("Budi")
    siti.saves("r1", {"_area": VILLAGE, "luas_hitung": 5})
    siti.syncs()
    budi.saves("r1", {"luas_hitung": 6})
    budi.syncs()

    with house.server.store.read() as unit:
        found = table(
            unit, house.server.shelf, "lahan", Asked(area=None), FORMATS["xlsx"], zone=ZONE, now_ms=NOW_MS
        )
        (row,) = found.rows
    names = [column.name for column in found.columns]

    assert row.cells[names.index("luas_hitung")] is None
    assert names.index("luas_hitung") not in row.marks
    assert "luas_hitung" in row.marks[names.index("conflicts")]
    assert {column.name for column in found.columns if column.calculated} == {
        "titik_teliti",
        "luas_hitung",
        "kelas_luas",
    }


def test_a_calculation_is_a_number_where_only_numbers_come_out(house: House) -> None:
    with house.server.store.read() as unit:
        found = table(
            unit, house.server.shelf, "lahan", Asked(area=None), FORMATS["gpkg"], zone=ZONE, now_ms=NOW_MS
        )
    kinds = {column.name: column.kind for column in found.columns if column.calculated}

    assert kinds == {"titik_teliti": "text", "luas_hitung": "number", "kelas_luas": "text"}
