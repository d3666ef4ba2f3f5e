"""What the pages show, to whom, and in which words."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC
from html import unescape
from pathlib import Path

import msgspec
import pytest

from server.app import initialise, open_server
from server.hub.areas import load_areas
from server.hub.overview import SILENT_AFTER_MS
from server.hub.tokens import token_for
from tests.server.conftest import AREAS, Handset, House
from tests.server.console.office import AWAY, FIELD, HALL, ORPHAN, Office
from tests.server.hub.phones import NOW_MS

PAGES = ("", "records", "conflicts", "people", "held", "orphans", "downloads", f"records/{FIELD}")
PAGE_BYTES_MAX = 150 * 1024


def words_in(text: str) -> str:
    """A page as it is read: no tags, one space between words."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def load(office: Office, lines: str, version: str) -> None:
    with office.house.server.store.write() as unit:
        load_areas(unit, lines.splitlines(), version=version, now_ms=NOW_MS, zone=UTC)


def test_the_overview_counts_what_lies_in_the_scope(office: Office) -> None:
    page = words_in(office.at_desk("Rina").opens("").text)

    assert "Kabupaten Kotawaringin Timur" in page
    assert "3 Perlu diputuskan" in page
    assert "1 Tanpa wilayah" in page
    assert "100 % Desa/kel dengan entri lahan 2 dari 2 desa/kel menurut daftar areas" in page
    assert "2 Verifikasi lahan" in page
    assert "Kec. Mentaya Hilir Selatan 0 2 2 dari 2 3 0" in page
    assert "Kapuas" not in page


def test_readiness_is_counted_by_topic_over_the_villages_of_the_list(office: Office) -> None:
    page = words_in(office.at_desk("Rina").opens("").text)

    # Complete of all (share), verified, complete, started, empty, blocked, does not apply, nearly.
    assert "Verifikasi lahan 0 dari 2 (0 %) 0 0 2 0 0 0 0" in page
    assert "Kesiapan kelembagaan 0 dari 2 (0 %) 0 0 0 2 0 0 0" in page


def test_every_share_says_of_how_many_villages_by_which_list(office: Office) -> None:
    load(office, AREAS, "Kepmendagri 2025")
    rina = office.at_desk("Rina")

    page = words_in(rina.opens("").text)
    english = words_in(rina.opens("?lang=en").text)

    assert "Persentase dihitung dari 2 desa dan kelurahan menurut daftar Kepmendagri 2025, dimuat" in page
    assert "100 % Desa/kel dengan entri lahan 2 dari 2 desa/kel menurut daftar Kepmendagri 2025" in page
    assert "keadaannya, dari 2 desa dan kelurahan menurut daftar Kepmendagri 2025." in page
    assert page.count(" %") == 1 + page.count(" dari 2 (0 %)")
    assert "2 of 2 villages by the list Kepmendagri 2025" in english
    assert "out of 2 villages and wards by the list Kepmendagri 2025." in english


def test_villages_that_ended_or_are_in_no_list_have_records_and_no_share(
    office: Office, handset: Callable[..., Handset]
) -> None:
    phone = handset("Tono")
    phone.saves("r-unlisted", {"_area": "62.02.01.2999", "sebutan_lahan": "Desa baru"})
    phone.syncs()
    load(office, AREAS.replace("62.02.01.2005,Basirih Hilir,village,62.02.01\n", ""), "2026")
    rina = office.at_desk("Rina")
    rina.opens("")

    page = words_in(rina.opens("").text)
    district = words_in(rina.opens("?area=62.02.01").text)

    assert "100 % Desa/kel dengan entri lahan 1 dari 1 desa/kel menurut daftar 2026" in page
    assert "3 Verifikasi lahan" in page
    assert "Verifikasi lahan 0 dari 1 (0 %) 0 0 1 0 0 0 0" in page
    assert "Basirih Hilir (Kec. Mentaya Hilir Selatan) 0 1 0 dari 0" in district


def test_without_a_list_there_is_no_share(tmp_path: Path) -> None:
    initialise(tmp_path, url="", practice=False, token_key=b"k" * 32, device_id="console-device-0")
    server = open_server(tmp_path, environ={})

    page = words_in(Office(House(server)).at_desk("Rina").opens("").text)
    server.close()

    assert "Belum ada daftar wilayah. Persentase baru dihitung setelah daftar dimuat." in page
    assert "– Desa/kel dengan entri lahan 0 dari 0 desa/kel" in page
    assert "%" not in page


