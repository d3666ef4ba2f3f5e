"""`make run` plays a field day: what it must come to, whatever interrupts it."""

from __future__ import annotations

import csv
import signal
from pathlib import Path

import pytest

from tests.deploy.day import (
    Ended,
    device_fields,
    differing,
    forget_forms,
    left_running,
    logs,
    play,
    play_until,
    server_fields,
    server_lines,
    story,
    without_chance,
)

LINES = 38
BUDI_POINT = {"lat": -2.3512, "lon": 112.9534, "acc": 6.0, "src": "ketik"}
SITI_POINT = {"lat": -2.35133, "lon": 112.95351, "acc": 12.0, "src": "ketik"}
BUDI_SIZE = {"panjang_m": 40, "lebar_m": 25, "luas_m2": 1000}
SITI_SIZE = {"panjang_m": 40, "lebar_m": 22.5, "luas_m2": 900}

MERGED = {
    # Two verifiers on one parcel: union, tolerance in percent and in metres (the better accuracy shows).
    "lahan-hanjalipan catatan": (
        "Jalan masuk becek bila hujan.\nDekat sekolah.",
        False,
        ["Dekat sekolah.", "Jalan masuk becek bila hujan."],
    ),
    "lahan-hanjalipan dokumen_hak/kib": (True, False, [False, True]),
    "lahan-hanjalipan dokumen_hak/skt": (True, False, [False, True]),
    "lahan-hanjalipan jarak_permukiman_m": (1200, False, [1200, 1250]),
    "lahan-hanjalipan titik": (BUDI_POINT, False, [SITI_POINT, BUDI_POINT]),
    # Monday's paper does not beat Thursday's visit.
    "gerai-sei-kayu progres_persen": (30.5, False, [19.7, 30.5]),
    "gerai-sei-kayu sumber_progres": ("lihat", False, ["desa", "lihat"]),
    "gerai-sei-kayu tahap": ("atap", False, ["atap", "dinding"]),
    # The army ranks above the village, whose answer stays visible.
    "lahan-simpur kesimpulan": ("layak", False, ["layak", "tidak_layak"]),
    # Today's visit beats Thursday's, although the clock of Thursday's phone is a year ahead.
    "lahan-basarang air": ("bor", False, ["bor", "gali"]),
}
WAITING = {
    "lahan-hanjalipan ukuran": (SITI_SIZE, True, [SITI_SIZE, BUDI_SIZE]),
    "lahan-basarang internet": ("4g", True, ["4g", "lemah"]),
}


def came_to(data: Path) -> dict[str, object]:
    """Where people differ, without the visit dates, and the deletion without its ids."""
    found = {name: found for name, found in differing(data).items() if "tanggal" not in name}
    shown, waits, _ = found.pop("lahan-camba-ganda _deleted")
    return {**found, "deletion of lahan-camba-ganda": (shown is not None, waits)}


EXPECTED = {**MERGED, **WAITING, "deletion of lahan-camba-ganda": (True, True)}


def by_name(answer: object) -> object:
    """Answers in an order that no id decides."""
    if isinstance(answer, tuple) and len(answer) == 3:
        return answer[0], answer[1], sorted(answer[2], key=str)
    return answer


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("field-day") / "data"


@pytest.fixture(scope="module")
def ended(data: Path) -> Ended:
    return play(data)


@pytest.fixture
def played(data: Path, ended: Ended) -> Path:
    assert ended.code == 0, ended.output
    return data


def test_what_fits_merges_and_what_differs_waits_as_the_policies_say(played: Path):
    found = {name: by_name(answer) for name, answer in came_to(played).items()}

    assert found == {name: by_name(answer) for name, answer in EXPECTED.items()}


def test_the_coordinators_decision_ends_one_conflict_everywhere(played: Path):
    record = story(played)["lahan-hanjalipan"]

    for fields in (
        server_fields(played)[record],
        device_fields(played, "budi")[record],
        device_fields(played, "siti")[record],
    ):
        dispute = fields["sengketa"]
        assert (dispute["shown"], dispute["conflict"], len(dispute["heads"])) == ("tidak", False, 1)


def test_a_device_that_sees_both_regencies_shows_what_the_server_shows(played: Path):
    assert device_fields(played, "provinsi") == server_fields(played)


def test_every_save_of_every_device_is_on_the_server_once_and_none_is_held(played: Path):
    saved = {id for log in logs(played).values() for id in log}
    stored = server_lines(played)

    assert len(saved) == LINES
    assert sorted(id for id, _ in stored) == sorted(saved)
    assert {why for _, why in stored} == {None}


def test_a_cloned_phone_and_its_original_keep_both_their_histories(played: Path):
    original, clone = logs(played)["dewi"], logs(played)["dewi-salinan"]
    shared = [one for one, other in zip(original, clone, strict=True) if one == other]
    records = server_fields(played)

    assert (len(original), len(clone), len(shared)) == (5, 5, 3)
    for name in ("gerai-dewi", "gerai-dewi-salinan", "lahan-dewi", "lahan-dewi-salinan"):
        assert "_area" in records[story(played)[name]]


