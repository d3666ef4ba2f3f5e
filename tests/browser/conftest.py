"""Chromium in front of a running server. The browser is Debian's; nothing is downloaded."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, sync_playwright

from server.listener import Listener
from tests.conftest import Needs
from tests.server.conftest import handset, house
from tests.server.console.conftest import office
from tests.server.console.office import PASSWORD, Office

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
TIMEOUT_MS = 15_000
SERIOUS = ("serious", "critical")

__all__ = ["handset", "house", "office"]


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser | None]:
    path = chromium()
    if path is None:
        yield None
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.fixture
def address(office: Office) -> Iterator[str]:
    """Where the office's server listens."""
    listener = Listener(office.house.app, office.house.server.settings, host="127.0.0.1", port=0)
    thread = threading.Thread(target=listener.run)
    thread.start()
    yield listener.address
    listener.stop()
    thread.join()


@dataclass
class Desk:
    """A browser window in which clicks are counted."""

    page: Page
    address: str
    clicks: int = 0

    def opens(self, path: str) -> Desk:
        response = self.page.goto(f"{self.address}/console/{path}")
        assert response is not None
        assert response.status < 500
        return self

    def clicks_on(self, role: str, name: str, *, nth: int = 0) -> Desk:
        self.page.get_by_role(role, name=name).nth(nth).click()  # type: ignore[arg-type]
        self.clicks += 1
        return self

    def clicks_into(self, label: str, *, nth: int = 0) -> Desk:
        self.page.get_by_role("textbox", name=label).nth(nth).click()
        self.clicks += 1
        return self

    def types(self, text: str) -> Desk:
        self.page.keyboard.type(text)
        return self

    def reads(self) -> str:
        return self.page.locator("main").inner_text()

    def findings(self) -> list[str]:
        """What axe finds serious, with the place."""
        self.page.evaluate(AXE_SCRIPT)
        found = self.page.evaluate("async () => (await axe.run()).violations")
        return [
            f"{one['id']}: {node['html'][:160]}"
            for one in found
            if one["impact"] in SERIOUS
            for node in one["nodes"]
        ]


Opens = Callable[..., Desk]


@pytest.fixture
def desk(browser: Browser | None, address: str, office: Office, needs: Needs) -> Iterator[Opens]:
    """``desk(size=PHONE)``: a window in which Rina, coordinator of the regency, is logged in."""
    needs("browser (no chromium)", browser)
    assert browser is not None
    office.hires("Rina", role="coordinator")
    contexts = []

    def opened(
        *, size: dict[str, int] = DESK, script: bool = True, logged_in: bool = True, enforced: bool = False
    ) -> Desk:
        # axe has to get past the policy that forbids scripts; ``enforced`` leaves the policy on.
        context = browser.new_context(
            viewport=size,  # type: ignore[arg-type]
            locale="id",
            java_script_enabled=script,
            bypass_csp=not enforced,
        )
        context.set_default_timeout(TIMEOUT_MS)
        contexts.append(context)
        desk = Desk(context.new_page(), address)
        desk.opens("login")
        if logged_in:
            desk.page.get_by_label("Nama atau kode orang").fill("Rina")
            desk.page.get_by_label("Kata sandi").fill(PASSWORD)
            desk.page.get_by_role("button", name="Masuk").click()
        return desk

    yield opened
    for context in contexts:
        context.close()
