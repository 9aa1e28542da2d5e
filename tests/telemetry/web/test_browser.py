"""A real browser on a real server: a fault appears by itself, and a page that hears nothing says so."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from sqlalchemy import Engine

from telemetry.wire.topics import KioskId
from tests.telemetry.web.county import COUNTY, add_alarm, add_device, add_kiosk
from tests.telemetry.web.pictures import CHROMIUM, QUIET
from tests.telemetry.web.served import Served

KIOSK = "LX-007"


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser.new_page(viewport={"width": 1440, "height": 900})
        browser.close()


@pytest.fixture
def server(engine: Engine) -> Iterator[Served]:
    now = datetime.now(UTC)
    with engine.begin() as connection:
        add_kiosk(connection, KIOSK, now=now)
        add_device(connection, KIOSK, "receipt-printer", "receipt_printer", read_at=now)
    with Served(engine) as running:
        yield running


def _paper_runs_out(engine: Engine) -> None:
    with engine.begin() as connection:
        add_alarm(connection, KIOSK, "receipt-printer", "printer.paper_out", raised_at=datetime.now(UTC))


def test_a_fault_appears_on_the_open_page_within_a_second(browser_page: Page, server: Served, engine: Engine) -> None:
    noise: list[str] = []
    browser_page.on("console", lambda message: noise.append(message.text) if message.type == "error" else None)
    browser_page.goto(server.url + "/")
    expect(browser_page.get_by_text("没有要人处理的故障")).to_be_visible()
    browser_page.evaluate("window.kept = 'not reloaded'")
    took_s = []
    for attempt in range(3):
        with engine.begin() as connection:
            add_alarm(connection, KIOSK, "receipt-printer", f"new.fault_{attempt}", raised_at=datetime.now(UTC))
        began = time.monotonic()
        server.publish([KioskId(county=COUNTY, kiosk=KIOSK)])
        expect(browser_page.locator("#need")).to_contain_text(f"new.fault_{attempt}", timeout=5_000)
        took_s.append(time.monotonic() - began)
    assert browser_page.evaluate("window.kept") == "not reloaded"
    assert noise == []
    assert min(took_s) < 1.0


def test_the_kiosk_page_follows_its_kiosk_and_not_others(browser_page: Page, server: Served, engine: Engine) -> None:
    browser_page.goto(f"{server.url}/kiosks/{COUNTY}/{KIOSK}")
    expect(browser_page.get_by_text("没有未了结的故障")).to_be_visible()
    asked: list[str] = []
    browser_page.on("request", lambda request: asked.append(request.url) if "/fragments/" in request.url else None)
    server.publish([KioskId(county=COUNTY, kiosk="LX-999")])
    _paper_runs_out(engine)
    server.publish([KioskId(county=COUNTY, kiosk=KIOSK)])
    expect(browser_page.locator("#open")).to_contain_text("换上 80 毫米热敏纸", timeout=5_000)
    assert len(asked) == 1


def test_a_page_that_hears_nothing_says_since_when_and_comes_back_by_itself(
    browser_page: Page, server: Served, engine: Engine
) -> None:
    browser_page.goto(server.url + "/")
    expect(browser_page.locator("#pill .fresh")).to_be_visible()
    server.stop()
    lost = browser_page.locator("#lost")
    expect(lost).to_be_visible(timeout=12_000)
    expect(lost).to_contain_text("数据截至")
    expect(browser_page.locator("body")).to_have_class("is-lost")
    with Served(engine, port=server.port):
        expect(lost).to_be_hidden(timeout=15_000)


def test_keys_find_and_walk_the_rows(browser_page: Page, server: Served, engine: Engine) -> None:
    _paper_runs_out(engine)
    browser_page.goto(server.url + "/")
    browser_page.keyboard.press("j")
    assert browser_page.evaluate("document.activeElement.dataset.row").startswith("alarm-")
    browser_page.keyboard.press("/")
    assert browser_page.evaluate("document.activeElement.id") == "find"
    browser_page.keyboard.type("LX-007")
    browser_page.keyboard.press("Enter")
    browser_page.wait_for_url(f"**/kiosks/{COUNTY}/{KIOSK}")
    browser_page.locator("#theme").click()
    chosen = browser_page.evaluate("document.documentElement.dataset.theme")
    browser_page.reload()
    assert browser_page.evaluate("document.documentElement.dataset.theme") == chosen
