"""The pages of commands: nothing is sent before it was seen whom it means, a second person agrees, outcomes carry their age."""

import asyncio
import re
import shutil
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from provisioning.fleet.commands.rules import Terms
from provisioning.fleet.web.desk import build_desk
from provisioning.wire.command import RestartMachine, SelfTest
from telemetry.fleet.changes import Changes
from telemetry.fleet.metrics import Metrics
from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.store.schema import command
from telemetry.fleet.web.app import create_app
from tests.provisioning.commands.test_fleet import KIOSKS, Desk
from tests.telemetry.web import served

TERMS = Terms(alone=2, lasts=timedelta(hours=4))


class Browser:
    """Somebody at the desk of an open house: everybody is the bureau."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def get(self, path: str) -> httpx.Response:
        return asyncio.run(self._ask("GET", path))

    def post(self, path: str, fields: Mapping[str, str]) -> httpx.Response:
        csrf = re.search(r'name="csrf" value="([^"]*)"', self.get("/commands?do=self-test&kiosks=K1").text)
        assert csrf is not None
        return asyncio.run(self._ask("POST", path, {"csrf": csrf[1], **fields}))

    async def _ask(self, method: str, path: str, fields: Mapping[str, str] | None = None) -> httpx.Response:
        transport = httpx.ASGITransport(app=self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://fleet", headers={"Origin": "http://fleet"}) as client:
            return await client.request(method, path, data=fields)


@pytest.fixture
def desk(upgraded_sqlite: Path, tmp_path: Path) -> Iterator[Desk]:
    shutil.copyfile(upgraded_sqlite, tmp_path / "fleet.sqlite3")
    engine = open_engine(sqlite_url(tmp_path / "fleet.sqlite3"))
    yield Desk(engine, tmp_path)
    engine.dispose()


@pytest.fixture
def browser(desk: Desk, tmp_path: Path) -> Browser:
    return Browser(application(desk, tmp_path))


def application(desk: Desk, folder: Path) -> FastAPI:
    return create_app(
        engine=desk.engine,
        changes=Changes(first_id=1),
        metrics=Metrics(),
        pulse=served.well,
        now=lambda: desk.now,
        county_names={"demo": "岚溪县"},
        rules=served.OPEN_HOUSE,
        lasting=served.LASTING,
        passwords=served.QUICK_PASSWORDS,
        desk=build_desk(desk.engine, now=lambda: desk.now, terms=TERMS, folder=folder),
    )


def _confirm(page: str) -> dict[str, str]:
    form = page[page.index('id="means"') :]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))


def test_it_is_seen_whom_a_command_means_before_it_is_sent(browser: Browser, desk: Desk) -> None:
    page = browser.get("/commands?do=self-test&kiosks=K1+K2&why=try").text
    assert "2 台会做“自检一遍”" in page
    assert desk.due() == []
    sent = browser.post("/commands", _confirm(page))
    assert (sent.status_code, sent.headers["location"]) == (303, "/commands/1")
    assert {one.kiosk for one in desk.due()} == {"K1", "K2"}


def test_a_form_sent_twice_is_one_command(browser: Browser, desk: Desk) -> None:
    fields = _confirm(browser.get("/commands?do=self-test&kiosks=K1").text)
    assert {browser.post("/commands", fields).headers["location"] for _ in range(2)} == {"/commands/1"}
    with desk.engine.connect() as connection:
        assert len(connection.execute(select(command.c.id)).all()) == 1


def test_many_kiosks_wait_for_another_person_whom_the_page_does_not_let_be_the_same(browser: Browser, desk: Desk) -> None:
    page = browser.get("/commands?do=self-test&county=demo").text
    assert "超过 2 台" in page
    browser.post("/commands", _confirm(page))
    assert "您提的，要别人同意" in browser.get("/commands").text
    refused = browser.post("/commands/1/approve", {})
    assert (refused.status_code, "自己提的不能自己同意" in refused.text) == (409, True)
    desk.ask(RestartMachine())
    assert browser.post("/commands/2/approve", {}).status_code == 303
    assert "local 同意" in browser.get("/commands").text


def test_when_other_kiosks_are_meant_than_were_shown_nothing_is_sent(browser: Browser, desk: Desk) -> None:
    fields = {**_confirm(browser.get("/commands?do=self-test&kiosks=K1").text), "kiosks_seen": "7"}
    refused = browser.post("/commands", fields)
    assert (refused.status_code, "选到的终端变了" in refused.text) == (409, True)
    assert desk.due() == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("do=reopen-device&kiosks=K1", "请写设备名"),
        ("do=show-notice&kiosks=K1&text=x", "请写到什么时候"),
        ("do=run-shell&kiosks=K1", "请选做什么"),
        ("do=self-test&kiosks=K9", "不认识，或不归您管：K9"),
        ("do=self-test", "没有选到终端"),
    ],
)
def test_a_slip_of_the_pen_is_said_and_nothing_is_sent(browser: Browser, query: str, said: str) -> None:
    page = browser.get(f"/commands?{query}")
    assert (page.status_code, said in page.text) == (200, True)


def test_outcomes_carry_their_age_and_why_one_waits(browser: Browser, desk: Desk) -> None:
    desk.ask(SelfTest(), of=KIOSKS[:2])
    first, second = desk.due()
    desk.says(KIOSKS[0], id=next(one.id for one in (first, second) if one.kiosk == "K1"), outcome="waiting", reason="villager")
    desk.now += timedelta(minutes=3)
    page = browser.get("/commands/1").text
    assert "有人正在办事，绝不打断" in page
    assert "3 分" in page
    assert "已告诉，等回答" in page
    rows = browser.get("/commands/1?format=csv").text.splitlines()
    assert rows[0].lstrip("\ufeff").startswith("id,county,kiosk")
    assert len(rows) == 3
    assert browser.get("/commands?format=csv").status_code == 200
    assert browser.get("/commands/99").status_code == 404


def test_both_languages_say_everything(browser: Browser, desk: Desk) -> None:
    desk.ask(SelfTest(), of=KIOSKS[:2])
    desk.ask(RestartMachine())
    desk.due()
    desk.says(KIOSKS[0], id="", outcome="refused", reason="unknown_key", times=3)
    for path in ("/commands", "/commands/1", "/commands/2", "/commands?do=restart-machine&county=demo", "/fragments/commands"):
        for language in ("zh", "en"):
            answer = browser.get(f"{path}{'&' if '?' in path else '?'}lang={language}")
            assert answer.status_code == 200, path
