"""Stories of an office at a browser: by mouse, by keyboard, on a phone, without scripts."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import DESK, PHONE, Opens
from tests.server.console.office import FIELD, Office
from tests.server.console.test_deciding import REASON, shown

PAGES = {
    "ringkasan": "",
    "entri": "records",
    "satu-entri": f"records/{FIELD}",
    "beda-isian": "conflicts",
    "putuskan": f"records/{FIELD}/decide?field=ukuran",
    "orang": "people",
    "satu-orang": "people/psitiaaaaaa",
    "ditahan": "held",
    "tanpa-wilayah": "orphans",
    "unduh": "downloads",
}
CLICKS_TO_DECIDE, CLICKS_TO_A_VILLAGE = 3, 2


def test_a_coordinator_decides_in_three_clicks_from_the_first_page(desk: Opens, office: Office) -> None:
    rina = desk()

    rina.clicks_on("link", "Perlu diputuskan")
    rina.clicks_into("Alasan keputusan").types(REASON)
    rina.clicks_on("button", "Pilih ini: Tidak ada")

    assert "Keputusan disimpan." in rina.reads()
    assert rina.clicks <= CLICKS_TO_DECIDE
    assert shown(office, FIELD).fields["sengketa"].shown == "tidak"


def test_a_village_is_found_in_two_clicks(desk: Opens) -> None:
    rina = desk()

    rina.clicks_on("link", "Entri")
    rina.page.get_by_role("searchbox").focus()
    rina.types("samuda").page.keyboard.press("Enter")
    rina.clicks_on("link", "Lapangan RT 3")

    assert "Samuda Besar (Kec. Mentaya Hilir Selatan)" in rina.reads()
    assert rina.clicks <= CLICKS_TO_A_VILLAGE


def test_a_decision_without_a_reason_is_not_sent(desk: Opens, office: Office) -> None:
    rina = desk().opens("conflicts")

    rina.clicks_on("button", "Pilih ini: Tidak ada")

    assert rina.page.evaluate("document.activeElement.name") == "reason"
    assert "sengketa" in shown(office, FIELD).conflicts


def test_enter_in_the_field_of_another_value_stores_that_value_and_no_ones_answer(
    desk: Opens, office: Office
) -> None:
    rina = desk().opens(f"records/{FIELD}/decide?field=ukuran")
    rina.clicks_into("Alasan keputusan").types(REASON)
    rina.page.get_by_text("Isi nilai lain").click()
    rina.clicks_into("Lebar (m)").types("19").page.keyboard.press("Enter")
    rina.page.wait_for_url(re.compile("done=1"))

    assert shown(office, FIELD).fields["ukuran"].shown == {"lebar_m": 19}


def test_no_value_is_not_another_value(desk: Opens, office: Office) -> None:
    rina = desk().opens(f"records/{FIELD}/decide?field=ukuran")
    rina.clicks_into("Alasan keputusan").types(REASON)
    rina.page.get_by_text("Isi nilai lain").click()
    rina.clicks_on("button", "Simpan nilai lain")

    assert "Nilai lain masih kosong. Isi dahulu, atau pilih salah satu jawaban." in rina.reads()
    assert REASON == rina.page.get_by_label("Alasan keputusan").input_value()
    assert "ukuran" in shown(office, FIELD).conflicts


def test_a_decision_is_made_by_keyboard_alone_from_the_login_on(desk: Opens, office: Office) -> None:
    rina = desk(logged_in=False)
    for field, text, key in (("name", "Rina", "Tab"), ("password", "rahasia-sekali", "Enter")):
        # What is typed before the field has the focus goes nowhere.
        rina.page.wait_for_function("field => document.activeElement.name === field", arg=field)
        rina.types(text).page.keyboard.press(key)
    rina.page.wait_for_url(re.compile("/console/$"))
    rina.opens("conflicts")

    rina.page.keyboard.press("Tab")
    assert rina.page.evaluate("document.activeElement.textContent") == "Langsung ke isi"
    rina.page.keyboard.press("Enter")
    _tabs_to(rina.page, "reason")
    rina.types(REASON)
    _tabs_back_to(rina.page, "Pilih ini: Tidak ada")
    rina.page.keyboard.press("Enter")
    rina.page.wait_for_url(re.compile("done=1"))

    assert shown(office, FIELD).fields["sengketa"].shown == "tidak"


def test_everything_works_without_scripts_on_a_phone(desk: Opens, office: Office) -> None:
    rina = desk(size=PHONE, script=False)

    rina.clicks_on("link", "Perlu diputuskan")
    rina.clicks_into("Alasan keputusan").types(REASON)
    rina.clicks_on("button", "Pilih ini: Tidak ada")

    assert "Keputusan disimpan." in rina.reads()


def test_a_code_for_a_phone_is_two_clicks_from_the_list_of_people(desk: Opens) -> None:
    rina = desk().opens("people")

    rina.clicks_on("link", "Siti")
    rina.clicks_on("button", "Buat kode pendaftaran")

    assert re.search(r"[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3}", rina.reads())
    box = rina.page.locator("svg.qr").bounding_box()
    assert box is not None
    assert box["width"] >= 200
    assert rina.findings() == []


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_no_page_keeps_anybody_out_or_is_wider_than_its_window(desk: Opens, size: dict[str, int]) -> None:
    rina = desk(size=size, logged_in=False)
    found = {"masuk": rina.findings()}
    rina = desk(size=size)

    for name, path in PAGES.items():
        rina.opens(path)
        found[name] = rina.findings()
        assert rina.page.evaluate("document.documentElement.scrollWidth") <= size["width"], name

    assert {name: findings for name, findings in found.items() if findings} == {}


def test_what_is_serious_is_found(desk: Opens) -> None:
    """The finder of the test above is not blind."""
    rina = desk().opens("records")
    rina.page.evaluate("document.documentElement.removeAttribute('lang')")

    assert rina.findings() != []


def test_a_page_asks_nobody_else_for_anything_and_its_policy_is_never_broken(desk: Opens) -> None:
    rina = desk(enforced=True)
    asked: list[str] = []
    said: list[str] = []
    rina.page.on("request", lambda request: asked.append(request.url))
    rina.page.on("console", lambda message: said.append(message.text))

    for path in PAGES.values():
        rina.opens(path)

    foreign = [url for url in asked if not url.startswith((rina.address, "data:"))]
    assert foreign == []
    assert said == []


def _tabs_to(page, name: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == name:
            return
    raise AssertionError(f"{name} is not reached by Tab")


def _tabs_back_to(page, text: str) -> None:
    for _ in range(60):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.ariaLabel") == text:
            return
    raise AssertionError(f"{text} is not reached by Shift+Tab")
