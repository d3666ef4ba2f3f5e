"""The events of the day. Each acts on real stores and says in a line or two what happens.

Whatever writes is done ``once``, so that a day which was interrupted goes on where it was.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from deploy.field_day.cast import COORDINATOR_OF, KOTIM, VERIFIERS
from deploy.field_day.entries import MONDAY, MORNING, THURSDAY, TODAY, UNSUR, Answers
from deploy.field_day.network import BadLink
from deploy.field_day.notebook import Notebook
from deploy.field_day.phones import Phone
from deploy.field_day.screen import Screen
from field_client.syncing import Report

MINUTE_MS = 60 * 1000
YEAR_MS = 365 * 24 * 60 * MINUTE_MS


@dataclass
class Day:
    """What the scenes play with. ``dates``: the days of the story by name."""

    phones: dict[str, Phone]
    notebook: Notebook
    screen: Screen
    url: str
    dates: Mapping[str, date]

    def __getitem__(self, key: str) -> Phone:
        return self.phones[key]

    def record(self, name: str) -> str:
        """The id of the record with this name in the story."""
        return self.notebook.record(name, now_ms=self["budi"].now_ms())

    def save(self, by: str, name: str, answers: Answers, *, visited: str = TODAY, later_ms: int = 0) -> None:
        """A later save on a record of the story, once."""
        form = name.partition("-")[0]
        dated = self._dated(visited) | answers
        act = f"save:{by}:{name}"
        self.notebook.once(act, lambda: self[by].saves(form, self.record(name), dated, later_ms=later_ms))

    def create(
        self, by: str, name: str, village: str, answers: Answers, *, visited: str = TODAY, phone: str = ""
    ) -> None:
        """A save that makes a record, or meets one where the form names its records itself, once."""
        form = name.partition("-")[0]
        record = None if form == "kelembagaan" else self.record(name)
        dated = self._dated(visited) | ({} if record is None else {"unsur_petugas": UNSUR[by]}) | answers
        act = f"create:{phone or by}:{name}"
        self.notebook.once(act, lambda: self[phone or by].saves(form, record, dated, area=village))

    def sync(self, *keys: str) -> list[Report]:
        """Some devices, one after the other. A problem is the story's own only where it says so."""
        reports = []
        for key in keys:
            self.screen.passing("passing.sync", device=key)
            report = self[key].syncs()
            if report.problem is not None:
                raise report.problem
            reports.append(report)
        return reports

    def _dated(self, visited: str) -> Answers:
        return {"tanggal_kunjungan": self.dates[visited].isoformat()}


def morning(day: Day) -> None:
    """A dozen villages without signal, then everybody's first exchange."""
    for number, entry in enumerate(MORNING, start=1):
        day.screen.passing("passing.entry", number=number, of=len(MORNING), village=entry.village)
        day.create(entry.by, entry.name, entry.village, entry.answers, visited=entry.visited)
    villages = {entry.village for entry in MORNING}
    day.screen.say("morning.saved", entries=len(MORNING), villages=len(villages), devices=len(VERIFIERS))
    first = MORNING[0]
    typed = (f"{question}={answer}" for question, answer in first.answers.items())
    day.screen.command(day[first.by].line("save", first.form, "--area", first.village, *typed))
    day.screen.command(day[first.by].line("sync"))
    reports = day.sync(*VERIFIERS)
    reports += day.sync(*VERIFIERS)
    day.screen.say("morning.synced", received=sum(report.received for report in reports))


def two_verifiers(day: Day) -> None:
    """Army and cooperative office visit one parcel on the same day, both offline."""
    day.save(
        "budi",
        "lahan-hanjalipan",
        {
            "titik": "-2.35120,112.95340,6",
            "ukuran.panjang_m": "40",
            "ukuran.lebar_m": "25",
            "ukuran.luas_m2": "1.000",
            "sengketa": "tidak",
            "dokumen_hak": "skt",
            "jarak_permukiman_m": "1.200",
            "listrik": "pln_dekat",
            "kesimpulan": "layak",
            "catatan": "Jalan masuk becek bila hujan.",
        },
    )
    day.save(
        "siti",
        "lahan-hanjalipan",
        {
            "titik": "-2.35133,112.95351,12",
            "ukuran.panjang_m": "40",
            "ukuran.lebar_m": "22,5",
            "ukuran.luas_m2": "900",
            "sengketa": "klaim",
            "ket_sengketa": "Ahli waris menyebut sisi timur miliknya.",
            "dokumen_hak": "kib",
            "jarak_permukiman_m": "1.250",
            "skema_lahan": "pinjam_pakai",
            "catatan": "Dekat sekolah.",
        },
        # The day plays in seconds; people are minutes apart.
        later_ms=MINUTE_MS,
    )
    day.screen.say("two.saved")
    day.sync("budi", "siti", "budi")
    day.screen.say("two.synced")


def edit_against_delete(day: Day) -> None:
    """One deletes an entry that she takes for a duplicate; another is just working on it."""
    record = day.record("lahan-camba-ganda")
    day.notebook.once("delete:yuli", lambda: day["yuli"].deletes(record, "Entri ganda"))
    day.save("budi", "lahan-camba-ganda", {"listrik": "pln_dekat", "internet": "lemah"})
    day.screen.say("delete.saved")
    day.sync("yuli", "budi")


