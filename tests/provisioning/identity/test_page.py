"""The page of enrolments, as the bureau's clerk uses it."""

import asyncio
import re
from collections.abc import Mapping
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from provisioning.fleet.registry import serials
from provisioning.fleet.registry.serials_file import Listed
from provisioning.fleet.web.desk import build_desk
from provisioning.fleet.web.words import enrolment
from provisioning.wire.enrolment import Result, read_code
from provisioning.wire.identity import read_pem
from telemetry.fleet.accounts.person import COMMAND_LINE
from telemetry.fleet.changes import Changes
from telemetry.fleet.metrics import Metrics
from telemetry.fleet.web.app import create_app
from telemetry.wire.topics import KioskId
from tests.provisioning.identity.bureau import CLERK, DAY, KIOSK, MINUTE, NOW, Box, Bureau
from tests.telemetry.web import served

VILLAGES = ["光明", "和平", "新华", "上坡", "南坡", "柳林", "石桥", "双井", "东河", "西岭", "桃园", "竹溪"]


def application(bureau: Bureau, *, has_authority: bool = True) -> FastAPI:
    """Compose the dashboard with the desk."""
    return create_app(
        engine=bureau.engine,
        changes=Changes(first_id=1),
        metrics=Metrics(),
        pulse=served.well,
        now=lambda: NOW,
        county_names={"yunxi": "云溪县"},
        rules=served.OPEN_HOUSE,
        lasting=served.LASTING,
        passwords=served.QUICK_PASSWORDS,
        desk=build_desk(
            bureau.engine,
            now=lambda: NOW,
            registry=bureau.acts if has_authority else None,
            door_url="https://bureau.example:8443",
        ),
    )


def fill(bureau: Bureau) -> None:
    """Let a county be in the middle of its work: most machines in, some late, some waiting, one shut out, one contested."""
    rows = [
        Listed(
            serial=f"ZZ-SYN-{number:04}",
            county="yunxi",
            kiosk=f"v-{number:02}",
            village=f"{VILLAGES[number % 12]}村",
            model="SYN-1",
        )
        for number in range(10, 34)
    ]
    with bureau.engine.begin() as connection:
        serials.put(connection, list(enumerate(rows, start=2)), COMMAND_LINE, now=NOW - 80 * DAY)
    for at, row in enumerate(rows[:16]):
        then = NOW - timedelta(days=(at * 7 + at % 5) % 64 + (30 if at == 8 else 0), hours=at % 7)
        bearer = bureau.let_in(Box(serial=row.serial, hardware=f"{at:064x}"), now=then)
        bureau.opens(bearer, now=NOW - timedelta(minutes=at * 13 % 700))
    bureau.ask(
        Box(serial="ZZ-SYN-0003", hardware="5" * 64), bureau.code("ZZ-SYN-0003", now=NOW - 40 * MINUTE), now=NOW - 38 * MINUTE
    )
    swapped = Box(serial=rows[4].serial, hardware="9" * 64)
    bureau.ask(swapped, bureau.code(swapped.serial, now=NOW - 9 * MINUTE), now=NOW - 4 * MINUTE)
    code = bureau.code(rows[17].serial, now=NOW - 3 * timedelta(hours=1))
    for _ in range(2):
        bureau.ask(Box(serial=rows[17].serial), code, now=NOW - 2 * timedelta(hours=1))
    bureau.acts.shut_out(
        CLERK, KioskId(county="yunxi", kiosk="v-23"), "another board asked for the next certificate", now=NOW - 95 * MINUTE
    )
    came_back(bureau, rows[16].serial)
    for row in rows[18:21]:
        bureau.code(row.serial, now=NOW - 30 * MINUTE)


def came_back(bureau: Bureau, serial: str) -> None:
    """Let a kiosk be in 131 days ago, be heard for 20 days, and come back half an hour ago."""
    box, then = Box(serial=serial, hardware="6" * 64), NOW - 131 * DAY
    told = bureau.ask(box, bureau.code(serial, now=then), now=then)
    bureau.opens(read_pem(told.certificate.encode()), now=NOW - 111 * DAY)
    bureau.come_back(box, told.certificate, box.key, now=NOW - 30 * MINUTE)