def test_an_obstacle_blocks_the_topic_at_once(office: Office, handset: Callable[..., Handset]) -> None:
    rina = office.at_desk("Rina")
    rina.opens("")
    phone = handset("Tono")
    phone.saves(HALL, {"kendala/sengketa": True, "kendala/tidak_ada_lahan": True})
    phone.syncs()

    page = words_in(rina.opens("").text)

    assert re.search(r"Verifikasi lahan 0 dari 2 \(0 %\) 0 0 1 0 1 0 0", page), page


def test_a_province_sees_its_regencies_and_an_admin_without_area_nothing(office: Office) -> None:
    province = words_in(office.at_desk("Pram", role="province", area="62").opens("").text)

    assert "Kabupaten Kotawaringin Timur 0 2 2 dari 2 3 0" in province
    assert "1 Tanpa wilayah" in province
    assert "Kabupaten Kapuas 0 0 0 dari 1 0 1" in province  # the line out of Siti's area waits there


def test_a_village_that_ended_says_so_with_its_successor(office: Office) -> None:
    ended = AREAS.replace("code,name,level,parent", "code,name,level,parent,valid_to,successor")
    ended = ended.replace("Besar,village,62.02.01", "Besar,village,62.02.01,2025-11-01,62.02.01.2005")
    rina = office.at_desk("Rina")
    load(office, ended.replace(",2025-11-01,62.02.01.2005", ",2025-11-01,"), "2026")
    assert "Daftar wilayah tidak menyebut penggantinya." in words_in(rina.opens(f"records/{FIELD}").text)
    load(office, ended, "2027")
    said = (
        "Samuda Besar (Kec. Mentaya Hilir Selatan) tidak berlaku lagi sejak 01/11/2025. "
        "Penggantinya: Basirih Hilir (Kec. Mentaya Hilir Selatan)."
    )

    for path in (f"records/{FIELD}", "records?area=62.02.01.2004", "?area=62.02.01.2004"):
        assert said in words_in(rina.opens(path).text)
        assert "/records?area=62.02.01.2005" in rina.opens(path).text
    assert "tidak berlaku lagi" not in words_in(rina.opens(f"records/{HALL}").text)


def test_a_device_that_was_silent_for_three_days_is_counted_and_listed(office: Office) -> None:
    office.house.clock_ms += SILENT_AFTER_MS + 1
    rina = office.at_desk("Rina")

    assert "2 Perangkat diam 3 hari" in words_in(rina.opens("").text)
    silent = words_in(rina.opens("people?silent=1").text)
    assert "HP Siti: 25/11/2025 10.06 WIB diam lebih dari 3 hari" in silent
    assert "2 orang." in silent


def test_what_phones_have_not_sent_is_counted_by_their_last_word(
    office: Office, handset: Callable[..., Handset]
) -> None:
    phone = handset("Tono")
    with office.house.server.store.write() as unit:
        left = msgspec.json.encode({"revisions": 7, "photos": 3, "drafts": 1}).decode()
        unit.people.seen(phone.device, now_ms=NOW_MS, clock_ahead_ms=0, app="1", left_json=left)

    page = words_in(office.at_desk("Rina").opens("").text)

    assert "7 Simpanan belum terkirim dan 3 foto, menurut kabar terakhir tiap HP" in page


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("", ["Lapangan RT 3", "Samping balai desa"]),
        ("q=lapangan", ["Lapangan RT 3"]),
        ("q=LAPÁNG+rt", ["Lapangan RT 3"]),
        ("q=basirih", ["Samping balai desa"]),
        ("q=mentaya", ["Lapangan RT 3", "Samping balai desa"]),
        (f"q={HALL}", ["Samping balai desa"]),
        ("q=lapangan+basirih", []),
        ("q=wilayah", []),  # the parcel outside the area
        ('q="*)(&', ["Lapangan RT 3", "Samping balai desa"]),
        ("area=62.02.01.2005", ["Samping balai desa"]),
        ("area=62.03", ["Lapangan RT 3", "Samping balai desa"]),  # no area of hers: not asked
        ("form=kelembagaan", []),
        ("q=lapangan&form=kelembagaan", []),
        ("q=lapangan&area=62.02.01.2004&form=lahan&conflict=1", ["Lapangan RT 3"]),
        ("after=999.x", []),
        ("after=nonsense&form=x&start=y", []),
    ],
)
def test_the_list_finds_records_of_the_scope(office: Office, question: str, found: list[str]) -> None:
    page = words_in(office.at_desk("Rina").opens(f"records?{question}").text)

    known = ["Lapangan RT 3", "Samping balai desa", "Di luar wilayah"]
    assert [name for name in known if name in page] == found


