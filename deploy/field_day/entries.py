"""The morning's entries: what eight verifiers type in a dozen villages before noon."""

from dataclasses import dataclass

Answers = dict[str, str]
"""Answers as typed at the prompt of ``tapak save``, by question."""

MONDAY, THURSDAY, TODAY = "monday", "thursday", "today"
"""Days of the story; a run puts dates in their place."""

UNSUR = {"budi": "tni", "joko": "tni", "siti": "dinas", "hendra": "dinas", "rahmat": "desa"}
UNSUR |= {"yuli": "ba", "dewi": "ba", "maya": "agrinas"}
"""The form's word for each person's organisation."""


@dataclass(frozen=True)
class Entry:
    """One save that makes a record. ``name``: what the story calls it."""

    name: str
    form: str
    village: str
    by: str
    visited: str
    answers: Answers


def _parcel(
    name: str,
    village: str,
    by: str,
    called: str,
    point: str,
    size_m: tuple[int, int],
    visited: str = TODAY,
    **answers: str,
) -> Entry:
    """A parcel, with what most of them have in common."""
    length_m, width_m = size_m
    usual = {
        "sebutan_lahan": called,
        "kepemilikan": "desa",
        "skema_lahan": "pinjam_pakai",
        "dokumen_hak": "kib",
        "surat_kades": "ada",
        "ba_musdes": "proses",
        "titik": point,
        "ukuran.panjang_m": str(length_m),
        "ukuran.lebar_m": str(width_m),
        "ukuran.luas_m2": str(length_m * width_m),
        "jenis_tanah": "keras",
        "kemiringan": "datar",
        "pematangan": "ringan",
        "banjir": "tidak",
        "bawah_sutet": "tidak",
        "tutupan": "lapangan",
        "akses_jalan": "tanah",
        "muat_truk": "ya",
    }
    return Entry(name, "lahan", village, by, visited, usual | answers)


PARCELS = (
    # Kotawaringin Timur. The first one is only announced: two verifiers will visit it.
    Entry(
        "lahan-hanjalipan",
        "lahan",
        "62.02.01.2004",
        "rahmat",
        TODAY,
        {"sebutan_lahan": "Lapangan RT 3", "kepemilikan": "desa", "surat_kades": "ada"},
    ),
    _parcel(
        "lahan-simpur",
        "62.02.01.2005",
        "budi",
        "Samping balai desa",
        "-2.4101,112.9702,6",
        (30, 25),
        kesimpulan="layak",
        sengketa="tidak",
        listrik="pln_ada",
    ),
    _parcel(
        "lahan-camba",
        "62.02.01.2007",
        "yuli",
        "Bekas pasar lama",
        "-2.3899,112.9377,9",
        (35, 25),
        dokumen_hak="skt,hibah",
        sengketa="tidak",
    ),
    _parcel(
        "lahan-camba-ganda",
        "62.02.01.2007",
        "yuli",
        "Pasar lama (belakang)",
        "-2.3897,112.9380,14",
        (35, 25),
        surat_kades="ada_lisan",
    ),
    _parcel(
        "lahan-rubung-buyung",
        "62.02.02.2004",
        "budi",
        "Tanah kas desa RT 1",
        "-2.2504,112.9931,5",
        (50, 30),
        sengketa="tidak",
        kesimpulan="layak",
    ),
    _parcel(
        "lahan-jemaras",
        "62.02.02.2007",
        "siti",
        "Lapangan voli",
        "-2.1987,113.0216,7",
        (40, 25),
        sengketa="tidak",
        listrik="pln_dekat",
        internet="lemah",
    ),
    _parcel(
        "lahan-sungai-paring",
        "62.02.02.2011",
        "siti",
        "Dekat dermaga",
        "-2.1502,113.0440,12",
        (30, 20),
        jenis_tanah="rawa",
        pematangan="berat",
        banjir="tahunan",
        tinggi_banjir_cm="60",
        kendala="rawa_pesisir,pematangan",
    ),
    _parcel(
        "lahan-tangar",
        "62.02.03.2001",
        "yuli",
        "Eks SD 2",
        "-1.9803,112.7105,8",
        (45, 30),
        kepemilikan="kab",
        tutupan="bangunan",
    ),
    # Kapuas
    _parcel(
        "lahan-pulau-telo",
        "62.03.01.2011",
        "maya",
        "Seberang puskesmas",
        "-3.0195,114.3650,5",
        (30, 20),
        kesimpulan="layak",
        listrik="pln_ada",
        internet="4g",
        air="pdam",
    ),
    _parcel(
        "lahan-anjir-serapat",
        "62.03.03.2001",
        "joko",
        "Tepi jalan Trans Kalimantan",
        "-3.1160,114.4902,6",
        (40, 30),
        jenis_tanah="pasut",
        kesimpulan="catatan",
        akses_jalan="aspal",
    ),
    _parcel(
        "lahan-basarang",
        "62.03.08.2003",
        "dewi",
        "Blok B handil",
        "-3.0412,114.2107,10",
        (35, 25),
        MONDAY,
        jenis_tanah="gambut",
        pematangan="sedang",
    ),
    _parcel(
        "lahan-lamunti",
        "62.03.09.2004",
        "hendra",
        "Fasum blok C",
        "-2.7098,114.3312,15",
        (50, 25),
        kepemilikan="fasum",
        jenis_tanah="gambut",
        akses_jalan="titian",
        muat_truk="musiman",
    ),
    _parcel(
        "lahan-tajepan",
        "62.03.07.2003",
        "dewi",
        "Samping polindes",
        "-2.9410,114.4455,8",
        (30, 20),
        sengketa="tidak",
    ),
)

