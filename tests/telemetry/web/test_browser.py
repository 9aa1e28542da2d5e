"""A real browser on a real server: a fault appears by itself, and a page that hears nothing says so."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from sqlalchemy import Engine

from telemetry.wire.topics import KioskId
from tests.telemetry.web.conftest import WholeCounty
from tests.telemetry.web.county import COUNTY, NOW, add_alarm, add_device, add_kiosk, open_store
from tests.telemetry.web.pictures import CHROMIUM, QUIET
from tests.telemetry.web.served import Served

KIOSK = "LX-007"


@pytest.fixture
def engine(embedded: Engine) -> Engine:
    return embedded


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


@pytest.fixture(scope="module")
def served_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Engine]]:
    """A server for tests that only look, each at a kiosk of its own."""
    store = open_store(tmp_path_factory.mktemp("looked-at") / "fleet.sqlite3")
    with Served(store) as running:
        yield running, store
    store.dispose()


def _another(page: Page) -> Page:
    """A page of the same browser, with a clock of its own."""
    browser = page.context.browser
    assert browser is not None
    return browser.new_page()


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
    page = _another(browser_page)
    page.clock.install()
    with page.expect_response("**/events*"):
        page.goto(server.url + "/")
    lost = page.locator("#lost")
    page.clock.run_for(3_000)
    expect(lost).to_be_hidden()
    server.stop()
    page.clock.run_for(6_000)
    expect(lost).to_be_visible()
    expect(lost).to_contain_text("数据截至")
    expect(page.locator("body")).to_have_class("is-lost")
    with Served(engine, port=server.port):
        page.clock.run_for(11_000)  # the longest the page waits before it tries again
        expect(lost).to_be_hidden(timeout=15_000)
    page.close()


BLANK = """[...document.querySelectorAll('.c2 .card')].filter(card => card.offsetHeight).map(card =>
    [card.id, card.getBoundingClientRect().bottom - Math.max(...[...card.querySelectorAll('*')].filter(one => one.children.length
        === 0 || one.tagName === 'svg').map(one => one.getBoundingClientRect().bottom))])"""
"""Pixels of nothing below the last thing in each card that stands beside another."""


@pytest.mark.parametrize(("devices", "faults"), [(1, 0), (2, 0), (5, 0), (10, 0), (2, 1), (10, 1)])
def test_no_card_of_a_kiosk_is_stretched_over_nothing(
    browser_page: Page, served_once: tuple[Served, Engine], devices: int, faults: int
) -> None:
    server, engine = served_once
    kiosk, now = f"N-{devices}-{faults}", datetime.now(UTC)
    with engine.begin() as connection:
        add_kiosk(connection, kiosk, now=now)
        for number in range(devices):
            add_device(connection, kiosk, f"device-{number}", "camera", read_at=now)
        if faults:
            add_alarm(connection, kiosk, "device-0", "printer.paper_out", raised_at=now)
    browser_page.goto(f"{server.url}/kiosks/{COUNTY}/{kiosk}")
    blank = dict(browser_page.evaluate(BLANK))
    assert blank.keys() == {"devices", "open", "screen", "link", "supplies"}
    assert max(blank.values()) < 110, blank


def test_what_is_wrong_is_said_whole_in_english(browser_page: Page, county: WholeCounty) -> None:
    with Served(county.engine, now=lambda: NOW) as server:
        browser_page.goto(server.url + "/?lang=en")
        cut = "[...document.querySelectorAll('#need td.what')].filter(one => one.scrollWidth > one.clientWidth).length"
        assert browser_page.locator("#need td.what").count() > 5
        assert browser_page.evaluate(cut) == 0
        assert browser_page.evaluate("document.querySelector('#need').scrollWidth <= document.querySelector('#need').clientWidth")


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
