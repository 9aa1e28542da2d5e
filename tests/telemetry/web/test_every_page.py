"""Every page of dashboard and desk in a real browser, at three sizes, light and dark, in two languages; nothing is cut."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.provisioning.made_up import seed_desk
from tests.telemetry.web import county as made_up
from tests.telemetry.web.county import NOW, add_incident, add_kiosk, open_store
from tests.telemetry.web.pictures import CHROMIUM, QUIET
from tests.telemetry.web.routes import DESK, PHONE, ROUTES, SIZES, WALL, Route, There
from tests.telemetry.web.served import Served
from tests.telemetry.web.ticketed import seed_tickets

CUT = """() => [...document.querySelectorAll('body *')].filter(one => {
    const how = getComputedStyle(one), box = one.getBoundingClientRect();
    if (!box.width || how.visibility === 'hidden' || how.overflowX !== 'hidden' || how.textOverflow === 'ellipsis') return false;
    if (one.closest('svg, .off, .skip, .sprite, .foot, .wf')) return false;
    return one.scrollWidth > one.clientWidth + 1;
}).map(one => `${one.tagName}#${one.id}.${one.className} ${one.scrollWidth}>${one.clientWidth} ${one.textContent.slice(0, 9)}`)"""
"""Elements that hide a part of what they hold without a sign that they do."""

WIDER = "document.documentElement.scrollWidth - innerWidth"
VIOLATIONS = "addEventListener('securitypolicyviolation', event => console.error('policy: ' + event.violatedDirective))"
OURS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"], "resultTypes": ["violations"]}


@dataclass(slots=True, kw_only=True)
class Looked:
    """A running server over the made-up county, and a browser."""

    url: str
    there: There
    browser: Browser
    noise: list[str] = field(default_factory=list)

    def open(self, path: str, size: tuple[int, int] = DESK, scheme: str = "light") -> Page:
        """Open a page that reports whatever the browser complains of."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.add_init_script(VIOLATIONS)
        self.noise.clear()
        page.on("console", lambda message: self.noise.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.noise.append(str(error)))
        page.goto(self.url + path, wait_until="load")
        return page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield running
        running.close()


@pytest.fixture(scope="module")
def looked(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Looked]:
    """The whole county, at a moment that lasts: nothing on it grows old while it is looked at."""
    folder = tmp_path_factory.mktemp("looked")
    engine = open_store(folder / "fleet.sqlite3")
    written = made_up.seed(engine)
    numbers = seed_tickets(engine, written.kiosk_of)
    of_desk = seed_desk(engine, folder, written.kiosk_of)
    there = There(
        kiosk=written.kiosk_of["竹林"],
        ticket=min(numbers.values()),
        waiting=of_desk.waits_for_villager,
        rollout=of_desk.rollout,
        command=of_desk.command,
    )
    with Served(engine, now=lambda: NOW, desk=of_desk.desk) as server:
        yield Looked(url=server.url, there=there, browser=browser)
    engine.dispose()


@pytest.fixture(scope="module")
def province(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Looked]:
    """Nine counties of six kiosks, one of them cut off."""
    engine = open_store(tmp_path_factory.mktemp("province") / "fleet.sqlite3")
    with engine.begin() as connection:
        for number in range(9):
            for kiosk in range(6):
                add_kiosk(
                    connection, f"K-{kiosk}", county=f"c{number}", town=f"{kiosk % 2} 镇", is_silent=number == 4 and kiosk < 4
                )
        add_incident(connection, scope="汇聚节点", county="c4")
    with Served(engine, now=lambda: NOW) as server:
        yield Looked(url=server.url, there=There(kiosk="K-0", ticket=1), browser=browser)
    engine.dispose()


def _violations(page: Page) -> list[str]:
    found = Axe().run(page, options=OURS).response["violations"]
    return [f"{one['id']}: {node['target']} {node['html'][:90]}" for one in found for node in one["nodes"]]


