"""The pages of releases and rollouts: what is where, why it waits, what may be done, and that two persons are two."""

import asyncio
import re
import shutil
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import httpx
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from playwright.sync_api import sync_playwright
from sqlalchemy import Engine, select, update

from provisioning.fleet.rollouts import rows
from provisioning.fleet.rollouts.acts import Doing
from provisioning.fleet.rollouts.gate import Evidence, Health, Measure, Verdict, judge
from provisioning.fleet.rollouts.matching import Contrast
from provisioning.fleet.rollouts.rollout import Member, State
from provisioning.fleet.rollouts.rows import Counted
from provisioning.fleet.web import desk as desk_of
from provisioning.fleet.web import rollout_pages
from provisioning.fleet.web.rollout_drawing import LINE, NOUGHT, RIGHT, form_of, gate_rows, stretches
from provisioning.fleet.web.words import desk_words, rollouts
from telemetry.fleet.changes import Changes
from telemetry.fleet.metrics import Metrics
from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.store.schema import audit, kiosk, rollout
from telemetry.fleet.web.app import create_app
from telemetry.fleet.web.desk import Desk
from telemetry.fleet.web.render import Supplement
from tests.provisioning.rollouts.county import LI, WANG, County
from tests.provisioning.rollouts.made import DAY, HOUR, NEW, T0, members
from tests.telemetry.web import served
from tests.telemetry.web.pictures import CHROMIUM, QUIET
from tests.telemetry.web.test_every_page import CUT, OURS, WIDER

EVEN = Contrast(treated=0.0, control=0.0)
WORSE = Contrast(treated=1.0, control=0.0)


