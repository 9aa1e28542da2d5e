"""Pictures of the dashboard for the manual: a made-up county, a real server, a real browser. ``python -m ... OUT_DIR``."""

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.telemetry.web import county
from tests.telemetry.web.served import Served

CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
)
DESK = (1440, 900)
PHONE = (390, 844)


def main(out_dir: Path) -> None:
    """Take every picture into ``out_dir``."""
    out_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        engine = county.open_store(Path(folder) / "fleet.sqlite3")
        started = datetime.now(UTC)
        written = county.seed(engine)

        def now() -> datetime:
            return county.NOW + (datetime.now(UTC) - started)

        focus = f"/kiosks/{county.COUNTY}/{written.kiosk_of['竹林']}"
        with Served(engine, now=now) as server, sync_playwright() as play:
            browser = play.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
            shots = (
                ("dashboard-overview", "/", DESK, "light"),
                ("dashboard-overview-dark", "/", DESK, "dark"),
                ("dashboard-overview-english", "/?lang=en", DESK, "light"),
                ("dashboard-overview-phone", "/", PHONE, "light"),
                ("dashboard-kiosk", focus, (1440, 1100), "light"),
                ("dashboard-kiosk-dark", focus, (1440, 1100), "dark"),
                ("dashboard-kiosk-phone", focus, PHONE, "light"),
                ("dashboard-kiosks", "/kiosks", DESK, "light"),
                ("dashboard-alarms", "/alarms", DESK, "light"),
                ("dashboard-alarms-phone", "/alarms", PHONE, "light"),
            )
            for name, path, size, scheme in shots:
                _take(browser, server.url + path, size, scheme, out_dir / f"{name}.png")
            browser.close()
        engine.dispose()


def _take(browser: Browser, url: str, size: tuple[int, int], scheme: str, path: Path) -> None:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        is_mobile=size == PHONE,
        has_touch=size == PHONE,
    )
    page = context.new_page()
    page.goto(url, wait_until="load")
    page.wait_for_selector("#foot")
    page.screenshot(path=str(path), full_page=size == PHONE)
    context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