def _expected(route: Route) -> list[str]:
    """A page that is not there is one error of the browser's own."""
    return [] if route.status == 200 else [f"Failed to load resource: the server responded with a status of {route.status}"]


def _is_quiet(looked: Looked, route: Route) -> bool:
    return [line.split(" (")[0] for line in looked.noise] == _expected(route)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_page_is_for_everybody_in_light_on_a_desk_and_in_dark_on_a_phone(looked: Looked, route: Route) -> None:
    path = route.of(looked.there)
    page = looked.open(path)
    assert _violations(page) == []
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert _violations(page) == []
    assert _is_quiet(looked, route), looked.noise
    page.context.close()


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_nothing_on_a_page_is_cut_at_any_size_in_either_language(looked: Looked, route: Route) -> None:
    found: dict[str, object] = {}
    for path in (route.of(looked.there), route.in_english(looked.there)):
        page = looked.open(path)
        for name, size in SIZES.items():
            page.set_viewport_size({"width": size[0], "height": size[1]})
            found[f"{path} {name} cut"] = page.evaluate(CUT)
            found[f"{path} {name} wider"] = max(0, page.evaluate(WIDER))
        assert _is_quiet(looked, route), looked.noise
        page.context.close()
    assert {where: what for where, what in found.items() if what} == {}


def test_a_province_is_for_everybody_and_nothing_on_it_is_cut(province: Looked) -> None:
    for path in ("/", "/wall", "/?lang=en", "/alarms", "/kiosks"):
        page = province.open(path)
        for size in (DESK, WALL, PHONE):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            assert page.evaluate(CUT) == [], (path, size)
            assert page.evaluate(WIDER) <= 0, (path, size)
        assert _violations(page) == [], path
        assert province.noise == []
        page.context.close()


def test_the_keyboard_walks_the_alarms_chooses_and_acknowledges(looked: Looked) -> None:
    page = looked.open("/alarms?which=nobodys")
    focused = "document.activeElement.dataset.row || document.activeElement.id"
    page.keyboard.press("j")
    first = page.evaluate(focused)
    page.keyboard.press("x")
    assert page.locator("#chosen").inner_text() == "1"
    page.evaluate("document.querySelector('#rows').replaceChildren(...document.querySelector('#rows').cloneNode(true).children)")
    assert page.locator("#chosen").inner_text() == "1", "what was chosen stays chosen when the rows are fetched anew"
    page.keyboard.press("a")
    assert page.evaluate(focused) == "comment"
    page.keyboard.type("去看看")
    page.keyboard.press("Enter")
    page.wait_for_url("**said=done*")
    assert page.locator(f'[data-row="{first}"]').count() == 0
    assert page.locator("p.note.ok").inner_text() == "已改 1 条。"
    page.keyboard.press("/")
    assert page.evaluate(focused) == "find"
    page.context.close()


def test_everything_on_the_overview_is_reached_by_tab_and_seen_when_it_is(looked: Looked) -> None:
    page = looked.open("/")
    seen: list[str] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.tagName"))
        ring = page.evaluate(
            "getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement).boxShadow"
        )
        inside = page.evaluate("document.activeElement.closest('.find, svg') !== null")
        assert inside or not ring.startswith("none"), page.evaluate("document.activeElement.outerHTML.slice(0, 120)")
    assert {"A", "BUTTON", "INPUT", "TR"} <= set(seen)
    page.context.close()


def test_the_wall_turns_grey_and_says_since_when_if_nothing_is_heard(looked: Looked) -> None:
    page = looked.open("/wall", WALL, "dark")
    grey = "getComputedStyle(document.querySelector('.wall .main')).filter"
    assert page.evaluate(grey) == "none"
    page.evaluate("document.querySelector('.wf .fresh').classList.add('unk')")
    assert "grayscale" in page.evaluate(grey)
    page.context.close()
