"""Who comes in, for how long, and with what."""

from __future__ import annotations

import pytest

from server.hub.passwords import AT_ONCE_MAX, WAITING_MAX
from server.hub.sessions import AGE_MAX_MS, IDLE_MAX_MS
from tests.server.console.office import PASSWORD, Office

COOKIE = "tapak_session"


def test_without_a_login_every_page_leads_to_it(office: Office) -> None:
    visitor = office.visitor()

    for path in ("", "records", "records/r1", "conflicts", "people", "held", "orphans", "downloads"):
        response = visitor.opens(path)
        assert (response.status_code, response.headers["Location"]) == (302, "/console/login")


def test_a_login_gives_a_cookie_that_no_script_and_no_other_site_can_use(office: Office) -> None:
    office.hires("Rina", role="coordinator")
    response = office.visitor().logs_in("rina")

    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" in cookie  # the address of this house begins with https


def test_a_name_a_password_or_a_role_that_does_not_fit_is_told_the_same(office: Office) -> None:
    office.hires("Rina", role="coordinator")
    words = "Nama atau kata sandi tidak cocok."

    wrong_password = office.visitor().logs_in("Rina", "bukan-kata-sandinya")
    nobody = office.visitor().logs_in("Siapa")
    verifier = office.visitor().logs_in("Siti")  # of the field, without a password

    for response in (wrong_password, nobody, verifier):
        assert response.status_code == 403
        assert words in response.text
        assert "Set-Cookie" not in response.headers


def test_after_five_wrong_passwords_in_a_minute_an_account_waits_and_others_do_not(office: Office) -> None:
    office.hires("Rina", role="coordinator")
    office.hires("Rudi", role="coordinator")

    tries = [office.visitor().logs_in("Rina", "salah sekali").status_code for _ in range(5)]
    right = office.visitor().logs_in("Rina")
    other = office.visitor().logs_in("Rudi")
    office.house.clock_ms += 60_001
    later = office.visitor().logs_in("Rina")

    assert tries == [403] * 5
    assert (right.status_code, other.status_code, later.status_code) == (429, 303, 303)
    assert "Terlalu banyak percobaan. Tunggu satu menit, lalu coba lagi." in right.text


def test_logging_in_again_takes_a_new_token_and_ends_the_old_one(office: Office) -> None:
    rina = office.at_desk("Rina")
    before = rina.client.get_cookie(COOKIE)
    rina.logs_in("Rina")
    after = rina.client.get_cookie(COOKIE)
    assert before is not None
    assert after is not None
    assert before.value != after.value

    rina.client.set_cookie(COOKIE, before.value)

    assert rina.opens("").status_code == 302


def test_logging_out_ends_the_session_at_the_server(office: Office) -> None:
    rina = office.at_desk("Rina")
    cookie = rina.client.get_cookie(COOKIE)
    assert cookie is not None

    assert rina.sends("logout").status_code == 303
    rina.client.set_cookie(COOKIE, cookie.value)

    assert rina.opens("").status_code == 302


def test_a_session_ends_after_half_an_hour_without_use(office: Office) -> None:
    rina = office.at_desk("Rina")
    office.house.clock_ms += IDLE_MAX_MS
    assert rina.opens("").status_code == 200
    office.house.clock_ms += IDLE_MAX_MS
    assert rina.opens("").status_code == 200
    office.house.clock_ms += IDLE_MAX_MS + 1

    assert rina.opens("").status_code == 302


def test_a_session_ends_after_twelve_hours_whatever_is_done(office: Office) -> None:
    rina = office.at_desk("Rina")
    for _ in range(AGE_MAX_MS // IDLE_MAX_MS):
        office.house.clock_ms += IDLE_MAX_MS
        assert rina.opens("").status_code == 200
    office.house.clock_ms += 1

    assert rina.opens("").status_code == 302


def test_a_new_password_ends_the_sessions_of_its_person(office: Office) -> None:
    from server.hub.sessions import set_password
    from tests.server.conftest import QUICK

    rina = office.at_desk("Rina")
    set_password(
        office.house.server.store, QUICK, "prinaaaaaaa", "kata-sandi-baru", now_ms=office.house.clock_ms
    )

    assert rina.opens("").status_code == 302
    assert rina.logs_in("Rina", PASSWORD).status_code == 403
    assert rina.logs_in("Rina", "kata-sandi-baru").status_code == 303


@pytest.mark.parametrize("csrf", ["", "of-another-session"])
def test_a_form_that_is_not_of_this_session_changes_nothing(office: Office, csrf: str) -> None:
    rina = office.at_desk("Rina")

    response = rina.client.post("/console/people/prinaaaaaaa/code", data={"csrf": csrf})

    assert response.status_code == 403
    assert "Tidak ada yang disimpan." in response.text
    assert rina.opens("").status_code == 200


def test_a_form_sent_by_another_site_is_refused_before_anything_is_read(office: Office) -> None:
    rina = office.at_desk("Rina")

    response = rina.client.post(
        "/console/logout", data={"csrf": rina.csrf()}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert response.status_code == 403
    assert rina.opens("").status_code == 200


def test_every_page_forbids_scripts_frames_and_guesses(office: Office) -> None:
    for response in (
        office.visitor().opens("login"),
        office.at_desk("Rina").opens(""),
        office.visitor().opens("x"),
    ):
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe-inline" not in policy
        assert "frame-ancestors 'none'" in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert response.headers["Cache-Control"] == "no-store"


def test_a_crowd_at_the_login_leaves_threads_for_the_devices(office: Office) -> None:
    office.hires("Rina", role="coordinator")
    passwords = office.house.app.extensions["tapak-console"].passwords
    for _ in range(AT_ONCE_MAX + WAITING_MAX):
        passwords._room.acquire()

    turned_away = office.visitor().logs_in("Rina")
    passwords._room.release()
    admitted = office.visitor().logs_in("Rina")
    for _ in range(AT_ONCE_MAX + WAITING_MAX - 1):
        passwords._room.release()

    assert (turned_away.status_code, admitted.status_code) == (429, 303)