class Browser:
    """Somebody at the page."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def get(self, path: str = "/enrolment") -> httpx.Response:
        return asyncio.run(self._ask("GET", path))

    def post(self, path: str, **fields: str) -> httpx.Response:
        csrf = re.search(r'name="csrf" value="([^"]*)"', self.get().text)
        assert csrf is not None
        return asyncio.run(self._ask("POST", path, {"csrf": csrf[1], **fields}))

    async def _ask(self, method: str, path: str, fields: Mapping[str, str] | None = None) -> httpx.Response:
        transport = httpx.ASGITransport(app=self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://fleet", headers={"Origin": "http://fleet"}) as client:
            return await client.request(method, path, data=fields)


@pytest.fixture
def browser(bureau: Bureau) -> Browser:
    return Browser(application(bureau))


def test_a_full_county_is_shown_in_both_languages(bureau: Bureau, browser: Browser) -> None:
    fill(bureau)
    for path in ("/enrolment", "/enrolment?lang=en", "/fragments/enrolment", "/enrolment?state=quarantined&q=v-23"):
        assert browser.get(path).status_code == 200
    page = browser.get().text
    assert "ZZ-SYN-0003" in page
    assert "清单里没有写它是哪台终端" in page
    assert "又有另一台机器出示" in page
    export = browser.get("/enrolment?format=csv&state=quarantined").text.splitlines()
    assert len(export) == 2
    assert "ZZ-SYN-0023,yunxi,v-23" in export[1]


def test_a_code_is_shown_once_and_lets_the_machine_in(bureau: Bureau, browser: Browser) -> None:
    made = browser.post("/enrolment/codes", serial="zz-syn-0001")
    shown = re.search(r'<p class="secret mono">([0-9A-Z-]{19})</p>', made.text)
    assert made.status_code == 201
    assert shown is not None
    assert made.headers["cache-control"] == "no-store"
    assert "<svg" in made.text
    assert "style=" not in made.text
    assert shown[1] not in browser.get().text
    assert bureau.ask(Box(serial="ZZ-SYN-0001"), read_code(shown[1])).result is Result.ISSUED


def test_who_waits_is_let_in_under_the_name_somebody_typed(bureau: Bureau, browser: Browser) -> None:
    code, box = bureau.code("ZZ-SYN-0003"), Box(serial="ZZ-SYN-0003")
    bureau.ask(box, code)
    number = bureau.pending[0].id
    refused = browser.post(f"/enrolment/requests/{number}/approve")
    assert (refused.status_code, "要先写明它是哪台终端" in refused.text) == (409, True)
    assert browser.post(f"/enrolment/requests/{number}/approve", kiosk="no/name").status_code == 409
    assert browser.post(f"/enrolment/requests/{number}/approve", kiosk="xinhua-1").status_code == 303
    assert bureau.ask(box, code).kiosk == "xinhua-1"
    assert browser.post(f"/enrolment/requests/{number}/refuse").status_code == 409
    assert browser.post("/enrolment/requests/999/refuse").status_code == 404


def test_who_came_back_is_approved_by_somebody_who_reads_how_long_it_was_away(bureau: Bureau, browser: Browser) -> None:
    came_back(bureau, "ZZ-SYN-0001")
    chinese, english = browser.get().text, browser.get("/enrolment?lang=en").text
    assert "离线 110 天后回来" in chinese
    assert "证书过期 40 天" in chinese
    assert "came back after 110 days away" in english
    assert "silent since 2026-08-03, its certificate 40 days over" in english
    bureau.acts.retire(CLERK, KIOSK, "flooded", now=NOW)
    number = bureau.pending[0].id
    overtaken = browser.post(f"/enrolment/requests/{number}/approve")
    assert (overtaken.status_code, "请拒绝这条申请" in overtaken.text) == (409, True)
    assert browser.post(f"/enrolment/requests/{number}/refuse").status_code == 303
    came_back(bureau, "ZZ-SYN-0002")
    assert browser.post(f"/enrolment/requests/{bureau.pending[0].id}/approve").status_code == 303


def test_a_kiosk_is_shut_out_let_in_again_and_retired(bureau: Bureau, browser: Browser) -> None:
    bearer = bureau.let_in(Box(serial="ZZ-SYN-0001"))
    path = f"/enrolment/kiosks/{KIOSK.county}/{KIOSK.kiosk}"
    assert browser.post(f"{path}/quarantine", reason="seen twice").status_code == 303
    assert not bureau.opens(bearer)
    assert browser.post(f"{path}/quarantine").status_code == 409
    assert browser.post(f"{path}/readmit").status_code == 303
    assert bureau.opens(bearer)
    assert browser.post(f"{path}/retire", reason="flooded").status_code == 303
    assert not bureau.opens(bearer)
    assert (bureau.noted("shut out"), bureau.noted("let in again"), bureau.noted("1 certificates ended")) == (1, 1, 1)


def test_without_an_authority_the_page_says_what_to_type(bureau: Bureau) -> None:
    page = Browser(application(bureau, has_authority=False)).get().text
    assert "zhizhu-fleet ca create" in page


def test_a_code_that_was_withdrawn_is_worth_nothing(bureau: Bureau, browser: Browser) -> None:
    code = bureau.code("ZZ-SYN-0001")
    assert browser.post("/enrolment/codes/withdraw", serial="ZZ-SYN-0001").status_code == 303
    assert bureau.ask(Box(serial="ZZ-SYN-0001"), code).result is Result.REFUSED
    assert browser.post("/enrolment/codes", serial="ZZ-NOWHERE").status_code == 409


def test_every_word_stands_in_both_languages() -> None:
    assert all(zh and en and zh != en for zh, en in enrolment.WORDS.values())