def late_paper(day: Day) -> None:
    """Thursday's visit is known when Monday's paper is typed."""
    thursday = {"tahap": "atap", "progres_persen": "30,50", "sumber_progres": "lihat"}
    day.save("joko", "gerai-sei-kayu", thursday, visited=THURSDAY)
    day.sync("joko", "dewi")
    monday = {"tahap": "dinding", "progres_persen": "19,70", "sumber_progres": "desa"}
    day.save("dewi", "gerai-sei-kayu", monday, visited=MONDAY)
    day.screen.say("paper.saved")
    day.sync("dewi")


def lower_rank(day: Day) -> None:
    """The village has the army's finding on its screen, and disagrees."""
    day.save("rahmat", "lahan-simpur", {"kesimpulan": "tidak_layak", "catatan": "Warga keberatan."})
    day.screen.say("rank.saved")
    day.sync("rahmat")


def one_cooperative(day: Day) -> None:
    """Two people open the file of one cooperative, each offline: one record, and it has a secret."""
    village, name = "62.02.02.2004", "kelembagaan-rubung-buyung"
    papers = {"nama_koperasi": "Koperasi Desa Merah Putih Rubung Buyung", "bentuk": "kdmp", "akta": "ada"}
    day.create("siti", name, village, papers)
    # The row has a name of its own, so that an interrupted scene does not make a second one.
    chair = f"pengurus[{day.record('ketua-rubung-buyung')}]"
    people = {
        "anggota_total": "112",
        "status_rat": "jadwal",
        f"{chair}.jabatan": "ketua",
        f"{chair}.nama_pengurus": "Suriansyah",
        f"{chair}.nik_pengurus": "6202020101800001",
    }
    day.create("yuli", name, village, people)
    day.screen.say("cooperative.saved")
    day.sync("siti", "yuli")


def wrong_clock(day: Day) -> None:
    """A clock that is a year ahead must not win for ever."""
    day.sync("hendra", "maya", "joko")
    day["hendra"].clock_ahead_ms = YEAR_MS
    try:
        day.save("hendra", "lahan-basarang", {"internet": "4g", "air": "gali"}, visited=THURSDAY)
        day.save("maya", "lahan-basarang", {"internet": "lemah"}, visited=THURSDAY)
        day.save("joko", "lahan-basarang", {"air": "bor"})
        day.screen.say("clock.saved")
        day.sync("hendra", "maya", "joko")
    finally:
        day["hendra"].clock_ahead_ms = 0
    day.sync("hendra")


def lost_answer(day: Day) -> None:
    """The server has stored everything; its answer never reaches the phone."""
    day.create("maya", "gerai-lamunti", "62.03.09.2004", {"jenis_gedung": "belum"})
    day.save("maya", "lahan-pulau-telo", {"jarak_permukiman_m": "350", "penduduk": "2.140"})
    with BadLink(day.url) as link:
        link.swallowing = True
        # The story's phone does not wait between its tries: a visitor would, for half a minute.
        report = day["maya"].syncs(through=link.url, patience=lambda seconds: None)
        day.screen.say("answer.lost", times=link.swallowed, unsent=report.unsent)
        link.swallowing = False
        report = day["maya"].syncs(through=link.url)
    if report.problem is not None:
        raise report.problem
    day.screen.say("answer.again", unsent=report.unsent)


def cloned_phone(day: Day) -> None:
    """A backup of a phone is restored onto another one, and both go on saving."""
    day.sync("dewi")
    original = day["dewi"]
    clone = day.phones.setdefault("dewi-salinan", Phone(original.home.with_name("dewi-salinan")))
    day.notebook.once("clone", lambda: original.copy_to(clone.home))
    places = (("dewi", "62.03.08.2005"), ("dewi-salinan", "62.03.08.2009"))
    for phone, village in places:
        day.create("dewi", f"gerai-{phone}", village, {"jenis_gedung": "numpang"}, phone=phone)
    forked = [report.forked for report in day.sync("dewi", "dewi-salinan", "dewi")]
    for phone, village in places:
        day.create("dewi", f"lahan-{phone}", village, {"sebutan_lahan": f"Kaveling {village}"}, phone=phone)
    day.sync("dewi", "dewi-salinan")
    day.screen.say("clone.saved")
    day.screen.say("clone.synced" if any(forked) else "clone.known")


def evening(day: Day) -> None:
    """Everybody once more, so that all see the same."""
    reports = day.sync(*day.phones)
    day.screen.say("evening.synced", devices=len(reports))


def decision(day: Day) -> None:
    """A coordinator ends one conflict, with a reason; the phones learn of it."""
    coordinator = COORDINATOR_OF[KOTIM]
    record = day.record("lahan-hanjalipan")
    day.sync(coordinator)
    reason = day.screen.text("decision.reason")
    choice = ("--value", "tidak", "--reason", reason)
    day.screen.command(day[coordinator].line("resolve", record, "sengketa", *choice))
    day.notebook.once("decide", lambda: day[coordinator].resolves(record, "sengketa", "tidak", reason))
    day.sync(coordinator, *day.phones)
    day.screen.say("decision.saved", reason=reason)


SCENES: tuple[tuple[str, Callable[[Day], None]], ...] = (
    ("morning", morning),
    ("two", two_verifiers),
    ("delete", edit_against_delete),
    ("paper", late_paper),
    ("rank", lower_rank),
    ("cooperative", one_cooperative),
    ("clock", wrong_clock),
    ("answer", lost_answer),
    ("clone", cloned_phone),
    ("evening", evening),
)
"""In their order; the name is that of the scene's texts."""


def phones_in(folder: Path) -> dict[str, Phone]:
    """Every device of an earlier run, by the name of its folder."""
    return {home.name: Phone(home) for home in sorted(folder.iterdir()) if home.is_dir()}
