"""Analytics and the weekly report in a real browser: no broken policy, nothing cut off, choices in the address."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.telemetry.web.conftest import WholeCounty
from tests.telemetry.web.county import NOW
from tests.telemetry.web.pictures import CHROMIUM, QUIET
from tests.telemetry.web.routes import DESK, PHONE
from tests.telemetry.web.served import Served

CUT_OFF = """[...document.querySelectorAll('#main .card td, #main .card h2, #sheet td, #sheet h3')].filter(one => {
    const right = one.getBoundingClientRect().right, card = one.closest('.card, #sheet').getBoundingClientRect().right;
    return one.offsetWidth && !one.closest('.wide-table') && right > Math.min(innerWidth, card) + 1;
}).map(one => one.textContent)"""
"""Words that reach beyond their card or the screen."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def server(year: WholeCounty) -> Iterator[Served]:
    with Served(year.engine, now=lambda: NOW) as running:
        yield running


@pytest.mark.parametrize("size", [DESK, PHONE])
@pytest.mark.parametrize("address", ["/analytics", "/reports/weekly?week=2026-W47", "/analytics?lang=en"])
def test_a_page_fits_its_screen_and_breaks_no_policy(
    browser: Browser, server: Served, address: str, size: tuple[int, int]
) -> None:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    noise: list[str] = []
    page.on("console", lambda message: noise.append(message.text) if message.type == "error" else None)
    page.goto(server.url + address)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert page.evaluate(CUT_OFF) == []
    assert noise == []
    page.close()


def test_a_choice_stands_in_the_address_and_the_table_behind_a_chart_opens(browser: Browser, server: Served) -> None:
    page = browser.new_page(viewport={"width": DESK[0], "height": DESK[1]})
    page.goto(server.url + "/analytics")
    page.get_by_label("按").select_option("vendor")
    page.wait_for_url("**by=vendor**")
    expect(page.locator("#lifetimes")).to_contain_text("甲厂")
    page.locator("#knew summary").click()
    expect(page.locator("#knew details table")).to_contain_text("2026-W47")
    with page.expect_download() as download:
        page.locator("#codes a.csv").click()
    assert download.value.suggested_filename.startswith("codes-2026-")
    page.close()


def test_the_sheet_is_one_page_when_the_browser_prints_it(browser: Browser, server: Served) -> None:
    page = browser.new_page(viewport={"width": DESK[0], "height": DESK[1]})
    page.goto(server.url + "/reports/weekly?week=2026-W47")
    page.emulate_media(media="print")
    assert page.locator(".side").is_hidden()
    height_mm = page.evaluate("document.querySelector('#sheet').getBoundingClientRect().height") / 96 * 25.4
    assert 290 < height_mm < 297.5
    page.close()