def test_a_record_shows_its_fields_map_flags_and_history(office: Office) -> None:
    page = words_in(office.at_desk("Rina").opens(f"records/{FIELD}").text)

    assert "Status kepemilikan lahan Aset desa / tanah kas desa Siti · Dinas koperasi" in page
    assert "Batas lahan (jalan keliling) Garis keliling dengan 5 titik" in page
    assert "Titik -2.5331, 112.9502." in page
    assert "catatan; tidak ada yang menghalangi" in page
    assert "Riwayat (3 simpanan)" in page


def test_a_restricted_answer_is_closed_for_roles_without_the_right(office: Office) -> None:
    label = "Foto dokumen alas hak"
    opened = words_in(office.at_desk("Rina").opens(f"records/{FIELD}").text)
    closed = words_in(office.at_desk("Audi", role="auditor").opens(f"records/{FIELD}").text)

    assert f"{label} Berkas image/jpeg, 402 KiB" in opened
    assert f"{label} Tertutup" in closed
    assert f"{label} Berkas" not in closed


def test_what_lies_outside_the_scope_is_answered_like_what_does_not_exist(office: Office) -> None:
    rina = office.at_desk("Rina")
    other = office.at_desk("Oni", area="62.03")

    missing = rina.opens("records/no-such-record")
    for visitor, path in (
        (rina, f"records/{AWAY}"),
        (rina, f"records/{ORPHAN}"),
        (other, f"records/{FIELD}"),
        (other, f"records/{FIELD}/decide?field=sengketa"),
        (other, "people/prinaaaaaaa"),
        (other, "downloads/records?form=lahan&area=62.02"),
        (rina, "downloads/records?form=lahan&area=62"),
    ):
        response = visitor.opens(path)
        assert response.status_code == 404, path
        assert "Halaman ini tidak ada, atau di luar wilayah Anda." in unescape(response.text)
    assert missing.status_code == 404
    assert "Siti" not in other.opens("people").text


def test_a_held_line_is_merged_by_who_has_its_area(office: Office) -> None:
    rina, oni = office.at_desk("Rina"), office.at_desk("Oni", area="62.03")
    assert "0 simpanan" in words_in(rina.opens("held").text)
    page = oni.opens("held").text
    assert "Di luar wilayah penulisnya" in page
    line = re.search(r'action="/console/(held/[^"]+)"', page)
    assert line is not None

    assert rina.sends(line[1]).status_code == 404
    assert oni.sends(line[1]).status_code == 303

    assert "Di luar wilayah" in oni.opens("records").text
    assert "0 simpanan" in words_in(oni.opens("held").text)


def test_an_orphan_gets_its_village_from_who_knows_its_author(office: Office) -> None:
    rina, oni = office.at_desk("Rina"), office.at_desk("Oni", area="62.03")
    assert "0 entri belum punya desa" in words_in(oni.opens("orphans").text)
    assert "0 Tanpa wilayah" in words_in(oni.opens("").text)
    page = rina.opens("orphans").text
    assert "lahan: Budi" in words_in(page)
    assert "Belum berdesa" not in page  # its answers belong to no area yet

    assert oni.sends(f"orphans/{ORPHAN}", village="62.03.05.2001", reason="x").status_code == 404
    assert rina.sends(f"orphans/{ORPHAN}", village="62.03.05.2001", reason="x").status_code == 409
    assert rina.sends(f"orphans/{ORPHAN}", village="62.02.01.2005", reason="Ditanya").status_code == 303

    assert "Belum berdesa" in rina.opens("records").text


def test_a_code_is_shown_once_with_link_and_picture(office: Office) -> None:
    rina = office.at_desk("Rina")

    page = rina.sends("people/psitiaaaaaa/code").text

    found = re.search(r'href="https://tapak\.example\.id/app/#enrol=([0-9A-Z-]{11})"', page)
    assert found is not None
    assert '<svg viewBox="0 0' in page
    assert "style=" not in page
    assert office.house.enrols(found[1], "another-phone-of-siti").status_code == 200
    assert found[1] not in rina.opens("people/psitiaaaaaa").text


