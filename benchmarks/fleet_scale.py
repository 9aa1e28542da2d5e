"""A fleet of 25,000 kiosks: how long a restart does not know it, whether all are heard again, its memory, its first page."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.figure import Figure, percentile
from benchmarks.fleet_service import Load, Service, mosquitto, service
from telemetry.fleet.store.engine import sqlite_url

KIOSKS = 25_000
SPREAD_S = 30.0
"""Over which a county comes back after an outage, each kiosk at a moment of its own."""
RESTART_LIMIT_S = 60.0
PAINT_LIMIT_MS = 1_000.0
PAINTS = 5
PAINTED = "performance.getEntriesByName('first-contentful-paint')"
BEATS_A_S = 4_000.0
"""Far below what it can take: this is not about speed."""
PATIENCE_S = 300.0


def measure(folder: Path, *, kiosks: int = KIOSKS, spread_s: float = SPREAD_S) -> tuple[Figure, ...]:
    """Let all be born, the service be killed, and all come back while it is."""
    store = sqlite_url(folder / "fleet.sqlite3")
    with mosquitto(folder / "broker") as port, Load.running(port=port, kiosks=kiosks) as load:
        with service(folder / "first", broker_port=port, store_url=store) as fleet:
            load.do("birth")
            born_s = _until(lambda: fleet.known() == kiosks, "all are known")
            _beat_once(load, kiosks)
            fleet.process.kill()
        began_s = time.perf_counter()
        with service(folder / "first", broker_port=port, store_url=store) as fleet:
            listens_s = time.perf_counter() - began_s
            load.tell("birth", life=2, spread_s=spread_s)
            _until(lambda: fleet.lives().get(2, 0) == kiosks, "every birth of the new life is stored")
            load.answer()
            back_s = time.perf_counter() - began_s
            _beat_once(load, kiosks)
            wanted = load.last_said()
            _until(lambda: fleet.last_said() == wanted, "every heartbeat is stored")
            paints_ms = _paints_ms(fleet)
            memory_mb = fleet.memory_mb
    load_average = f"load average {os.getloadavg()[0]:.1f}"
    return (
        Figure(name=f"{kiosks} kiosks: all born and stored", value=born_s, limit=RESTART_LIMIT_S, unit="s", remark=load_average),
        Figure(name=f"{kiosks} kiosks: killed -> listening again", value=listens_s, limit=RESTART_LIMIT_S, unit="s"),
        Figure(name=f"{kiosks} kiosks: killed -> all born again, none lost", value=back_s, limit=RESTART_LIMIT_S, unit="s",
               remark=f"they come back over {spread_s:.0f} s"),
        Figure(name=f"{kiosks} kiosks: memory of the service", value=memory_mb, limit=1_000.0, unit="MB", remark="USS"),
        Figure(name=f"{kiosks} kiosks: first paint of the overview", value=percentile(paints_ms, 0.5),
               limit=PAINT_LIMIT_MS, unit="ms", remark=f"median of {PAINTS}, slowest {max(paints_ms):.0f}; {load_average}"),
    )  # fmt: skip


def _beat_once(load: Load, kiosks: int) -> None:
    load.do("beat", rate=BEATS_A_S, seconds=kiosks / BEATS_A_S, faults_a_second=0.0)


def _paints_ms(fleet: Service) -> list[float]:
    """Open the overview in a browser that has never seen it, again and again; until something stands there."""
    took_ms = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for _ in range(PAINTS):
            page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
            page.goto(f"{fleet.web}/", wait_until="domcontentloaded")
            _until(lambda: bool(page.evaluate(f"{PAINTED}.length")), "something is painted")  # noqa: B023  of this round
            took_ms.append(float(page.evaluate(f"{PAINTED}[0].startTime")))
            page.context.close()
        browser.close()
    return took_ms


def _until(is_so: Callable[[], bool], what: str) -> float:
    began_s = time.perf_counter()
    while not is_so():
        assert time.perf_counter() - began_s < PATIENCE_S, f"not within {PATIENCE_S:.0f} s: {what}"
        time.sleep(0.1)
    return time.perf_counter() - began_s