def test_two_people_who_open_one_cooperative_offline_meet_in_one_record_with_its_secret_closed(played: Path):
    named = [
        fields
        for fields in server_fields(played).values()
        if fields.get("nama_koperasi", {}).get("shown") == "Koperasi Desa Merah Putih Rubung Buyung"
    ]
    (cooperative,) = named
    number = f"pengurus/{story(played)['ketua-rubung-buyung']}/nik_pengurus"

    assert cooperative["anggota_total"]["shown"] == 112
    assert cooperative["akta"]["shown"] == "ada"
    assert list(cooperative[number]["shown"]) == ["#"]


def test_the_export_has_a_row_for_each_parcel_with_what_is_shown(played: Path):
    with (played / "lahan.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["record"]: row for row in csv.DictReader(file)}
    parcels = {id for name, id in story(played).items() if name.startswith("lahan-")}
    first, disputed = rows[story(played)["lahan-hanjalipan"]], rows[story(played)["lahan-basarang"]]

    assert rows.keys() == parcels
    assert len({row["area_code"] for row in rows.values()}) >= 12
    assert {row["regency"] for row in rows.values()} == {"Kabupaten Kotawaringin Timur", "Kabupaten Kapuas"}
    assert (first["village"], first["sengketa"], first["conflicts"]) == ("Hanjalipan", "tidak", "ukuran")
    assert (disputed["air"], disputed["conflicts"]) == ("bor", "internet")


def test_in_a_pipe_it_prints_plain_lines_with_what_merged_what_waits_and_why(ended: Ended):
    lines = [line.strip() for line in without_chance(ended.output).splitlines()]

    assert "\x1b" not in ended.output
    assert "\r" not in ended.output
    for line in (
        "8. A lost answer",
        "Merged by itself (9)",
        "Distance to settlement: 1,200",
        "→ tolerance: they differ by no more than 10 %",
        "→ authority: Army ranks higher; the other answer stays visible",
        "Waits for a person (4)",
        "Dispute or competing claim: Verbal claim",
        "→ cautious: the worst answer is shown until a person decides",
        "→ latest: the same visit date, and one clock cannot be trusted",
        "It sends again: what is there does not come twice. Not yet received: 0.",
        "The server notices: both histories are kept, and each phone takes a new device id.",
        "Saved on devices: 38. Received by the server: 38. Broken chains or records: 0.",
        "Still waiting for a decision: 3.",
    ):
        assert line in lines, f"{line}\n{ended.output}"


def test_a_second_run_goes_on_and_plays_nothing_twice(played: Path):
    before = (logs(played), sorted(server_lines(played)), server_fields(played), story(played))

    again = play(played, language="id")

    assert again.code == 0, again.output
    assert (logs(played), sorted(server_lines(played)), server_fields(played), story(played)) == before
    lines = [line.strip() for line in again.output.splitlines()]
    assert lines[0] == f"Hari lapangan di {played} sudah dimainkan; dilanjutkan."
    assert "Menunggu keputusan orang (3)" in lines
    assert "Tersimpan di perangkat: 38. Diterima server: 38. Rantai atau entri yang rusak: 0." in lines


def test_a_day_that_is_killed_and_then_interrupted_comes_to_the_same(tmp_path: Path):
    data = tmp_path / "data"

    enrolling = play_until(data, "1. ", signal.SIGKILL)
    forget_forms(data, "dewi")  # as if it had been killed between her enrolment and her forms
    killed = play_until(data, "3. ", signal.SIGKILL)
    interrupted = play_until(data, "7. ", signal.SIGINT)
    finished = play(data)

    assert enrolling.code == killed.code == -signal.SIGKILL
    assert interrupted.code == 0, interrupted.output
    assert " ".join(interrupted.output.split()).endswith(f"Every save is safe in {data}. To go on: make run")
    assert finished.code == 0, finished.output
    found = {name: by_name(answer) for name, answer in came_to(data).items()}
    assert found == {name: by_name(answer) for name, answer in EXPECTED.items()}
    assert sorted(id for id, _ in server_lines(data)) == sorted(
        {id for log in logs(data).values() for id in log}
    )


def test_a_second_run_beside_the_first_says_so_and_plays_nothing(played: Path):
    with left_running(played):
        beside = play(played)

    assert beside.code == 1
    assert beside.output == f"Error: The field day in {played} is running in another terminal.\n"


def test_ctrl_c_stops_the_server_that_was_left_running_and_is_a_good_end(played: Path):
    stopped = play_until(played, "Ctrl-C stops the server.", signal.SIGINT)

    assert stopped.code == 0, stopped.output
    assert "Stopped; the server is closed." in stopped.output
