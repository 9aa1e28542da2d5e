"""Photographs every page of the dashboard at three sizes, and writes the page of the manual that shows them.

``python -m deploy.dashboard_pictures`` writes ``docs/manual/dashboard/`` and ``docs/manual/dashboard.md``. The county is made up.
"""

import io
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from deploy.kept_picture import keep
from telemetry.fleet.web.door import Rules
from tests.telemetry.web import county
from tests.telemetry.web.county import NOW
from tests.telemetry.web.pictures import CHROMIUM, QUIET
from tests.telemetry.web.routes import DESK, PHONE, ROUTES, WALL
from tests.telemetry.web.served import OPEN_HOUSE, Served
from tests.telemetry.web.ticketed import seed_tickets

ROOT = Path(__file__).parents[1]
MANUAL = ROOT / "docs/manual"
COLOURS = 256
"""The pages are flat drawings: so many colours lose nothing the eye sees."""
WIDTHS = {DESK: 1080, WALL: 1080, PHONE: 390}
"""Pixels a picture is kept with: all of them together stay below the manual's six megabytes."""
TITLES = {
    "overview": ("Overview", "How many can serve, who must do what today, is anything one cause, do we know before villagers."),
    "province": ("Province", "Many counties: the same in aggregates, the worst by share, so that a small one is not lost."),
    "alarms": ("Alarms", "What is nobody's yet, what is hushed under which cause, what only flaps. `j` `k` `x` `a` work."),
    "maintenance": ("Maintenance", "Windows in which out of order is planned."),
    "tickets": ("Tickets", "Which ticket is stuck at which step; has the kiosk itself confirmed."),
    "ticket": ("A ticket", "Everything that happened to it, and its next step first."),
    "round": ("The round", "Where next, with what in the bag."),
    "kiosks": ("Kiosks", "Every kiosk, worst first."),
    "kiosk": ("A kiosk", "What is broken, on what evidence, how old; what the villager sees; what was done."),
    "analytics": ("Analytics", "Which model, code, town costs most; is the difference real."),
    "weekly": ("The weekly report", "One paragraph, four numbers, three decisions for the bureau."),
    "audit": ("The audit", "Who did what to which kiosk on that day, and was it reachable."),
    "accounts": ("Accounts", "Who may come in, and what they may do."),
    "system": ("The service itself", "What comes in, what waits, what was dropped, who says too much."),
    "wall": ("The wall", "Readable from five metres; turns grey and says since when, if it hears nothing."),
    "sign-in": ("Signing in", "Whose account, what is recorded, how to get help."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture to take."""

    name: str
    path: str
    size: tuple[int, int]
    scheme: str


def main() -> None:
    """Take every picture anew."""
    target = MANUAL / "dashboard"
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob("*.png"):
        old.unlink()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        with _made_up_county() as (url, kiosk, ticket):
            _take_all(browser, url, _shots(kiosk, ticket), target)
        with _made_up_county(rules=Rules()) as (url, _, _):
            _take_all(browser, url, [_shot("sign-in", "/sign-in", size) for size in (DESK, WALL, PHONE)], target)
        with _made_up_province() as url:
            _take_all(browser, url, [_shot("province", "/", size) for size in (DESK, WALL, PHONE)], target)
        browser.close()
    (MANUAL / "dashboard.md").write_text(_page(sorted(path.stem for path in target.glob("*.png"))))


def _shots(kiosk: str, ticket: int) -> list[Shot]:
    """Every page in light on a desk; what a phone and a wall are for on those; what darkness changes once."""
    shots = []
    for route in ROUTES:
        if route.name not in TITLES or route.name in {"province", "sign-in"}:
            continue
        path = route.of(there)
        sizes = (WALL, DESK, PHONE)
        shots += [_shot(route.name, path, size, scheme="dark" if route.name == "wall" else "light") for size in sizes]
        if route.name in {"overview", "kiosk", "alarms"}:
            shots.append(_shot(route.name, path, DESK, scheme="dark"))
    shots.append(Shot(name="overview-desk-english", path="/?lang=en", size=DESK, scheme="light"))
    return shots


def _shot(name: str, path: str, size: tuple[int, int], *, scheme: str = "light") -> Shot:
    kind = {DESK: "desk", WALL: "wide", PHONE: "phone"}[size]
    tail = "-dark" if scheme == "dark" and name != "wall" else ""
    return Shot(name=f"{name}-{kind}{tail}", path=path, size=size, scheme=scheme)


@contextmanager
def _made_up_county(rules: Rules = OPEN_HOUSE) -> Iterator[tuple[str, str, int]]:
    with tempfile.TemporaryDirectory(prefix="zhizhu-") as folder:
        engine = county.open_store(Path(folder) / "fleet.sqlite3")
        written = county.seed(engine)
        numbers = seed_tickets(engine, written.kiosk_of)
        with Served(engine, now=lambda: NOW, rules=rules) as server:
            yield server.url, written.kiosk_of["竹林"], numbers["石榴"]
        engine.dispose()


@contextmanager
def _made_up_province() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="zhizhu-") as folder:
        engine = county.open_store(Path(folder) / "fleet.sqlite3")
        names = county.seed_province(engine)
        with Served(engine, now=lambda: NOW, county_names=names) as server:
            yield server.url
        engine.dispose()


def _take_all(browser: Browser, url: str, shots: Sequence[Shot], target: Path) -> None:
    for shot in shots:
        context = browser.new_context(
            viewport={"width": shot.size[0], "height": shot.size[1]},
            color_scheme="dark" if shot.scheme == "dark" else "light",
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            is_mobile=shot.size == PHONE,
            has_touch=shot.size == PHONE,
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.goto(url + shot.path, wait_until="load")
        page.wait_for_selector("main")
        keep(Image.open(io.BytesIO(page.screenshot())), target / f"{shot.name}.png", colours=COLOURS, width=WIDTHS[shot.size])
        context.close()


def _page(names: Sequence[str]) -> str:
    parts = ["# The dashboard", "Taken by `make screenshots`. Names, numbers and villages are made up."]
    for name, (title, line) in TITLES.items():
        mine = [one for one in names if one == name or one.startswith((f"{name}-desk", f"{name}-wide", f"{name}-phone"))]
        if mine:
            parts += [f"## {title}", line, *(f"![{title}, {one.removeprefix(f'{name}-')}](dashboard/{one}.png)" for one in mine)]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