OUTLETS = (
    Entry(
        "gerai-simpur",
        "gerai",
        "62.02.01.2005",
        "budi",
        TODAY,
        {
            "jenis_gedung": "baru",
            "titik": "-2.4102,112.9703,5",
            "tahap": "pondasi",
            "progres_persen": "3,30",
            "sumber_progres": "lihat",
            "pekerja_tni": "12",
            "pekerja_sipil": "8",
        },
    ),
    Entry(
        "gerai-jemaras",
        "gerai",
        "62.02.02.2007",
        "siti",
        TODAY,
        {
            "jenis_gedung": "numpang",
            "titik": "-2.1990,113.0220,9",
            "bekas_fungsi": "balai",
            "milik_gedung": "desa",
            "manfaat_gedung": "pinjam",
            "luas_bangunan": "48",
            "unit_ada": "kantor,sembako",
            "unit_jalan": "sembako",
            "listrik": "pln_ada",
            "daya_va": "1.300",
        },
    ),
    Entry(
        "gerai-sei-kayu",
        "gerai",
        "62.03.05.2001",
        "maya",
        MONDAY,
        {"jenis_gedung": "baru", "titik": "-2.9033,114.3061,6", "tgl_mulai": "01/10/2026"},
    ),
    Entry(
        "gerai-pulau-telo",
        "gerai",
        "62.03.01.2011",
        "joko",
        TODAY,
        {
            "jenis_gedung": "eksisting",
            "titik": "-3.0197,114.3652,7",
            "bekas_fungsi": "pustu",
            "milik_gedung": "pemda",
            "kondisi_atap": "ringan",
            "unit_ada": "kantor,sembako,lpg",
            "truk": "0",
            "pikap": "1",
            "roda_tiga": "2",
            "perahu": "1",
        },
    ),
)

COOPERATIVES = (
    Entry(
        "kelembagaan-hanjalipan",
        "kelembagaan",
        "62.02.01.2004",
        "siti",
        TODAY,
        {
            "nama_koperasi": "Koperasi Desa Merah Putih Hanjalipan",
            "bentuk": "kdmp",
            "akta": "ada",
            "sk_ahu": "proses",
            "rekening": "belum",
            "anggota_total": "87",
        },
    ),
    Entry(
        "kelembagaan-anjir-serapat",
        "kelembagaan",
        "62.03.03.2001",
        "hendra",
        TODAY,
        {
            "nama_koperasi": "Koperasi Desa Merah Putih Anjir Serapat Timur",
            "bentuk": "kdmp",
            "akta": "ada",
            "sk_ahu": "ada",
            "rekening": "ada",
            "bank": "bri",
            "anggota_total": "214",
            "anggota_perempuan": "96",
        },
    ),
)

MORNING = (*PARCELS, *OUTLETS, *COOPERATIVES)