class Browser:
    """Somebody at the desk of an open house: everybody is the bureau, by the name of this machine."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def get(self, path: str) -> httpx.Response:
        return asyncio.run(self._ask("GET", path))

    def post(self, path: str, fields: Mapping[str, str]) -> httpx.Response:
        csrf = re.search(r'name="csrf" value="([^"]*)"', self.get("/maintenance").text)
        assert csrf is not None
        return asyncio.run(self._ask("POST", path, {"csrf": csrf[1], **fields}))

    async def _ask(self, method: str, path: str, fields: Mapping[str, str] | None = None) -> httpx.Response:
        transport = httpx.ASGITransport(app=self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://fleet", headers={"Origin": "http://fleet"}) as client:
            return await client.request(method, path, data=fields)


def application(engine: Engine, now: Callable[[], datetime]) -> FastAPI:
    """The dashboard with these pages alone."""
    room = desk_of.ROOM
    desk = Desk(
        supplement=Supplement(templates=room / "templates", static=room / "static", words=desk_words()),
        routers=lambda pages, seen: (rollout_pages.router(engine, pages, seen=seen, now=now),),
    )
    return create_app(
        engine=engine,
        changes=Changes(first_id=1),
        metrics=Metrics(),
        pulse=served.well,
        now=now,
        county_names={"lx": "岚溪县"},
        rules=served.OPEN_HOUSE,
        lasting=served.LASTING,
        passwords=served.QUICK_PASSWORDS,
        desk=desk,
    )


@pytest.fixture
def county(upgraded_sqlite: Path, tmp_path: Path) -> Iterator[County]:
    shutil.copyfile(upgraded_sqlite, tmp_path / "fleet.sqlite3")
    engine = open_engine(sqlite_url(tmp_path / "fleet.sqlite3"))
    yield County(engine, 71)
    engine.dispose()


@pytest.fixture
def browser(county: County) -> Browser:
    return Browser(application(county.engine, lambda: county.now))


def _half_way(county: County) -> None:
    """The third ring under way: some have it, two wait for a villager, one is silent, the gate has seen a little."""
    county.start()
    county.agreed()
    county.look()
    for ring in (0, 1):
        county.told_install()
        county.look(hours=1)
        _sees(county, [EVEN] * 400)
        county.look(days=4)
        county.look(seconds=5)
        assert county.found().ring == ring + 1
    third = county.ring(2)
    for whom in third[:8]:
        county.says(whom, "running")
    county.says(third[8], "installing")
    for whom in third[9:11]:
        county.says(whom, "waiting_for_villager")
    county.falls_silent(third[11])
    _sees(county, [EVEN] * 30)
    with county.engine.begin() as connection:
        shown = {"page": "form", "service": "q", "step": 4, "steps": 6}
        connection.execute(update(kiosk).where(kiosk.c.kiosk == third[9].kiosk).values(screen=shown))
    county.look(minutes=2)


def _sees(county: County, found: list[Contrast], *, restarts: list[Contrast] | None = None) -> None:
    evidence = {measure: Evidence().plus(found) for measure in Measure}
    if restarts is not None:
        evidence[Measure.RESTARTS] = Evidence().plus(restarts)
    with county.engine.begin() as connection:
        rows.put_counted(connection, 1, Counted(evidence=evidence, until=county.now))


def test_a_rollout_is_begun_from_the_page_and_stands_in_the_audit(browser: Browser, county: County) -> None:
    assert "还没有分批发布" in browser.get("/releases").text
    begun = browser.post("/rollouts", {"version": NEW, "county": "lx"})
    assert (begun.status_code, begun.headers["location"]) == (303, "/rollouts/1")
    page = browser.get("/releases").text
    assert "R-1" in page
    assert "进行中" in page
    with county.engine.connect() as connection:
        row = connection.execute(select(audit).where(audit.c.act == "release.roll_out")).one()
    assert (row.by, row.county, row.about, row.result) == ("local", "lx", "rollout 1", "done")


def test_a_second_rollout_is_refused_in_the_readers_words(browser: Browser, county: County) -> None:
    county.start()
    refused = browser.post("/rollouts", {"version": NEW, "county": "lx"})
    assert refused.status_code == 409
    assert "另有一次发布没有结束" in refused.text


def test_the_page_says_where_each_kiosk_is_and_why_it_waits(browser: Browser, county: County) -> None:
    _half_way(county)
    page = browser.get("/rollouts/1").text
    assert "12 / 71" in page
    assert page.count('class="cell c-done" href') == 12
    assert page.count('class="cell c-waiting_for_villager" href') == 2
    assert "正在办，第 4 / 6 步" in page
    assert "静默跳过，回来补装" in page
    assert "还不能放行“全部”。" in page
    assert "9 / 11" not in page
    assert "8 / 11" in page


def test_the_fragment_of_a_page_is_the_same_without_its_frame(browser: Browser, county: County) -> None:
    _half_way(county)
    fragment = browser.get("/fragments/rollouts/1").text
    assert 'id="rings" data-part' in fragment
    assert "<html" not in fragment


def test_a_stop_names_the_measure_and_its_interval(browser: Browser, county: County) -> None:
    _half_way(county)
    _sees(county, [EVEN] * 400, restarts=[WORSE] * 20 + [EVEN] * 300)
    county.look(seconds=5)
    page = browser.get("/rollouts/1").text
    assert county.found().state is State.STOPPED
    assert "健康门叫停。" in page
    assert "画面重启 新版 25.0，对照 0.0，多出 25.0" in page
    assert "Stopped" in browser.get("/rollouts/1?lang=en").text or "stopped" in browser.get("/rollouts/1?lang=en").text


def test_who_began_it_is_offered_no_agreement_and_gets_none(browser: Browser, county: County) -> None:
    browser.post("/rollouts", {"version": NEW, "county": "lx"})
    page = browser.get("/rollouts/1").text
    assert "要另一个人批准" in page
    assert "/rollouts/1/approve" not in page
    refused = browser.post("/rollouts/1/approve", {"version": str(county.found().row)})
    assert refused.status_code == 409
    assert "提出的人不能自己批准" in refused.text


def test_a_second_person_agrees_to_go_back(browser: Browser, county: County) -> None:
    county.start()
    county.acts.take(WANG, 1, Doing.ROLL_BACK, seen_row=1, now=county.now)
    assert "wang 提出全部退回旧版" in browser.get("/rollouts/1").text
    agreed = browser.post("/rollouts/1/approve", {"version": str(county.found().row)})
    assert (agreed.status_code, agreed.headers["location"]) == (303, "/rollouts/1?done=true")
    assert county.found().state is State.ROLLING_BACK


def test_who_looked_at_an_older_page_is_told_who_was_quicker(browser: Browser, county: County) -> None:
    county.start()
    county.acts.take(LI, 1, Doing.APPROVE, seen_row=1, now=county.now)
    late = browser.post("/rollouts/1/roll-back", {"version": "1"})
    assert late.status_code == 409
    assert "li 在你之前已经操作过" in late.text
    assert county.found().state is State.RUNNING


def test_the_lists_export_and_what_is_not_there_is_said(browser: Browser, county: County) -> None:
    county.start()
    assert "1,lx,2026.11.3,running,canary,0,0,71" in browser.get("/releases?format=csv").text
    assert browser.get("/rollouts/1?format=csv").text.count("\n") == 72
    assert browser.get("/rollouts/2").status_code == 404


def test_a_county_of_many_thousand_is_a_bar_and_not_a_page_of_cells() -> None:
    group = members(97, 1501)
    one = group[0]
    assert form_of(group[:96]) == "named"
    assert form_of(group[:97]) == "plain"
    assert form_of(group[97:]) == "bar"
    assert [part.count for part in stretches([one, replace(one)])] == [2]
    assert isinstance(one, Member)


def test_every_measure_is_drawn_in_units_of_its_own_line() -> None:
    health = judge(
        {measure: Evidence().plus([EVEN] * 400) for measure in Measure}, next_kiosks=40, tolerated=5, since=T0, as_of=T0 + DAY
    )
    for row, reading in zip(gate_rows(health.readings), health.readings, strict=True):
        assert row.x == NOUGHT
        assert row.high < LINE
        assert row.line == 100 * reading.line
    bare = gate_rows(judge({}, next_kiosks=40, tolerated=5, since=T0, as_of=T0 + HOUR).readings)
    assert all(row.is_bare and row.high == RIGHT for row in bare)
    assert Health(verdict=Verdict.WAIT).open == ()


def test_every_word_stands_in_both_languages() -> None:
    assert all((zh and en and zh != en) or key == "rollout_need_of" for key, (zh, en) in rollouts.WORDS.items())


LOOKED_AT = (
    ("/rollouts/1", 1440, 900, "light"),
    ("/rollouts/1?lang=en", 390, 844, "dark"),
    ("/releases", 390, 844, "light"),
    ("/releases?lang=en", 1440, 900, "dark"),
)


@contextmanager
def _serving(app: FastAPI) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([door])), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
        app.state.streams.close()
        server.should_exit = True
        thread.join(10)


def test_the_pages_are_in_nobodys_way(county: County) -> None:
    """At a desk and on a phone, light and dark: nothing cut, nothing wider than the screen, no violation of WCAG."""
    _half_way(county)
    with county.engine.begin() as connection:
        connection.execute(update(rollout).values(wish="roll_back", wished_by="wang", wished_at=county.now))
    with (
        _serving(application(county.engine, lambda: county.now)) as url,
        sync_playwright() as play,
        play.chromium.launch(executable_path=CHROMIUM, args=list(QUIET)) as running,
    ):
        for path, width, height, scheme in LOOKED_AT:
            context = running.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if scheme == "dark" else "light",
                reduced_motion="reduce",
            )
            page = context.new_page()
            noise: list[str] = []
            page.on("console", lambda said, noise=noise: noise.append(said.text) if said.type == "error" else None)
            page.goto(url + path, wait_until="load")
            assert page.evaluate(WIDER) <= 0, (path, width)
            assert page.evaluate(CUT) == [], (path, width)
            found = Axe().run(page, options=OURS).response["violations"]
            assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found] == [], (path, width)
            assert noise == []
            context.close()
