"""Photographs every page of the dashboard and the desk at three sizes, and writes the pages of the manual that show them.

``python -m deploy.dashboard_pictures`` writes ``docs/manual/dashboard/`` and the two pages. The county is made up.
"""

import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from deploy.kept_picture import keep
from telemetry.fleet.web.door import Rules
from tests.provisioning.made_up import seed_desk
from tests.telemetry.web import county
from tests.telemetry.web.county import NOW
from tests.telemetry.web.pictures import CHROMIUM, QUIET
from tests.telemetry.web.routes import DESK, PHONE, ROUTES, WALL, There
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
    "kiosk-that-waits": (
        "A kiosk that waits for a villager",
        "The bureau wants something of it, and somebody stands in front of it: what waits, since when; nobody is interrupted.",
    ),
    "audit-of-a-day": (
        "One kiosk on one day",
        "Everything that was wanted of it and by whom, what it said became of that, and whether it could be reached then.",
    ),
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


DESK_TITLES = {
    "enrolment": (
        "Who is in",
        "Who waits to be let in, who is shut out and why, whose certificate grows old. *Let in* only whom you expect: "
        "compare the serial number with the slip, and the board with the machine. A code that two machines have shown, or "
        "one identity on two boards, is looked into on the spot before anything is pressed. "
        "A kiosk that was away for longer than its certificate lasts asks by itself when it is switched on, and stands here "
        "with for how long: call the village, and let it in if it stands where it stood; a disk that was carried off looks the "
        "same. Refused, it needs a new code.",
    ),
    "config": (
        "Configuration",
        "Which layer a value comes from, what a change does on which kiosks, who must still agree. Write a layer, *save "
        "as a draft*, look at the difference and whom it reaches, then ask; from eleven kiosks on somebody else agrees.",
    ),
    "config-of-a-kiosk": (
        "Configuration of one kiosk",
        "The layers over one kiosk, what they add up to, and at the right who does not run by what is wanted: who went "
        "back comes first, then who waits for a villager, with the step the villager is at.",
    ),
    "releases": (
        "Releases",
        "Which releases there are, how many kiosks run each, which rollout is where. A county takes one at a time.",
    ),
    "rollout": (
        "A rollout under way",
        "Where each kiosk is, whether the new release is worse than its like without it, why the next ring has not begun. "
        "Nothing is to be done while it waits; *Pause* is one person's at once, *Back* takes two.",
    ),
    "rollout-stopped": (
        "A rollout the gate stopped",
        "Which measure was worse, by how much at least. Nobody else gets the release. Find out why; then two persons take "
        "it back, or two let it go on.",
    ),
    "commands": (
        "Commands",
        "What was asked of which kiosks and what became of it; below, what kiosks were handed and did not believe. The "
        "last is looked into: somebody else has spoken to that kiosk.",
    ),
    "commands-preview": (
        "Before a command is sent",
        "Whom it means, by name, and whether a second person must agree. Nothing is sent before this was seen.",
    ),
    "command": (
        "One command",
        "Who failed first, then who waits and for what. What was not told yet can be taken back; what was told cannot.",
    ),
    "keys": (
        "Keys",
        "How old each key is, when it ends and what somebody has to do. Most say: nothing.",
    ),
}
"""What the bureau does at its desk, with what to do on each page."""


def main() -> None:
    """Take every picture anew."""
    target = MANUAL / "dashboard"
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob("*.png"):
        old.unlink()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        with _made_up_county() as (url, there):
            _take_all(browser, url, _shots(there), target)
        with _made_up_county(is_stopped=True) as (url, there):
            path = f"/rollouts/{there.rollout}"
            _take_all(browser, url, [_shot("rollout-stopped", path, size) for size in (DESK, WALL, PHONE)], target)
        with _made_up_county(rules=Rules()) as (url, _):
            _take_all(browser, url, [_shot("sign-in", "/sign-in", size) for size in (DESK, WALL, PHONE)], target)
        with _made_up_province() as url:
            _take_all(browser, url, [_shot("province", "/", size) for size in (DESK, WALL, PHONE)], target)
        browser.close()
    names = sorted(path.stem for path in target.glob("*.png"))
    (MANUAL / "dashboard.md").write_text(_page("The dashboard", TITLES, names))
    (MANUAL / "desk.md").write_text(_page("The bureau's desk", DESK_TITLES, names))


def _shots(there: There) -> list[Shot]:
    """Every page in light on a desk; what a phone and a wall are for on those; what darkness changes once."""
    shots = []
    for route in ROUTES:
        if route.name not in {*TITLES, *DESK_TITLES} or route.name in {"province", "sign-in"}:
            continue
        path = route.of(there)
        sizes = (WALL, DESK, PHONE)
        shots += [_shot(route.name, path, size, scheme="dark" if route.name == "wall" else "light") for size in sizes]
        if route.name in {"overview", "kiosk", "alarms", "rollout", "config"}:
            shots.append(_shot(route.name, path, DESK, scheme="dark"))
        if route.name in {"overview", "rollout", "kiosk-that-waits"}:
            shots.append(Shot(name=f"{route.name}-desk-english", path=route.in_english(there), size=DESK, scheme="light"))
    return shots


def _shot(name: str, path: str, size: tuple[int, int], *, scheme: str = "light") -> Shot:
    kind = {DESK: "desk", WALL: "wide", PHONE: "phone"}[size]
    tail = "-dark" if scheme == "dark" and name != "wall" else ""
    return Shot(name=f"{name}-{kind}{tail}", path=path, size=size, scheme=scheme)


@contextmanager
def _made_up_county(rules: Rules = OPEN_HOUSE, *, is_stopped: bool = False) -> Iterator[tuple[str, There]]:
    with tempfile.TemporaryDirectory(prefix="zhizhu-") as folder:
        engine = county.open_store(Path(folder) / "fleet.sqlite3")
        written = county.seed(engine)
        numbers = seed_tickets(engine, written.kiosk_of)
        of_desk = seed_desk(engine, Path(folder), written.kiosk_of, is_stopped=is_stopped)
        there = There(
            kiosk=written.kiosk_of["竹林"],
            ticket=numbers["石榴"],
            waiting=of_desk.waits_for_villager,
            rollout=of_desk.rollout,
            command=of_desk.command,
        )
        with Served(engine, now=lambda: NOW, rules=rules, desk=of_desk.desk) as server:
            yield server.url, there
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


def _page(title: str, titles: Mapping[str, tuple[str, str]], names: Sequence[str]) -> str:
    parts = [f"# {title}", "Taken by `make screenshots`. Names, numbers and villages are made up."]
    for name, (heading, line) in titles.items():
        mine = [one for one in names if one == name or one.startswith((f"{name}-desk", f"{name}-wide", f"{name}-phone"))]
        if mine:
            parts += [
                f"## {heading}",
                line,
                *(f"![{heading}, {one.removeprefix(f'{name}-')}](dashboard/{one}.png)" for one in mine),
            ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