@pytest.mark.parametrize(
    ("role", "area", "may"),
    [
        ("verifier", "62.02.01", True),
        ("auditor", "62.02", True),
        ("regency", "62.02", True),
        ("verifier", "62", False),  # wider than her own area
        ("admin", "62.02", False),  # more rights than she has
    ],
)
def test_nobody_enrols_a_person_with_more_rights_than_his_own(
    office: Office, role: str, area: str, may: bool
) -> None:
    rina = office.at_desk("Rina")
    person = office.house.person("Xeni", role=role, area=area)

    response = rina.sends(f"people/{person}/code")

    assert (response.status_code == 200) is may


def test_devices_are_named_and_never_by_their_id(office: Office) -> None:
    rina = office.at_desk("Rina")

    for path in PAGES:
        assert "phone-of-" not in rina.opens(path).text
    assert "HP Siti" in rina.opens("people").text


def test_a_download_holds_the_area_and_nothing_else(office: Office) -> None:
    rina = office.at_desk("Rina")

    response = rina.opens("downloads/records?form=lahan&area=62.02.01.2004&format=csv")

    assert response.status_code == 200
    assert 'filename="lahan-62.02.01.2004-2025-11-25.csv"' in response.headers["Content-Disposition"]
    text = response.data.decode("utf-8-sig")
    assert "Lapangan RT 3" in text
    assert "Samping balai desa" not in text


def test_the_readiness_of_the_villages_in_scope_can_be_had_as_a_table(office: Office) -> None:
    rina = office.at_desk("Rina")

    response = rina.opens("downloads/records?form=readiness&area=62.02&format=csv")

    rows = list(csv.DictReader(io.StringIO(response.text, newline="")))
    assert {row["area_code"][:5] for row in rows} == {"62.02"}
    assert "sebagian" in {row["lahan"] for row in rows}
    assert rina.opens("downloads/records?form=readiness&area=62.02&format=gpkg").status_code == 400
    assert rina.opens("downloads/records?form=readiness&area=62&format=csv").status_code == 404


@pytest.mark.parametrize("kind", ["csv", "xlsx", "geojson", "gpkg"])
def test_every_format_can_be_had(office: Office, kind: str) -> None:
    response = office.at_desk("Rina").opens(f"downloads/records?form=lahan&format={kind}&labels=1")

    assert response.status_code == 200
    assert len(response.data) > 500


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_small_and_says_its_language(office: Office, path: str) -> None:
    rina = office.at_desk("Rina")

    indonesian, english = rina.opens(path), rina.opens(f"{path}?lang=en")

    assert len(indonesian.data) < PAGE_BYTES_MAX
    assert '<html lang="id">' in indonesian.text
    assert '<html lang="en">' in english.text
    assert "Log out" in english.text
    assert '<html lang="en">' in rina.opens(path).text  # it was asked for once
    assert not re.search(r"console\.[a-z-]+\.[a-z-]+", words_in(english.text))


def test_a_practice_server_says_so_on_every_page_and_names_whom_to_ask(office: Office) -> None:
    context = office.house.app.extensions["tapak-console"]
    settings = msgspec.structs.replace(context.settings, practice=True, contact="Pak Hadi, 0812-000-111")
    office.house.app.extensions["tapak-console"] = msgspec.structs.replace(context, settings=settings)
    rina = office.at_desk("Rina")

    for page in (office.visitor().opens("login"), *(rina.opens(path) for path in PAGES), rina.opens("no")):
        assert "LATIHAN" in page.text
        assert "Perlu bantuan? Hubungi Pak Hadi, 0812-000-111." in page.text


def test_what_people_type_is_text_and_never_a_part_of_the_page(
    office: Office, handset: Callable[..., Handset]
) -> None:
    evil = '"><script>alert(1)</script>'
    phone = handset("Tono")
    phone.saves("r-evil", {"_area": "62.02.01.2004", "sebutan_lahan": evil, evil: evil, "sengketa": evil})
    phone.syncs()
    rina = office.at_desk("Rina")

    for path in ("records", "records/r-evil", "conflicts", f"records?q={evil}", f"records?area={evil}"):
        assert "<script" not in rina.opens(path).text


def test_a_phone_with_a_token_is_no_visitor_of_the_office(office: Office) -> None:
    token = token_for(office.house.server.token_key, "phone-of-siti")

    response = office.house.get("/console/records", token)

    assert response.status_code == 302
